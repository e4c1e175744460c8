// How a view fetches and does things: what is under way, and what went wrong, stands in the view's state.

import { get, groupPath } from "./api.js";
import { focusMistake } from "./elements.js";
import { current, update, viewSetter } from "./store.js";

/**
 * Does something, and keeps in the view that it is under way (`busy`) and what went wrong (`problem`).
 * @param {string} name what is under way
 * @param {(set: (patch: object) => void) => Promise<any>} work
 * @returns {Promise<boolean>} whether it went well
 */
export async function attempt(name, work) {
  const set = viewSetter();
  set({ busy: name, problem: null, problemOf: null });
  try {
    await work(set);
    set({ busy: null });
    return true;
  } catch (problem) {
    set({ busy: null, problem, problemOf: name });
    focusMistake();
    return false;
  }
}

/** Fetches the open business group, unless it is there. @param {boolean} [anew] even so */
export async function fetchGroup(anew = false) {
  const id = current().route.params.group;
  if (!anew && current().group?.id === id) return current().group;
  const group = await get(groupPath(id));
  keepGroup(group);
  return group;
}

/** Keeps what a call has told of a business group, if that one is open still. @param {any} group */
export function keepGroup(group) {
  if (current().route.params.group === group.id) update({ group });
}

/**
 * A page of a list, with the way back: the cursors of the pages before are kept.
 * @param {(patch: object) => void} set
 * @param {string} path @param {Record<string, any>} query @param {(string|null)[]} cursors up to this page's own
 */
export async function fetchPage(set, path, query, cursors = [null]) {
  const page = await get(path, { ...query, cursor: cursors[cursors.length - 1] });
  set({ items: page.items, next: page.next_cursor, cursors });
}

/**
 * The pager of such a page.
 * @param {any} view @param {(cursors: (string|null)[]) => void} load
 */
export function pagesOf(view, load) {
  const cursors = view.cursors ?? [null];
  return {
    onBack: cursors.length > 1 ? () => load(cursors.slice(0, -1)) : null,
    onNext: view.next ? () => load([...cursors, view.next]) : null,
  };
}
