// The operator's business groups.

/** @import { Dialog } from "../elements.js" */
/** @import { Doing, Setter } from "../store.js" */
/** @import { Page } from "../work.js" */
/** @import { View } from "./index.js" */

/** @typedef {Doing & {items: Api.BusinessGroup[], q?: string}} Kept */

import { html } from "../../vendor/lit-html/lit-html.js";
import { call, get } from "../api.js";
import { badge, button, emptyState, field, icon, loading, openDialog, page, problemNotice, table } from "../elements.js";
import { go } from "../router.js";
import { announce, current, update, viewSetter } from "../store.js";
import { formatNumber, t } from "../text.js";
import { attempt } from "../work.js";
import { RANGES, rangeFields, rangesOf } from "./ranges.js";

/** @type {View<Kept>} */
export const groups = {
  title: () => t("nav.groups"),
  load: () => attempt("load", async (/** @type {Setter<Kept>} */ set) => set({ items: await readGroups() })),
  render: (state) => {
    const { items, problem, problemOf } = state.view;
    const actions = button({ label: t("groups.create"), icon: "plus", kind: "primary", hook: "create-group", onClick: openCreate });
    return page(
      { title: t("nav.groups"), lead: t("groups.lead"), actions },
      items ? list(state.view) : problemOf === "load" ? problemNotice(problem) : loading(),
    );
  },
};

/** All of them: an operator searches by names, which the service does not. */
async function readGroups() {
  const items = [];
  let cursor = null;
  do {
    /** @type {Page<Api.BusinessGroup>} */
    const part = await get("/v1/business-groups", { limit: 200, cursor });
    items.push(...part.items);
    cursor = part.next_cursor;
  } while (cursor);
  return items;
}

/** @param {Kept} view */
function list(view) {
  if (view.items.length === 0) return emptyState({ icon: "group", title: t("groups.none"), text: t("groups.none_text") });
  const wanted = (view.q ?? "").trim().toLowerCase();
  const found = view.items.filter((group) => matches(group, wanted));
  return html`<div class="bar-row">
      <form role="search" class="search" @submit=${(/** @type {Event} */ event) => event.preventDefault()}>
        <label class="visually-hidden" for="search">${t("groups.search")}</label>
        ${icon("search")}
        <input id="search" type="search" autocomplete="off" placeholder=${t("groups.search")} @input=${onSearch} />
      </form>
      <span class="faint" role="status">${t("groups.count", { count: found.length })}</span>
    </div>
    ${found.length ? groupTable(found) : emptyState({ icon: "search", title: t("groups.none_found", { text: wanted }) })}`;
}

/** @param {Event} event */
function onSearch(event) {
  /** @type {Setter<Kept>} */ (viewSetter())({ q: /** @type {HTMLInputElement} */ (event.target).value });
}

/** @param {Api.BusinessGroup} group @param {string} wanted */
function matches(group, wanted) {
  return [group.id, group.name.toLowerCase(), group.tenant_id ?? ""].some((text) => text.includes(wanted));
}

/** @param {Api.BusinessGroup[]} found */
function groupTable(found) {
  return table({
    caption: t("groups.caption"),
    heads: [t("groups.name"), t("groups.id"), t("groups.link"), t("groups.mappings")],
    rows: found,
    cells: (group) => [
      html`<a href="#/groups/${group.id}" data-test="open-${group.id}"><b>${group.name}</b></a>`,
      html`<code>${group.id}</code>`,
      linkBadge(group),
      html`<span class="numeric">${formatNumber(group.mapping_count)}</span>`,
    ],
    hook: "groups",
  });
}

/** The state of a group's link. @param {Api.BusinessGroup} group */
export function linkBadge(group) {
  if (!group.tenant_id) return badge("neutral", t("authentication.not_linked"));
  return group.tenant_proven_at ? badge("good", t("authentication.proven")) : badge("warn", t("authentication.unproven"));
}

function openCreate() {
  const setRanges = (/** @type {Api.NumberRange[]} */ ranges) => {
    update({ dialog: /** @type {Dialog} */ ({ ...current().dialog, ranges }) });
  };
  openDialog({
    title: t("groups.create"),
    body: ({ problem, ranges = [{ first: "", last: "" }] }) => html`
      ${field({ name: "name", label: t("groups.name"), hint: t("groups.name_hint"), error: problem?.of?.("name"), required: true, wide: true })}
      ${field({ name: "id", label: t("groups.id"), hint: t("groups.id_hint"), error: problem?.of?.("id"), required: true, wide: true, code: true })}
      ${rangeFields(ranges, problem, setRanges)}`,
    submit: t("groups.create"),
    hook: "group-dialog",
    fields: ["id", "name", RANGES],
    onSubmit: async ({ id, name }) => {
      const ranges = rangesOf(current().dialog?.ranges ?? []);
      const made = await call("POST", "/v1/business-groups", { id: id.trim(), name: name.trim(), number_ranges: ranges });
      announce(t("groups.created", { company: made.name }));
      go(`/groups/${made.id}`);
    },
  });
}
