// Which view stands at which place. A view is fetched when it is needed first.

/** @import { Html } from "../elements.js" */
/** @import { Route } from "../router.js" */
/** @import { Session, State } from "../store.js" */

import { isUnconfirmed } from "../session.js";

/**
 * @template [V=any] what it keeps in the state: `any` where that can be any view's
 * @typedef {object} View
 * @property {string} [name]
 * @property {(state: State<V>) => string} title
 * @property {(state: State<V>) => unknown} [load] fetches what it shows
 * @property {() => unknown} [refresh] fetches anew what may have changed while somebody was elsewhere
 * @property {(state: State<V>) => Html} render
 */

/** @type {Record<string, () => Promise<View>>} */
const VIEWS = {
  allKeys: async () => (await import("./keys.js")).allKeys,
  audit: async () => (await import("./audit.js")).audit,
  authentication: async () => (await import("./authentication.js")).authentication,
  check: async () => (await import("./check.js")).check,
  confirmCompany: async () => (await import("./confirm_company.js")).confirmCompany,
  consent: async () => (await import("./consent.js")).consent,
  consented: async () => (await import("./consent.js")).consented,
  find: async () => (await import("./find.js")).find,
  groups: async () => (await import("./groups.js")).groups,
  history: async () => (await import("./history.js")).history,
  importFile: async () => (await import("./imports.js")).importFile,
  importPreview: async () => (await import("./imports.js")).importPreview,
  keys: async () => (await import("./keys.js")).keys,
  line: async () => (await import("./line.js")).line,
  linkWithKey: async () => (await import("./link_with_key.js")).linkWithKey,
  mappings: async () => (await import("./mappings.js")).mappings,
  missing: async () => (await import("./nowhere.js")).missing,
  noPlace: async () => (await import("./nowhere.js")).noPlace,
  overview: async () => (await import("./overview.js")).overview,
  revision: async () => (await import("./history.js")).revision,
  settings: async () => (await import("./settings.js")).settings,
  signIn: async () => (await import("./sign_in.js")).signIn,
  tried: async () => (await import("./line.js")).tried,
  wholeAudit: async () => (await import("./audit.js")).wholeAudit,
};

/** The views of operators alone. */
const OPERATORS = new Set(["allKeys", "find", "groups", "wholeAudit"]);

/**
 * The view of a place for whoever is signed in.
 * @param {Route} route
 * @param {Session|null} session
 * @returns {Promise<View>}
 */
export function findView(route, session) {
  const isForAdministrators = route.params.group || OPERATORS.has(route.name);
  if (isForAdministrators && isUnconfirmed(session)) return VIEWS.confirmCompany();
  return mayBe(route, session) ? VIEWS[route.name]() : VIEWS.missing();
}

/** Whether a place has anything for somebody. The service decides what they may do there. @param {Route} route @param {Session|null} session */
function mayBe(route, session) {
  if (OPERATORS.has(route.name)) return session?.role === "operator";
  return !route.params.group || ["operator", "business-group-admin"].includes(session?.role ?? "");
}
