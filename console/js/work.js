// How a view fetches and does things: what is under way, and what went wrong, stands in the view's state.

/** @import { Failure } from "./api.js" */
/** @import { Doing, Setter } from "./store.js" */

/** @template Item @typedef {{items: Item[], next_cursor?: string|null}} Page a page of a list, as the service answers it */

/**
 * A page of a list, as a view keeps it: the cursors lead from the first page up to this one.
 * @template Item
 * @typedef {Doing & {items: Item[], next?: string|null, cursors?: (string|null)[]}} Listing
 */

import { get, groupPath } from "./api.js";
import { focusMistake } from "./elements.js";
import { current, update, viewSetter } from "./store.js";

/**
 * Does something, and keeps in the view that it is under way (`busy`) and what went wrong (`problem`).
 * @template [V=object] what the view keeps
 * @param {string} name what is under way
 * @param {(set: Setter<V>) => Promise<unknown>} work
 * @returns {Promise<boolean>} whether it went well
 */
export async function attempt(name, work) {
  const set = /** @type {Setter<Doing>} */ (viewSetter());
  set({ busy: name, problem: null, problemOf: null });
  try {
    await work(/** @type {Setter<V>} */ (set));
    set({ busy: null });
    return true;
  } catch (thrown) {
    const problem = /** @type {Failure} */ (thrown);
    set({ busy: null, problem, problemOf: name });
    focusMistake();
    return false;
  }
}

/** Fetches the open business group, unless it is there. @param {boolean} [anew] even so */
export async function fetchGroup(anew = false) {
  const { group: known, route } = current();
  const id = route.params.group;
  if (!anew && known?.id === id) return known;
  const group = await get(groupPath(id));
  keepGroup(group);
  return group;
}

/** Keeps what a call has told of a business group, if that one is open still. @param {Api.BusinessGroup} group */
export function keepGroup(group) {
  if (current().route.params.group === group.id) update({ group });
}

/**
 * A page of a list, with the way back: the cursors of the pages before are kept.
 * @template {Calls.ListPath} P
 * @param {Setter<Listing<Calls.Item<P>>>} set
 * @param {P} path @param {Calls.Query<P>} query @param {(string|null)[]} cursors up to this page's own
 */
export async function fetchPage(set, path, query, cursors = [null]) {
  const page = /** @type {Page<Calls.Item<P>>} */ (await get(path, { ...query, cursor: cursors[cursors.length - 1] }));
  set({ items: page.items, next: page.next_cursor, cursors });
}

/**
 * The pager of such a page.
 * @param {Listing<unknown>} view @param {(cursors: (string|null)[]) => void} load
 */
export function pagesOf(view, load) {
  const { cursors = [null], next } = view;
  return {
    onBack: cursors.length > 1 ? () => load(cursors.slice(0, -1)) : null,
    onNext: next ? () => load([...cursors, next]) : null,
  };
}
