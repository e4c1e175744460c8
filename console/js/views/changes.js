// What an import or a revision changes: counts, and the rows, by kind.

/** @import { Doing, Setter } from "../store.js" */

/** @typedef {{added: number, changed: number, removed: number}} Counts */

/** @typedef {Calls.GroupPath<["imports", string, "changes"]>|Calls.GroupPath<["revisions", string, "changes"]>} Path of changes */

/**
 * @typedef {object} Changes
 * @property {Record<Api.ChangeKind, Api.MappingChange[]>} rows what was read
 * @property {string|null|undefined} cursor to what was not
 * @property {boolean} isWhole all is read
 * @property {Api.ChangeKind} kind that is shown
 * @property {number} shown how many of it
 */

/** @typedef {Doing & {changes: Changes}} Changing the part of a view that this file keeps */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { get } from "../api.js";
import { button, table } from "../elements.js";
import { nicely } from "../phone.js";
import { current, viewSetter, viewWatcher } from "../store.js";
import { formatNumber, t } from "../text.js";
import { attempt } from "../work.js";

/** How many changes are fetched at once. */
const PART = 200;

/** How many more rows of a kind are shown at a time. */
const STEP = 100;

const KINDS = /** @type {const} */ ([
  ["added", "changes.added"],
  ["changed", "changes.changed"],
  ["removed", "changes.removed"],
]);

/**
 * The changes of which nothing is read yet.
 * @param {Api.ChangeKind} kind that is shown
 * @returns {Changes}
 */
export function noChanges(kind) {
  return { rows: { added: [], changed: [], removed: [] }, cursor: null, isWhole: false, kind, shown: STEP };
}

/**
 * Reads on until there are enough rows of the kind to be shown, or the view is left. The service lists them by number, of all
 * kinds together.
 * @param {Path} path
 */
export function readChanges(path) {
  return attempt("changes", async (/** @type {Setter<Changing>} */ set) => {
    const isOpen = viewWatcher();
    const state = () => /** @type {Changing} */ (current().view).changes;
    const hasEnough = () => state().isWhole || state().rows[state().kind].length >= state().shown;
    while (isOpen() && !hasEnough()) {
      const { cursor } = state();
      const part = await get(path, { limit: PART, cursor });
      if (!isOpen()) return;
      // Another tab's reading was faster.
      if (state().isWhole || state().cursor !== cursor) continue;
      const rows = { ...state().rows };
      for (const [kind] of KINDS) {
        rows[kind] = [...rows[kind], ...part.items.filter((item) => item.kind === kind)];
      }
      set({ changes: { ...state(), rows, cursor: part.next_cursor, isWhole: !part.next_cursor } });
    }
  });
}

/** The kind that is shown first: what goes is looked at before what comes. @param {Counts} counts @returns {Api.ChangeKind} */
export function firstKind(counts) {
  if (counts.removed) return "removed";
  return counts.changed ? "changed" : "added";
}

/**
 * The counts as tabs, and the rows of the chosen one.
 * @param {Changing} view @param {Counts} counts @param {Path} path
 */
export function changeTabs(view, counts, path) {
  const { changes } = view;
  const choose = (/** @type {Api.ChangeKind} */ kind) => {
    /** @type {Setter<Changing>} */ (viewSetter())({ changes: { ...current().view.changes, kind, shown: STEP } });
    readChanges(path);
  };
  return html`
    <div class="tabs" role="tablist" aria-label=${t("changes.tabs")} @keydown=${onTabKey}>
      ${KINDS.map(([kind, words]) => tab(kind, t(words), counts[kind], changes.kind === kind, () => choose(kind)))}
    </div>
    <div role="tabpanel" id="changes-panel" aria-labelledby="tab-${changes.kind}" tabindex="0">
      ${rows(view, counts, path)}
    </div>`;
}

/** @param {string} kind @param {string} words @param {number} count @param {boolean} isChosen @param {() => void} choose */
function tab(kind, words, count, isChosen, choose) {
  return html`<button
    type="button"
    role="tab"
    id="tab-${kind}"
    data-test="tab-${kind}"
    aria-controls="changes-panel"
    aria-selected=${isChosen}
    tabindex=${isChosen ? 0 : -1}
    @click=${choose}
  >
    <span>${words}</span> <b class="count ${kind}">${formatNumber(count)}</b>
  </button>`;
}

/** The arrow keys go from tab to tab. @param {KeyboardEvent} event */
function onTabKey(event) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const tabs = [.../** @type {HTMLElement} */ (event.currentTarget).querySelectorAll("button")];
  const at = tabs.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
  const next = tabs[(at + step + tabs.length) % tabs.length];
  next.click();
  next.focus();
}

/** @param {Changing} view @param {Counts} counts @param {Path} path */
function rows(view, counts, path) {
  const { changes } = view;
  const all = changes.rows[changes.kind];
  const shown = all.slice(0, changes.shown);
  if (!counts[changes.kind]) return html`<p class="quiet-empty">${t("changes.none")}</p>`;
  const more = () => {
    /** @type {Setter<Changing>} */ (viewSetter())({ changes: { ...changes, shown: changes.shown + STEP } });
    readChanges(path);
  };
  return html`${changeTable(shown)}
    <p class="pager">
      <span>${t("changes.shown", { shown: shown.length, count: counts[changes.kind] })}</span>
      ${
        shown.length < counts[changes.kind]
          ? button({ label: t("changes.more"), hook: "more-changes", busy: view.busy === "changes", onClick: more })
          : nothing
      }
    </p>`;
}

/** @param {Api.MappingChange[]} changes */
function changeTable(changes) {
  return table({
    caption: t("changes.caption"),
    heads: [t("mappings.number"), t("changes.before"), t("changes.after")],
    rows: changes,
    cells: (change) => [
      html`<b class="number-cell" data-number=${change.phone_number}>${nicely(change.phone_number)}</b>`,
      before(change),
      change.new_email ? html`<span class="email">${change.new_email}</span>` : html`<span class="faint">${t("changes.nobody")}</span>`,
    ],
    hook: "changes",
  });
}

/** @param {Api.MappingChange} change */
function before(change) {
  const moved = change.old_phone_number
    ? html` <span class="faint">${t("changes.moved_from", { number: nicely(change.old_phone_number) })}</span>`
    : nothing;
  return change.old_email
    ? html`<span class="email">${change.old_email}</span>${moved}`
    : html`<span class="faint">${t("changes.nobody")}</span>${moved}`;
}
