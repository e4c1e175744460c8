// What all views of a business group have in common: they fetch the group, and say so if it can't be had.

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { loading, page, problemNotice } from "../elements.js";
import { t } from "../text.js";
import { attempt, fetchGroup, fetchPage } from "../work.js";

/**
 * A view of a business group.
 * @param {{title: string, lead?: string, load?: (set: (patch: object) => void, group: any) => Promise<any>,
 *   refresh?: (set: (patch: object) => void, group: any) => Promise<any>,
 *   actions?: (state: any) => any, body: (state: any) => any}} about
 * @returns {import("./index.js").View}
 */
export function groupView(about) {
  return {
    title: () => t(about.title),
    load: () =>
      attempt("load", async (set) => {
        const group = await fetchGroup();
        await about.load?.(set, group);
        set({ loaded: true });
      }),
    refresh: about.refresh && (() => attempt("refresh", async (set) => about.refresh?.(set, await fetchGroup()))),
    render: (state) => {
      const { view, group } = state;
      const head = { title: t(about.title), lead: about.lead && t(about.lead), actions: group && about.actions?.(state) };
      const failed = view.problem && view.problemOf === "load";
      const body = failed ? problemNotice(view.problem) : group && (view.loaded || !about.load) ? about.body(state) : loading();
      return page(head, html`${body ?? nothing}`);
    },
  };
}

/** Fetches a page of a list, and keeps the old one on the screen meanwhile. @param {string} path @param {any} query */
export function pageLoader(path, query) {
  return (/** @type {(string|null)[]} */ cursors) => attempt("page", (set) => fetchPage(set, path, query, cursors));
}
