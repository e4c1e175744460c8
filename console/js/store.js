// The one state of the page, and what hears of its changes.

/**
 * @typedef {object} State
 * @property {"starting"|"ready"|"failed"} phase how far the page has come
 * @property {any} failure why it could not start
 * @property {any} config what `config.json` tells
 * @property {any} session who is signed in: the answer of `GET /v1/session`
 * @property {any} group the business group that is open
 * @property {{name: string, params: Record<string, string>, query: URLSearchParams}} route where the page stands
 * @property {any} shown the view that is open
 * @property {number} visit counts the views that were opened
 * @property {any} view what the view has loaded and what was done in it
 * @property {any} sheet the file that was uploaded last, of which import, and the problems of rows that were left out
 * @property {any} dialog the open dialog
 * @property {{text: string}|null} toast what was just done
 * @property {any} renewal the credential is refused: how it can be renewed
 * @property {any} returned what came back from Microsoft, for the view that it was asked for
 * @property {string|null} wanted where somebody was going who had to sign in first
 */

/** @type {State} */
let state = {
  phase: "starting",
  failure: null,
  config: null,
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
  listeners.forEach((listener) => listener(state));
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
 * @returns {(patch: object) => void}
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
