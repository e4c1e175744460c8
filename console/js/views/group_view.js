// What all views of a business group have in common: they fetch the group, and say so if it can't be had.

/** @import { Html } from "../elements.js" */
/** @import { Doing, Setter, SignedIn } from "../store.js" */
/** @import { View } from "./index.js" */

/** @template V @typedef {SignedIn<V & Doing> & {group: Api.BusinessGroup}} GroupState the state while a view of a group is open */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { loading, page, problemNotice } from "../elements.js";
import { t } from "../text.js";
import { attempt, fetchGroup } from "../work.js";

/**
 * A view of a business group.
 * @template {object} V what it keeps in the state
 * @param {{title: string, lead?: string, load?: (set: Setter<V>, group: Api.BusinessGroup) => Promise<unknown>,
 *   refresh?: (set: Setter<V>, group: Api.BusinessGroup) => Promise<unknown>,
 *   actions?: (state: GroupState<V>) => Html, body: (state: GroupState<V>) => Html}} about
 * @returns {View<V & Doing>}
 */
export function groupView(about) {
  return {
    title: () => t(about.title),
    load: () =>
      attempt("load", async (/** @type {Setter<V>} */ set) => {
        const group = await fetchGroup();
        await about.load?.(set, group);
        /** @type {Setter<Doing>} */ (set)({ loaded: true });
      }),
    refresh: about.refresh && (() => attempt("refresh", async (/** @type {Setter<V>} */ set) => about.refresh?.(set, await fetchGroup()))),
    render: (state) => {
      const { view, group } = state;
      const open = /** @type {GroupState<V>} */ (state);
      const head = { title: t(about.title), lead: about.lead && t(about.lead), actions: group && about.actions?.(open) };
      const failed = view.problem && view.problemOf === "load";
      const body = failed ? problemNotice(view.problem) : group && (view.loaded || !about.load) ? about.body(open) : loading();
      return page(head, html`${body ?? nothing}`);
    },
  };
}
