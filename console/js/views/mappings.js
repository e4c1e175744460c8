// The mappings of a business group: which number is whose.

/** @import { Failure } from "../api.js" */
/** @import { Setter } from "../store.js" */
/** @import { Listing } from "../work.js" */
/** @import { GroupState } from "./group_view.js" */

/** @typedef {Listing<Api.PhoneMapping> & {q?: string}} Kept `q`: what is searched for */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { call, get, groupPath, Problem } from "../api.js";
import { badge, button, emptyState, field, icon, openDialog, pager, problemNotice, quietHead, table, time } from "../elements.js";
import { saveFrom } from "../files.js";
import { nicely, searchable } from "../phone.js";
import { announce, current, viewSetter, viewWatcher } from "../store.js";
import { t } from "../text.js";
import { attempt, fetchGroup, fetchPage, pagesOf } from "../work.js";
import { groupView } from "./group_view.js";

/** How many rows a page has. */
const ROWS = 50;

/** How long somebody may pause in their typing before it is searched, in milliseconds. */
const PAUSE = 250;

export const mappings = groupView({
  title: "nav.mappings",
  lead: "mappings.lead",
  load: (set, group) => fetchPage(set, groupPath(group.id, "mappings"), { limit: ROWS }),
  actions: actions,
  body: (/** @type {GroupState<Kept>} */ state) => html`${bar(state)} ${problemNotice(state.view.problem)} ${list(state)}`,
});

/** @param {GroupState<Kept>} state */
function actions({ group }) {
  return html`
    <a class="button" href="#/groups/${group.id}/import" data-test="upload">${icon("upload")} <span>${t("mappings.upload")}</span></a>
    ${button({ label: t("mappings.add"), icon: "plus", kind: "primary", hook: "add-mapping", onClick: () => openMapping(group) })}`;
}

/** @param {GroupState<Kept>} state */
function bar({ group, view }) {
  return html`<div class="bar-row">
    <form role="search" class="search" @submit=${(/** @type {Event} */ event) => event.preventDefault()}>
      <label class="visually-hidden" for="search">${t("mappings.search")}</label>
      ${icon("search")}
      <input id="search" type="search" autocomplete="off" spellcheck="false" placeholder=${t("mappings.search")} @input=${onSearch} />
    </form>
    <p class="visually-hidden" role="status">${view.q ? t("mappings.found", { count: view.items.length }) : nothing}</p>
    <div class="actions">
      ${fileButton("mappings.template", "template", "/v1/mappings-template.csv", "mappings-template.csv", view)}
      ${fileButton("mappings.export", "export-all", groupPath(group.id, "mappings.csv"), `${group.id}.csv`, view)}
      ${fileButton("mappings.export_workbook", "export-workbook", groupPath(group.id, "mappings.xlsx"), `${group.id}.xlsx`, view)}
    </div>
  </div>`;
}

/** @param {string} words @param {string} hook @param {string} path @param {string} name @param {Kept} view */
function fileButton(words, hook, path, name, view) {
  const fetchIt = () => attempt(hook, () => saveFrom(path, name));
  return button({ label: t(words), icon: "download", kind: "small", hook, busy: view.busy === hook, onClick: fetchIt });
}

/** @type {ReturnType<typeof setTimeout>|undefined} */
let pending;

/** @param {Event} event */
function onSearch(event) {
  const text = searchable(/** @type {HTMLInputElement} */ (event.target).value);
  clearTimeout(pending);
  const isOpen = viewWatcher();
  pending = setTimeout(() => {
    if (!isOpen()) return;
    /** @type {Setter<Kept>} */ (viewSetter())({ q: text });
    load();
  }, PAUSE);
}

/** Fetches a page of what is searched for. @param {(string|null)[]} [cursors] */
function load(cursors) {
  const { q } = /** @type {Kept} */ (current().view);
  const path = groupPath(current().route.params.group, "mappings");
  return attempt("page", async (/** @type {Setter<Kept>} */ set) => {
    // An answer that comes after that of a later search is of no use any more.
    const setIfWanted = (/** @type {Partial<Kept>} */ patch) => current().view.q === q && set(patch);
    await fetchPage(setIfWanted, path, { limit: ROWS, q }, cursors);
  });
}

/** @param {GroupState<Kept>} state */
function list({ group, view }) {
  if (view.items.length === 0) return view.q ? nothingFound(view.q) : noMappings(group);
  const words = view.q ? undefined : t("mappings.count", { count: group.mapping_count });
  return html`<div class=${view.busy === "page" ? "stale" : ""}>
    ${table({
      caption: t("mappings.caption"),
      heads: [t("mappings.number"), t("mappings.email"), t("mappings.account"), t("mappings.updated"), quietHead(t("actions"))],
      rows: view.items,
      cells: (mapping) => [
        html`<b class="number-cell" data-number=${mapping.phone_number}>${nicely(mapping.phone_number)}</b>`,
        html`<span class="email">${mapping.email}</span>`,
        pin(mapping),
        time(mapping.updated_at),
        rowActions(group, mapping),
      ],
      hook: "mappings",
    })}
    ${pager({ ...pagesOf(view, load), words })}
  </div>`;
}

/** @param {Api.PhoneMapping} mapping */
function pin(mapping) {
  return mapping.pinned_at
    ? html`<span title=${mapping.oid}>${badge("good", t("mappings.pinned"))}</span>`
    : html`<span class="faint">${t("mappings.not_pinned")}</span>`;
}

/** @param {Api.BusinessGroup} group @param {Api.PhoneMapping} mapping */
function rowActions(group, mapping) {
  const named = (/** @type {string} */ words) => t(words, { number: nicely(mapping.phone_number) });
  return html`<span class="row-actions">
    ${
      mapping.pinned_at
        ? button({
            label: t("mappings.release"),
            name: named("mappings.release_named"),
            kind: "small quiet",
            hook: "release-pin",
            onClick: () => askToRelease(group, mapping),
          })
        : nothing
    }
    ${button({ label: t("edit"), name: named("mappings.edit_named"), kind: "small quiet", hook: "edit-mapping", onClick: () => openMapping(group, mapping) })}
    ${button({ label: t("remove"), name: named("mappings.remove_named"), kind: "small danger-quiet", hook: "remove-mapping", onClick: () => askToRemove(group, mapping) })}
  </span>`;
}

/** @param {string} text */
function nothingFound(text) {
  return emptyState({ icon: "search", title: t("mappings.none_found", { text }), text: t("mappings.none_found_text") });
}

/** @param {Api.BusinessGroup} group */
function noMappings(group) {
  return emptyState({
    icon: "phone",
    title: t("mappings.none"),
    text: group.number_ranges.length ? t("mappings.none_text") : t("mappings.no_ranges"),
    action: html`<a class="button primary" href="#/groups/${group.id}/import">${icon("upload")} <span>${t("mappings.upload")}</span></a>`,
  });
}

/** Adds a mapping, or gives the number another address. @param {Api.BusinessGroup} group @param {Api.PhoneMapping} [mapping] */
function openMapping(group, mapping) {
  openDialog({
    title: mapping ? t("mappings.edit_title", { number: nicely(mapping.phone_number) }) : t("mappings.add"),
    body: ({ problem }) => html`
      ${
        mapping
          ? nothing
          : field({
              name: "phone_number",
              label: t("mappings.number"),
              hint: t("mappings.number_hint"),
              error: problem?.of?.("phone_number"),
              type: "tel",
              required: true,
              wide: true,
            })
      }
      ${field({ name: "email", label: t("mappings.email"), hint: t("mappings.email_hint"), error: problem?.of?.("email"), value: mapping?.email ?? "", type: "email", required: true, wide: true })}`,
    submit: t("save"),
    hook: "mapping-dialog",
    fields: ["phone_number", "email"],
    onSubmit: async ({ phone_number: typed, email }) => {
      const isOpen = viewWatcher();
      const number = mapping?.phone_number ?? dialled(typed);
      if (!mapping) await refuseTaken(group, number);
      const saved = await call("PUT", groupPath(group.id, "mappings", number), { email: email.trim() });
      await afterChange(t("mappings.saved", { number: nicely(saved.phone_number) }), isOpen);
    },
  });
}

/** Saving gives a number to whom the address belongs: who only adds one must not take it from somebody. @param {Api.BusinessGroup} group @param {string} number */
async function refuseTaken(group, number) {
  const holder = await get(groupPath(group.id, "mappings", number)).catch(ifFree);
  if (!holder) return;
  const message = t("mappings.taken", { number: nicely(holder.phone_number), email: holder.email });
  throw new Problem(409, { detail: message, errors: [{ field: "phone_number", message }] });
}

/** @param {Failure} problem */
function ifFree(problem) {
  if (problem.status === 404) return null;
  throw problem;
}

/** A number as the service reads it: without what it is only written with. @param {string} typed */
function dialled(typed) {
  return typed.trim().replace(/[\s().-]/g, "") || "0";
}

/** @param {Api.BusinessGroup} group @param {Api.PhoneMapping} mapping */
function askToRemove(group, mapping) {
  const values = { number: nicely(mapping.phone_number), email: mapping.email };
  openDialog({
    title: t("mappings.remove_title", values),
    body: () => html`<p>${t("mappings.remove_text", values)}</p>`,
    submit: t("remove"),
    kind: "danger",
    hook: "remove-dialog",
    onSubmit: async () => {
      const isOpen = viewWatcher();
      await call("DELETE", groupPath(group.id, "mappings", mapping.phone_number));
      await afterChange(t("mappings.removed", values), isOpen);
    },
  });
}

/** @param {Api.BusinessGroup} group @param {Api.PhoneMapping} mapping */
function askToRelease(group, mapping) {
  const values = { number: nicely(mapping.phone_number), email: mapping.email };
  openDialog({
    title: t("mappings.release_title", values),
    body: () => html`<p>${t("mappings.release_text", values)}</p>
      <dl class="facts"><div><dt>${t("mappings.pinned_since")}</dt><dd>${time(mapping.pinned_at)}</dd></div>
      <div><dt>${t("mappings.object_id")}</dt><dd><code>${mapping.oid}</code></dd></div></dl>`,
    submit: t("mappings.release"),
    kind: "danger",
    hook: "release-dialog",
    onSubmit: async () => {
      const isOpen = viewWatcher();
      await call("DELETE", groupPath(group.id, "mappings", mapping.phone_number, "pin"));
      await afterChange(t("mappings.released", values), isOpen);
    },
  });
}

/** @param {string} words @param {() => boolean} isOpen whether the view is that it was done in */
async function afterChange(words, isOpen) {
  if (isOpen()) await Promise.all([fetchGroup(true), load(current().view.cursors)]);
  const { cursors = [null], items } = /** @type {Kept} */ (current().view);
  // The last row of the last page may have gone.
  if (isOpen() && items.length === 0 && cursors.length > 1) await load(cursors.slice(0, -1));
  announce(words);
}
