// API keys: of one business group, or all of an operator's.

/** @import { Doing, Setter, State } from "../store.js" */
/** @import { Page } from "../work.js" */
/** @import { GroupState } from "./group_view.js" */
/** @import { View } from "./index.js" */

/** @typedef {{items: Api.ApiKey[]}} Kept */

import { html } from "../../vendor/lit-html/lit-html.js";
import { call, get } from "../api.js";
import {
  button,
  choices,
  copyButton,
  emptyState,
  field,
  loading,
  notice,
  openDialog,
  page,
  problemNotice,
  quietHead,
  table,
  time,
} from "../elements.js";
import { announce, current, viewWatcher } from "../store.js";
import { t } from "../text.js";
import { attempt } from "../work.js";
import { groupView } from "./group_view.js";

/** The names of roles. */
const ROLES = {
  "operator": "keys.role.operator",
  "business-group-admin": "keys.role.admin",
  "resolver": "keys.role.resolver",
  "directory": "keys.role.directory",
  "scim": "keys.role.scim",
};

/** What each role may do. */
const HINTS = {
  "operator": "keys.hint.operator",
  "business-group-admin": "keys.hint.admin",
  "resolver": "keys.hint.resolver",
  "directory": "keys.hint.directory",
  "scim": "keys.hint.scim",
};

/** What an operator alone gives out, for all business groups or for one. @type {Api.ApiKeyRole[]} */
const SERVICES = ["resolver", "directory"];

export const keys = groupView({
  title: "nav.keys",
  lead: "keys.lead",
  load: async (set, group) => set({ items: await readKeys(group.id) }),
  actions: ({ group, session }) => makeButton(["business-group-admin", "scim", ...(session.role === "operator" ? SERVICES : [])], group.id),
  body: (/** @type {GroupState<Kept>} */ state) => list(state),
});

/** @type {View<Kept & Doing>} */
export const allKeys = {
  title: () => t("nav.all_keys"),
  load: () => attempt("load", async (/** @type {Setter<Kept>} */ set) => set({ items: await readKeys() })),
  render: (state) => {
    const { items, problem, problemOf } = state.view;
    const head = { title: t("nav.all_keys"), lead: t("keys.all_lead"), actions: makeButton([...SERVICES, "operator"]) };
    return page(head, problem && problemOf === "load" ? problemNotice(problem) : items ? list(state) : loading());
  },
};

/** All keys, or those of one group. @param {string} [group] */
async function readKeys(group) {
  const items = [];
  let cursor = null;
  do {
    /** @type {Page<Api.ApiKey>} */
    const part = await get("/v1/api-keys", { limit: 100, cursor });
    items.push(...part.items.filter((key) => !group || key.business_group === group));
    cursor = part.next_cursor;
  } while (cursor);
  return items;
}

/** @param {Api.ApiKeyRole[]} roles @param {string} [group] */
function makeButton(roles, group) {
  return button({ label: t("keys.make"), icon: "plus", kind: "primary", hook: "make-key", onClick: () => openMake(roles, group) });
}

/** @param {State<Kept>} state */
function list({ view, route }) {
  const isOfGroup = Boolean(route.params.group);
  if (view.items.length === 0) {
    return emptyState({ icon: "key", title: t("keys.none"), text: t("keys.none_text") });
  }
  const group = isOfGroup ? [] : [t("keys.group")];
  return table({
    caption: t("keys.caption"),
    heads: [t("keys.name"), t("keys.role"), ...group, t("keys.begins"), t("keys.made"), t("keys.ends"), quietHead(t("actions"))],
    rows: view.items,
    cells: (key) => [
      html`<b>${key.name}</b>`,
      roleName(key.role),
      ...(isOfGroup ? [] : [key.business_group ?? html`<span class="faint">${t("keys.no_group")}</span>`]),
      html`<code>${key.prefix}…</code>`,
      time(key.created_at),
      key.expires_at ? time(key.expires_at) : html`<span class="faint">${t("keys.never")}</span>`,
      button({
        label: t("keys.revoke"),
        name: t("keys.revoke_named", { name: key.name }),
        kind: "small danger-quiet",
        hook: "revoke-key",
        onClick: () => askToRevoke(key),
      }),
    ],
    hook: "keys",
  });
}

/** @param {Api.ApiKeyRole} role */
function roleName(role) {
  const key = ROLES[role];
  return key ? t(key) : role;
}

/** @param {Api.ApiKeyRole[]} roles @param {string} [group] */
function openMake(roles, group) {
  const options = roles.map((value) => ({
    value,
    label: roleName(value),
    hint: t(HINTS[value]),
  }));
  openDialog({
    title: t("keys.make"),
    body: ({ problem }) => html`
      ${field({ name: "name", label: t("keys.name"), hint: t("keys.name_hint"), error: problem?.of?.("name"), required: true, wide: true })}
      ${choices({ name: "role", legend: t("keys.role"), value: roles[0], options })}
      ${field({ name: "expires", label: t("keys.ends"), hint: t("keys.ends_hint"), error: problem?.of?.("expires_at"), type: "date" })}`,
    submit: t("keys.make"),
    hook: "key-dialog",
    fields: ["name", "expires_at"],
    onSubmit: async ({ name, role, expires }) => {
      const ends = expires ? { expires_at: new Date(`${expires}T23:59:59`).toISOString() } : {};
      const isOpen = viewWatcher();
      const wanted = { name: name.trim(), role: /** @type {Api.ApiKeyRole} */ (role) };
      const made = await call("POST", "/v1/api-keys", { ...wanted, ...(group ? { business_group: group } : {}), ...ends });
      // First of all: it is never told again, whatever happens to the list.
      showSecret(made);
      if (isOpen()) reload(group);
      return true;
    },
  });
}

/** @param {string} [group] */
function reload(group) {
  return attempt("load", async (/** @type {Setter<Kept>} */ set) => set({ items: await readKeys(group) }));
}

/** The one time that the secret is shown. @param {Api.CreatedApiKey} made */
function showSecret(made) {
  openDialog({
    title: t("keys.made_title", { name: made.name }),
    body: () => html`${notice("warning", t("keys.once"))}
      <div class="secret"><code data-test="secret">${made.secret}</code> ${copyButton(made.secret, t("copy"))}</div>`,
    cancel: t("keys.kept"),
    hook: "secret-dialog",
    onSubmit: () => {},
  });
}

/** @param {Api.ApiKey} key */
function askToRevoke(key) {
  openDialog({
    title: t("keys.revoke_title", { name: key.name }),
    body: () => html`<p>${t("keys.revoke_text")}</p>`,
    submit: t("keys.revoke"),
    kind: "danger",
    hook: "revoke-dialog",
    onSubmit: async () => {
      const { group } = current().route.params;
      const isOpen = viewWatcher();
      await call("DELETE", /** @type {"/v1/api-keys/{id}"} */ (`/v1/api-keys/${key.id}`));
      if (isOpen()) await reload(group);
      announce(t("keys.revoked", { name: key.name }));
    },
  });
}
