// "Check a user": what would happen if they signed in, and why.

/** @import { Setter } from "../store.js" */
/** @import { GroupState } from "./group_view.js" */

/** @typedef {{answer?: Api.SignInCheck|null, email?: string}} Kept */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { get, groupPath } from "../api.js";
import { badge, button, field, notice, onSubmit, problemNotice, time, who } from "../elements.js";
import { nicely } from "../phone.js";
import { current, viewSetter } from "../store.js";
import { t } from "../text.js";
import { attempt } from "../work.js";
import { groupView } from "./group_view.js";

const OUTCOMES = /** @type {const} */ ({
  "resolves": ["success", "check.resolves"],
  "no-mapping": ["warning", "check.no_mapping"],
  "tenant-not-linked": ["warning", "check.not_linked"],
  "identity-changed": ["warning", "check.two_numbers"],
});

const KINDS = { added: "check.change.added", changed: "check.change.changed", removed: "check.change.removed" };

export const check = groupView({
  title: "nav.check",
  lead: "check.lead",
  body: (/** @type {GroupState<Kept>} */ state) => html`${form(state)} ${state.view.answer ? answer(state.view.answer, state.group) : nothing}`,
});

/** @param {GroupState<Kept>} state */
function form({ view, group }) {
  return html`<section class="card">
    <form class="inline" novalidate @submit=${onSubmit(({ email }) => ask(group, email))}>
      ${field({ name: "email", label: t("check.email"), error: view.problem?.of?.("email"), value: view.email ?? "", type: "email", required: true, wide: true })}
      ${button({ label: t("check.submit"), kind: "primary", type: "submit", hook: "check-user", busy: view.busy === "check" })}
    </form>
  </section>
  ${view.problemOf === "check" ? problemNotice(view.problem, ["email"]) : nothing}`;
}

/** @param {Pick<Api.BusinessGroup, "id">} group @param {string} email */
function ask(group, email) {
  /** @type {Setter<Kept>} */ (viewSetter())({ answer: null, email });
  return attempt("check", async (/** @type {Setter<Kept>} */ set) =>
    set({ answer: await get(groupPath(group.id, "sign-in-check"), { email: email.trim() }) }),
  );
}

/** @param {Api.SignInCheck} found @param {Pick<Api.BusinessGroup, "id">} group */
export function answer(found, group) {
  const [kind, told] = OUTCOMES[found.outcome];
  const words = found.unproven ? "check.unproven" : told;
  return html`<section class="card" data-test="check-answer" data-outcome=${found.outcome} aria-live="polite">
    ${notice(kind, html`<p><b>${t(words, { email: found.email })}</b></p>${whatToDo(found, group)}`)}
    ${found.phone_number ? html`<p class="number" data-test="check-number">${nicely(found.phone_number)}</p>` : nothing}
    <dl class="facts">
      ${found.phone_number ? pinFacts(found) : nothing}
      <div><dt>${t("check.guests")}</dt><dd>${t(found.allow_guests ? "check.guests_yes" : "check.guests_no")}</dd></div>
      <div>
        <dt>${t("check.last_change")}</dt>
        <dd>${found.last_change ? lastChange(found.last_change, group) : t("check.never_changed")}</dd>
      </div>
    </dl>
    ${found.similar.length ? similar(found.similar) : nothing}
  </section>`;
}

/** @param {Api.SignInCheck} found @param {Pick<Api.BusinessGroup, "id">} group */
function whatToDo(found, group) {
  if (found.outcome === "tenant-not-linked") {
    return html`<p><a href="#/groups/${group.id}/authentication">${t(found.unproven ? "check.prove_first" : "check.link_first")}</a></p>`;
  }
  if (found.refused_sign_in) {
    const { oid, email, phone_number, sign_in_name, sign_in_phone_number, at } = found.refused_sign_in;
    const numbers = { number: nicely(phone_number), other: nicely(sign_in_phone_number) };
    return html`<p>${time(at)}: ${t("check.two_numbers_how", { oid, address: email, name: sign_in_name, ...numbers })}</p>`;
  }
  return found.outcome === "no-mapping"
    ? html`<p>${t("check.add_first")} <a href="#/groups/${group.id}/mappings">${t("nav.mappings")}</a></p>`
    : nothing;
}

/** @param {Api.SignInCheck} found */
function pinFacts(found) {
  const isPinned = Boolean(found.pinned_at);
  const enforced = found.identity_pinning === "enforce";
  return html`<div>
    <dt>${t("check.pin")}</dt>
    <dd>
      ${
        isPinned
          ? html`${badge(enforced ? "good" : "neutral", t("mappings.pinned"))} <code>${found.pinned_oid}</code> ${time(found.pinned_at)}
            <p class="hint">${t(enforced ? "check.pinned_enforced" : "check.pinned_off")}</p>`
          : html`${t("mappings.not_pinned")}<p class="hint">${t(enforced ? "check.free_enforced" : "check.pinned_off")}</p>`
      }
    </dd>
  </div>`;
}

/** @param {Api.LastChange} change @param {Pick<Api.BusinessGroup, "id">} group */
function lastChange(change, group) {
  const key = KINDS[change.kind];
  return html`${t(key, { number: nicely(change.phone_number) })}, ${time(change.at)}, ${who(change)}
    (<a href="#/groups/${group.id}/history/${change.revision}">${t("check.revision", { revision: change.revision })}</a>)`;
}

/** @param {Api.SimilarMapping[]} found */
function similar(found) {
  return html`<h2>${t("check.similar")}</h2>
    <ul class="plain-list" data-test="similar">
      ${found.map(
        (one) => html`<li>
          <span><b class="number-cell">${nicely(one.phone_number)}</b> <span class="email">${one.email}</span></span>
          ${button({ label: t("check.submit"), name: t("check.submit_named", { email: one.email }), kind: "small", onClick: () => ask({ id: current().route.params.group }, one.email) })}
        </li>`,
      )}
    </ul>`;
}
