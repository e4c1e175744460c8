// How far a business group has come, and what is next.

/** @import { GroupState } from "./group_view.js" */

/** @typedef {{consent: Api.Consent[], last: Api.Revision|null}} Kept */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { get, groupPath } from "../api.js";
import { icon, time, who } from "../elements.js";
import { formatNumber, t } from "../text.js";
import { groupView } from "./group_view.js";
import { linkBadge } from "./groups.js";
import { rangeList } from "./ranges.js";

export const overview = groupView({
  title: "nav.overview",
  load: async (set, group) => {
    const [consent, revisions] = await Promise.all([get(groupPath(group.id, "consent")), get(groupPath(group.id, "revisions"), { limit: 1 })]);
    set({ consent: consent.items, last: revisions.items[0] ?? null });
  },
  body: (/** @type {GroupState<Kept>} */ { group, view }) => html`${steps(group, view.consent)} ${facts(group, view)}`,
});

/** @param {Api.BusinessGroup} group @param {Api.Consent[]} consents */
function steps(group, consents) {
  const isConsented = consents.length > 0 && consents.every((one) => one.state !== "never");
  const all = [
    step(Boolean(group.tenant_id), "authentication", "overview.step.link", "overview.step.link_text", group),
    step(group.mapping_count > 0, group.mapping_count > 0 ? "mappings" : "import", "overview.step.import", "overview.step.import_text", group),
    step(isConsented, "consent", "overview.step.consent", "overview.step.consent_text", group),
  ];
  return html`<ol class="steps" data-test="steps">${all}</ol>`;
}

/** @param {boolean} isDone @param {string} place @param {string} words @param {string} text @param {Api.BusinessGroup} group */
function step(isDone, place, words, text, group) {
  return html`<li class=${isDone ? "done" : ""}>
    <a href="#/groups/${group.id}/${place}">
      <span class="mark">${isDone ? icon("check") : nothing}<span class="visually-hidden">${t(isDone ? "overview.done" : "overview.open")}</span></span>
      <span><b>${t(words)}</b><span class="hint">${t(text)}</span></span>
    </a>
  </li>`;
}

/** @param {Api.BusinessGroup} group @param {Kept} view */
function facts(group, view) {
  return html`<section class="card" aria-labelledby="facts-title">
    <h2 id="facts-title">${t("overview.facts")}</h2>
    <dl class="facts">
      <div><dt>${t("groups.mappings")}</dt><dd data-test="mapping-count">${formatNumber(group.mapping_count)}</dd></div>
      <div><dt>${t("groups.link")}</dt><dd>${linkBadge(group)}</dd></div>
      <div>
        <dt>${t("overview.last_change")}</dt>
        <dd>${view.last ? html`${time(view.last.at)}, ${who(view.last)}` : t("overview.never")}</dd>
      </div>
      <div><dt>${t("ranges.legend")}</dt><dd>${rangeList(group.number_ranges)}</dd></div>
    </dl>
  </section>`;
}
