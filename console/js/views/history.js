// The history of the mappings: who changed what, the rows, and how to get back.

/** @import { Doing, Setter, State } from "../store.js" */
/** @import { Listing, Page } from "../work.js" */
/** @import { Changes } from "./changes.js" */
/** @import { GroupState } from "./group_view.js" */
/** @import { View } from "./index.js" */

/** @typedef {Doing & {one: Api.Revision, changes: Changes}} Kept of one revision */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { call, get, groupPath } from "../api.js";
import { badge, button, emptyState, icon, loading, openDialog, page, pager, problemNotice, quietHead, table, time, who } from "../elements.js";
import { nicely } from "../phone.js";
import { go } from "../router.js";
import { announce, current, viewWatcher } from "../store.js";
import { formatNumber, t } from "../text.js";
import { attempt, fetchGroup, fetchPage, pagesOf } from "../work.js";
import { changeTabs, firstKind, noChanges, readChanges } from "./changes.js";
import { groupView } from "./group_view.js";

const ROWS = 50;

/** By which way mappings were changed. */
const SOURCES = { import: "history.source.import", api: "history.source.api", restore: "history.source.restore", scim: "history.source.scim" };

export const history = groupView({
  title: "nav.history",
  lead: "history.lead",
  load: (set, group) => fetchPage(set, groupPath(group.id, "revisions"), { limit: ROWS }),
  body: (/** @type {GroupState<Listing<Api.Revision>>} */ state) => html`${problemNotice(state.view.problem)} ${list(state)}`,
});

/** @param {(string|null)[]} cursors */
function load(cursors) {
  const path = groupPath(current().route.params.group, "revisions");
  return attempt("page", (/** @type {Setter<Listing<Api.Revision>>} */ set) => fetchPage(set, path, { limit: ROWS }, cursors));
}

/** @param {GroupState<Listing<Api.Revision>>} state */
function list({ view, group }) {
  if (view.items.length === 0) return emptyState({ icon: "history", title: t("history.none"), text: t("history.none_text") });
  return html`<div class=${view.busy === "page" ? "stale" : ""}>
    ${table({
      caption: t("history.caption"),
      heads: [t("history.revision"), t("audit.when"), t("audit.who"), t("history.what"), t("history.changes"), quietHead(t("actions"))],
      rows: view.items,
      cells: (one) => [
        html`<a href="#/groups/${group.id}/history/${one.revision}" data-test="revision">${one.revision}</a>`,
        time(one.at),
        who(one),
        what(one),
        sums(one),
        restoreButton(one, group),
      ],
      hook: "history",
    })}
    ${pager(pagesOf(view, load))}
  </div>`;
}

/** What a revision was, in words. @param {Api.Revision} one */
function what(one) {
  if (one.released_pin) return t("history.released_pin", { number: nicely(one.released_pin) });
  if (one.lost_tenant) return html`${badge("bad", t("history.lost"))} ${t("history.lost_tenant", { tenant: one.lost_tenant })}`;
  if (one.gained_tenant) return html`${badge("good", t("history.gained"))} ${t("history.gained_tenant", { tenant: one.gained_tenant })}`;
  const key = SOURCES[one.source];
  return key ? t(key) : one.source;
}

/** @param {Api.Revision} one */
function isWithoutChanges(one) {
  return one.added + one.changed + one.removed === 0;
}

/** @param {Api.Revision} one */
function sums(one) {
  if (isWithoutChanges(one)) return html`<span class="faint">${t("history.no_changes")}</span>`;
  const sum = (/** @type {string} */ kind, /** @type {string} */ sign, /** @type {number} */ number, /** @type {string} */ words) =>
    number
      ? html`<span class="sum ${kind}" title=${words}><span class="visually-hidden">${words}</span> ${sign}${formatNumber(number)}</span>`
      : nothing;
  return html`<span class="sums">
    ${sum("added", "+", one.added, t("changes.added"))} ${sum("changed", "~", one.changed, t("changes.changed"))}
    ${sum("removed", "−", one.removed, t("changes.removed"))}
  </span>`;
}

/** @param {Api.Revision} one @param {Api.BusinessGroup} group */
function restoreButton(one, group) {
  if (one.revision === group.revision) return badge("accent", t("history.present"));
  return button({
    label: t("history.restore"),
    name: t("history.restore_named", { revision: one.revision }),
    kind: "small quiet",
    hook: "restore",
    onClick: () => askToRestore(one, group),
  });
}

/** @param {Api.Revision} one @param {Api.BusinessGroup} group */
function askToRestore(one, group) {
  openDialog({
    title: t("history.restore_title", { revision: one.revision }),
    body: () => html`<p>${t("history.restore_text", { revision: one.revision, company: group.name })}</p><p>${time(one.at)}</p>`,
    submit: t("history.restore"),
    kind: "danger",
    hook: "restore-dialog",
    onSubmit: async () => {
      const done = await call("POST", groupPath(group.id, "revisions", String(one.revision), "restore"));
      await fetchGroup(true);
      announce(t("history.restored", { revision: one.revision, added: done.added, changed: done.changed, removed: done.removed }));
      go(`/groups/${group.id}/history`);
    },
  });
}

/** @type {View<Kept>} */
export const revision = {
  title: (state) => t("history.title", { revision: state.route.params.revision }),
  load: () =>
    attempt("load", async (/** @type {Setter<Kept>} */ set) => {
      const { params } = current().route;
      const isOpen = viewWatcher();
      const [one] = await Promise.all([findRevision(params), fetchGroup()]);
      set({ one, changes: noChanges(firstKind(one)) });
      if (isOpen() && !isWithoutChanges(one)) await readChanges(changesPath(params));
    }),
  render: (state) => {
    const { view, group, route } = state;
    const above = html`<a class="up" href="#/groups/${route.params.group}/history">${icon("back")} ${t("nav.history")}</a>`;
    const actions = view.one && group ? restoreButton(view.one, group) : undefined;
    return page({ above, title: t("history.title", { revision: route.params.revision }), actions }, revisionBody(state));
  },
};

/** The service lists revisions, the newest first: the cursor of one leads to the next older. @param {Record<string, string>} params */
async function findRevision(params) {
  const wanted = Number(params.revision);
  let cursor = null;
  do {
    /** @type {Page<Api.Revision>} */
    const part = await get(groupPath(params.group, "revisions"), { limit: 200, cursor });
    const found = part.items.find((one) => one.revision === wanted);
    if (found) return found;
    cursor = Number(part.items.at(-1)?.revision) > wanted ? part.next_cursor : null;
  } while (cursor);
  throw new Error(t("history.no_such"));
}

/** @param {Record<string, string>} params */
function changesPath(params) {
  return groupPath(params.group, "revisions", params.revision, "changes");
}

/** @param {State<Kept>} state */
function revisionBody({ view, route }) {
  const { one, problem } = view;
  if (!one) return problem ? problemNotice(problem) : loading();
  return html`${problemNotice(problem)}
    <section class="card">
      <dl class="facts">
        <div><dt>${t("audit.when")}</dt><dd>${time(one.at)}</dd></div>
        <div><dt>${t("audit.who")}</dt><dd>${who(one)}</dd></div>
        <div><dt>${t("history.what")}</dt><dd>${what(one)}</dd></div>
      </dl>
    </section>
    ${isWithoutChanges(one) ? nothing : changeTabs(view, one, changesPath(route.params))}`;
}
