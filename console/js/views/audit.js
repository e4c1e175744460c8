// The audit log: who did what, and what was refused.

/** @import { Setter } from "../store.js" */
/** @import { Listing } from "../work.js" */
/** @import { GroupState } from "./group_view.js" */
/** @import { View } from "./index.js" */

/** @typedef {Listing<Api.AuditEvent> & {from?: string, until?: string}} Log */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { badge, button, emptyState, field, loading, onSubmit, page, pager, problemNotice, table, time, who } from "../elements.js";
import { saveFrom } from "../files.js";
import { current, viewSetter } from "../store.js";
import { t } from "../text.js";
import { attempt, fetchPage, pagesOf } from "../work.js";
import { groupView } from "./group_view.js";

const PATH = "/v1/audit-events";
const ROWS = 50;

/** What was done, in words. */
const ACTIONS = {
  createBusinessGroup: "audit.action.create_group",
  updateBusinessGroup: "audit.action.update_group",
  deleteBusinessGroup: "audit.action.delete_group",
  linkTenant: "audit.action.link_tenant",
  unlinkTenant: "audit.action.unlink_tenant",
  proveTenant: "audit.action.prove_tenant",
  loseTenant: "audit.action.lose_tenant",
  putMapping: "audit.action.put_mapping",
  deleteMapping: "audit.action.delete_mapping",
  releasePin: "audit.action.release_pin",
  importMappings: "audit.action.import",
  applyImport: "audit.action.apply_import",
  dropImport: "audit.action.drop_import",
  restoreRevision: "audit.action.restore",
  createApiKey: "audit.action.create_key",
  revokeApiKey: "audit.action.revoke_key",
  lookUp: "audit.action.look_up",
  exportMappings: "audit.action.export",
  exportWorkbook: "audit.action.export",
  resolveLine: "audit.action.resolve",
  reportConsent: "audit.action.consent",
};

/** What the details of an event are called. */
const DETAILS = {
  aadsts: "audit.detail.aadsts",
  added: "audit.detail.added",
  allow_guests: "audit.detail.allow_guests",
  application: "audit.detail.application",
  business_group: "audit.detail.business_group",
  changed: "audit.detail.changed",
  confirmed: "audit.detail.confirmed",
  consent: "audit.detail.consent",
  emails: "audit.detail.emails",
  error: "audit.detail.error",
  found: "audit.detail.found",
  identity_pinning: "audit.detail.identity_pinning",
  import: "audit.detail.import",
  key: "audit.detail.key",
  mode: "audit.detail.mode",
  name: "audit.detail.name",
  number_ranges: "audit.detail.number_ranges",
  oid: "audit.detail.oid",
  phone_number: "audit.detail.phone_number",
  phone_numbers: "audit.detail.phone_numbers",
  proven_by: "audit.detail.proven_by",
  reassigned: "audit.detail.reassigned",
  refused_with: "audit.detail.refused_with",
  removed: "audit.detail.removed",
  restored_revision: "audit.detail.restored_revision",
  revision: "audit.detail.revision",
  role: "audit.detail.role",
  taken_over: "audit.detail.taken_over",
  tenant_id: "audit.detail.tenant_id",
};

export const audit = groupView({
  title: "nav.audit",
  lead: "audit.lead",
  load: (set, group) => fetchPage(set, PATH, { limit: ROWS, business_group: group.id }),
  body: (/** @type {GroupState<Log>} */ state) => log(state),
});

/** @type {View<Log>} */
export const wholeAudit = {
  title: () => t("nav.whole_audit"),
  load: () => attempt("load", (/** @type {Setter<Log>} */ set) => fetchPage(set, PATH, { limit: ROWS })),
  render: (state) => {
    const { items, problem, problemOf } = state.view;
    const head = { title: t("nav.whole_audit"), lead: t("audit.whole_lead") };
    return page(head, items ? log(state) : problemOf === "load" ? problemNotice(problem) : loading());
  },
};

/** @param {{view: Log}} state */
function log({ view }) {
  return html`${filter(view)} ${problemNotice(view.problem)}
  ${
    view.items.length === 0
      ? emptyState({ icon: "audit", title: t("audit.none"), text: view.from || view.until ? t("audit.none_in_time") : undefined })
      : html`<div class=${view.busy === "page" ? "stale" : ""}>${events(view)} ${pager(pagesOf(view, load))}</div>`
  }`;
}

/** @param {Log} view */
function filter(view) {
  const send = onSubmit(({ from, until }) => {
    /** @type {Setter<Log>} */ (viewSetter())({ from: instant(from), until: instant(until) });
    load();
  });
  return html`<form class="bar-row" @submit=${send}>
    <div class="filters">
      ${field({ name: "from", label: t("audit.from"), type: "datetime-local" })}
      ${field({ name: "until", label: t("audit.until"), type: "datetime-local" })}
      ${button({ label: t("audit.filter"), type: "submit", hook: "audit-filter", busy: view.busy === "page" })}
    </div>
    ${button({ label: t("audit.download"), icon: "download", kind: "small", hook: "audit-download", busy: view.busy === "file", onClick: saveAll })}
  </form>`;
}

/** A time as it was typed, in the person's own zone. @param {string} typed */
function instant(typed) {
  return typed ? new Date(typed).toISOString() : undefined;
}

function query() {
  const { from, until } = /** @type {Log} */ (current().view);
  return { business_group: current().route.params.group, from, until };
}

/** @param {(string|null)[]} [cursors] */
function load(cursors) {
  return attempt("page", (/** @type {Setter<Log>} */ set) => fetchPage(set, PATH, { limit: ROWS, ...query() }, cursors));
}

function saveAll() {
  const given = Object.entries(query()).flatMap(([name, value]) => (value ? [[name, value]] : []));
  const path = `${PATH}?${new URLSearchParams(given)}`;
  return attempt("file", () => saveFrom(path, "audit.csv", { headers: { Accept: "text/csv" } }));
}

/** @param {Log} view */
function events(view) {
  return table({
    caption: t("audit.caption"),
    heads: [t("audit.when"), t("audit.who"), t("audit.what"), t("audit.detail")],
    rows: view.items,
    cells: (event) => [time(event.at), who(event), what(event), detail(event)],
    hook: "audit",
  });
}

/** @param {Api.AuditEvent} event */
function what(event) {
  const key = ACTIONS[/** @type {keyof typeof ACTIONS} */ (event.action)];
  const refused = event.outcome === "refused" ? badge("bad", t("audit.refused")) : nothing;
  return html`<span title=${event.action}>${key ? t(key) : event.action}</span> ${refused}`;
}

/** What a detail is called; one that is not known yet, by its own name. @param {string} name */
function nameOf(name) {
  const key = Object.hasOwn(DETAILS, name) ? DETAILS[/** @type {keyof typeof DETAILS} */ (name)] : null;
  return key ? t(key) : name;
}

/** @param {Api.AuditEvent} event */
function detail(event) {
  const isOfGroup = Boolean(current().route.params.group);
  const facts = [
    ...(isOfGroup || !event.business_group ? [] : [["business_group", event.business_group]]),
    ...(event.refused_with ? [["refused_with", event.refused_with]] : []),
    ...Object.entries(event.detail),
  ];
  return html`<span class="tags">
    ${facts.map(([name, value]) => html`<span class="tag" title=${name}><span>${nameOf(name)}</span> ${plain(value)}</span>`)}
  </span>`;
}

/** @param {unknown} value */
function plain(value) {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
