// The operator's search over all business groups: whose a number is, where an address stands, and what would happen at sign-in.

/** @import { Setter } from "../store.js" */
/** @import { Listing } from "../work.js" */
/** @import { View } from "./index.js" */

/** @typedef {Listing<Api.GroupMapping> & {q?: string, asked?: Api.GroupMapping|null, answer?: Api.SignInCheck|null}} Kept */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { get, groupPath } from "../api.js";
import { button, emptyState, field, onSubmit, page, pager, problemNotice, quietHead, table } from "../elements.js";
import { nicely, searchable } from "../phone.js";
import { current, viewSetter } from "../store.js";
import { t } from "../text.js";
import { attempt, fetchPage, pagesOf } from "../work.js";
import { answer } from "./check.js";

const ROWS = 50;

/** @type {View<Kept>} */
export const find = {
  title: () => t("nav.find"),
  render: ({ view }) =>
    page(
      { title: t("nav.find"), lead: t("find.lead") },
      html`${form(view)} ${problemNotice(view.problem, ["q"])} ${view.items ? list(view) : nothing}`,
    ),
};

/** @param {Kept} view */
function form(view) {
  return html`<section class="card">
    <form class="inline" role="search" novalidate @submit=${onSubmit(({ q }) => look(q))}>
      ${field({ name: "q", label: t("find.what"), error: view.problem?.of?.("q"), value: view.q ?? "", required: true, wide: true })}
      ${button({ label: t("find.submit"), kind: "primary", type: "submit", hook: "find", busy: view.busy === "find" })}
    </form>
  </section>`;
}

/** @param {string} q */
function look(q) {
  /** @type {Setter<Kept>} */ (viewSetter())({ q, asked: null, answer: null });
  return load();
}

/** @param {(string|null)[]} [cursors] */
function load(cursors) {
  const q = searchable(/** @type {Kept} */ (current().view).q ?? "");
  return attempt("find", (/** @type {Setter<Kept>} */ set) => fetchPage(set, "/v1/mappings", { limit: ROWS, q }, cursors));
}

/** @param {Kept} view */
function list(view) {
  if (view.items.length === 0) return emptyState({ icon: "search", title: t("find.none"), text: t("find.none_text") });
  return html`${table({
    caption: t("find.caption"),
    heads: [t("find.group"), t("mappings.number"), t("mappings.email"), quietHead(t("actions"))],
    rows: view.items,
    cells: (found) => [
      html`<a href="#/groups/${found.business_group}/mappings">${found.business_group}</a>`,
      html`<b class="number-cell">${nicely(found.phone_number)}</b>`,
      html`<span class="email">${found.email}</span>`,
      button({
        label: t("check.submit"),
        name: t("check.submit_named", { email: `${found.email}, ${found.business_group}` }),
        kind: "small",
        hook: "check-found",
        onClick: () => check(found),
      }),
    ],
    hook: "found",
  })}
  ${pager(pagesOf(view, load))} ${view.asked && view.answer ? answer(view.answer, { id: view.asked.business_group }) : nothing}`;
}

/** @param {Api.GroupMapping} asked */
function check(asked) {
  return attempt("check", async (/** @type {Setter<Kept>} */ set) =>
    set({ asked, answer: await get(groupPath(asked.business_group, "sign-in-check"), { email: asked.email }) }),
  );
}
