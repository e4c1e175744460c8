// The settings of a business group. Its ranges are the operator's alone.

/** @import { Setter } from "../store.js" */
/** @import { GroupState } from "./group_view.js" */

/** @typedef {{ranges: Api.NumberRange[]}} Kept as they are typed */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { call, groupPath } from "../api.js";
import { button, choices, field, onSubmit, openDialog, problemNotice } from "../elements.js";
import { go } from "../router.js";
import { announce, current, viewSetter } from "../store.js";
import { t } from "../text.js";
import { attempt, fetchGroup, keepGroup } from "../work.js";
import { groupView } from "./group_view.js";
import { RANGES, rangeFields, rangeList, rangesOf } from "./ranges.js";

export const settings = groupView({
  title: "nav.settings",
  load: async (set) => set({ ranges: (await fetchGroup(true)).number_ranges }),
  body: (/** @type {GroupState<Kept>} */ state) => html`${form(state)} ${state.session.role === "operator" ? removal(state.group) : nothing}`,
});

/** @param {GroupState<Kept>} state */
function form({ group, view, session }) {
  const isOperator = session.role === "operator";
  const problem = view.problemOf === "save" ? (view.problem ?? null) : null;
  return html`<form class="card" novalidate @submit=${onSubmit((values) => save(group, values, isOperator))}>
    ${problemNotice(problem, ["name", RANGES])}
    ${field({ name: "name", label: t("groups.name"), error: problem?.of?.("name"), value: group.name, required: true, wide: true })}
    ${
      isOperator
        ? rangeFields(view.ranges, problem, (ranges) => /** @type {Setter<Kept>} */ (viewSetter())({ ranges }))
        : html`<div class="field"><b>${t("ranges.legend")}</b>${rangeList(group.number_ranges)}<p class="hint">${t("settings.ranges_hint")}</p></div>`
    }
    ${choices({
      name: "allow_guests",
      legend: t("settings.guests"),
      value: String(group.allow_guests),
      options: [
        { value: "false", label: t("settings.guests_no"), hint: t("settings.guests_no_hint") },
        { value: "true", label: t("settings.guests_yes"), hint: t("settings.guests_yes_hint") },
      ],
    })}
    ${choices({
      name: "identity_pinning",
      legend: t("settings.pinning"),
      value: group.identity_pinning,
      options: [
        { value: "enforce", label: t("settings.pinning_enforce"), hint: t("settings.pinning_enforce_hint") },
        { value: "off", label: t("settings.pinning_off"), hint: t("settings.pinning_off_hint") },
      ],
    })}
    ${button({ label: t("save"), kind: "primary", type: "submit", hook: "save-settings", busy: view.busy === "save" })}
  </form>`;
}

/**
 * Sends what differs from what was shown: others may have changed the rest.
 * @param {Api.BusinessGroup} group @param {Record<string, string>} values @param {boolean} isOperator
 */
function save(group, values, isOperator) {
  return attempt("save", async (/** @type {Setter<Kept>} */ set) => {
    const wanted = {
      name: values.name.trim(),
      allow_guests: values.allow_guests === "true",
      identity_pinning: values.identity_pinning,
      ...(isOperator ? { number_ranges: rangesOf(current().view.ranges) } : {}),
    };
    const shown = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (group));
    const isNew = (/** @type {[string, unknown]} */ [name, value]) => JSON.stringify(value) !== JSON.stringify(shown[name]);
    const patch = Object.fromEntries(Object.entries(wanted).filter(isNew));
    const changed = await call("PATCH", groupPath(group.id), patch);
    keepGroup(changed);
    set({ ranges: changed.number_ranges });
    announce(t("settings.saved"));
  });
}

/** @param {Api.BusinessGroup} group */
function removal(group) {
  return html`<section class="card danger-zone" aria-labelledby="delete-title">
    <div>
      <h2 id="delete-title">${t("settings.delete")}</h2>
      <p class="hint">${t("settings.delete_hint")}</p>
    </div>
    ${button({ label: t("settings.delete"), kind: "danger", hook: "delete-group", onClick: () => askToDelete(group) })}
  </section>`;
}

/** @param {Api.BusinessGroup} group */
function askToDelete(group) {
  openDialog({
    title: t("settings.delete_title", { company: group.name }),
    body: () => html`<p>${t("settings.delete_text")}</p>`,
    submit: t("settings.delete"),
    kind: "danger",
    hook: "delete-dialog",
    onSubmit: async () => {
      await call("DELETE", groupPath(group.id));
      announce(t("settings.deleted", { company: group.name }));
      go("/groups");
    },
  });
}
