// The one state of the page, and what hears of its changes.

/** @import { Failure } from "./api.js" */
/** @import { Dialog } from "./elements.js" */
/** @import { Returned } from "./microsoft.js" */
/** @import { Route } from "./router.js" */
/** @import { View } from "./views/index.js" */

/**
 * What `config.json` tells.
 * @typedef {object} Config
 * @property {string} authority of Microsoft
 * @property {string|null} application that the page signs in to; null: nobody can sign in with Microsoft
 * @property {{name: string, client_id: string}[]} applications
 * @property {string|null} api_scope the scope of access tokens; null: ID tokens are sent
 * @property {"resolve"|"refuse"} unproven_tenants
 */

/** @typedef {Api.Session & {hasConfirmed?: boolean}} Session `hasConfirmed`: the company was said to be the right one */

/** @typedef {{file: File, import: string, left: Api.ImportProblem[]}} Sheet `left`: the problems of rows that were left out */

/** @typedef {{detail?: string, problem?: Failure|null, busy?: boolean}} Renewal */

/**
 * What is kept in every view.
 * @typedef {object} Doing
 * @property {boolean} [loaded] what it shows is there
 * @property {string|null} [busy] what is under way
 * @property {Failure|null} [problem] what went wrong
 * @property {string|null} [problemOf] in what
 */

/** @template V @typedef {(patch: Partial<V & Doing>) => void} Setter changes the state of a view */

/**
 * @template [V=any] what the view keeps: `any` where that can be any view's. Each view has a type for its own
 * @typedef {object} State
 * @property {"starting"|"ready"|"failed"} phase how far the page has come
 * @property {unknown} failure why it could not start
 * @property {Config} config what `config.json` tells; null until it is read, before which no view is shown
 * @property {Session|null} session who is signed in
 * @property {Api.BusinessGroup|null} group the business group that is open
 * @property {Route} route where the page stands
 * @property {View|null} shown the view that is open
 * @property {number} visit counts the views that were opened
 * @property {V} view what the view has loaded and what was done in it
 * @property {Sheet|null} sheet the file that was uploaded last
 * @property {Dialog|null} dialog the open dialog
 * @property {{text: string}|null} toast what was just done
 * @property {Renewal|null} renewal the credential is refused: how it can be renewed
 * @property {Returned|null} returned what came back from Microsoft, for the view that it was asked for
 * @property {string|null} wanted where somebody was going who had to sign in first
 */

/** @template [V=unknown] @typedef {State<V> & {session: Session}} SignedIn the state while somebody is signed in */

/** @type {State} */
let state = {
  phase: "starting",
  failure: null,
  config: /** @type {Config} */ (/** @type {unknown} */ (null)),
  session: null,
  group: null,
  route: { name: "home", params: {}, query: new URLSearchParams() },
  shown: null,
  visit: 0,
  view: {},
  sheet: null,
  dialog: null,
  toast: null,
  renewal: null,
  returned: null,
  wanted: null,
};

/** @type {Set<(state: State) => void>} */
const listeners = new Set();

/** The state as it is now. @returns {State} */
export function current() {
  return state;
}

/** Changes some of the state, and shows it. @param {Partial<State>} patch */
export function update(patch) {
  state = { ...state, ...patch };
  for (const listener of listeners) listener(state);
}

/** Calls a function after each change. @param {(state: State) => void} listener */
export function subscribe(listener) {
  listeners.add(listener);
}

/** Opens a view with nothing in it. @param {Partial<State>} place */
export function openView(place) {
  update({ ...place, visit: state.visit + 1, view: {}, dialog: null });
}

/** A function that tells whether the view that is open now still is. @returns {() => boolean} */
export function viewWatcher() {
  const mine = state.visit;
  return () => mine === state.visit;
}

/**
 * A function that changes the state of the view that is open now. Once another one is, it does nothing: what an earlier one
 * still waits for must not change a later one.
 * @template [V=object] what the view keeps
 * @returns {Setter<V>}
 */
export function viewSetter() {
  const isOpen = viewWatcher();
  return (patch) => {
    if (isOpen()) update({ view: { ...state.view, ...patch } });
  };
}

/** Tells in a few words, for a while, what was done. @param {string} text */
export function announce(text) {
  const toast = { text };
  update({ toast });
  setTimeout(() => {
    if (state.toast === toast) update({ toast: null });
  }, 6000);
}
