// "Your line": what an ordinary user sees, and what a sign-in that was tried would show them.

/** @import { Failure } from "../api.js" */
/** @import { MicrosoftFault } from "../microsoft.js" */
/** @import { Doing, Setter } from "../store.js" */
/** @import { View } from "./index.js" */

/** @typedef {Doing & {line?: Api.ResolvedLine}} Kept */

/**
 * What is kept of a sign-in that was tried.
 * @typedef {Kept & {isNothing?: boolean, application?: string, back?: string, error?: MicrosoftFault}} Tried
 */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { call, get } from "../api.js";
import { button, icon, loading, notice, page, problemNotice } from "../elements.js";
import { nicely } from "../phone.js";
import { forgetStranger, trySignIn } from "../session.js";
import { current, viewSetter } from "../store.js";
import { t } from "../text.js";
import { attempt } from "../work.js";
import { microsoftError } from "./microsoft_error.js";

/** @type {View<Kept>} */
export const line = {
  title: () => t("line.title"),
  load: () => attempt("load", async (/** @type {Setter<Kept>} */ set) => set({ line: await get("/v1/me") })),
  render: (state) => html`<div class="narrow">${page({ title: t("line.title") }, answer(state.view, state.session?.email))}</div>`,
};

/** @type {View<Tried>} */
export const tried = {
  title: () => t("try.title"),
  load: loadTried,
  render: (state) => {
    const { application, back = "/" } = state.view;
    const lead = application ? t("try.lead", { application }) : undefined;
    return html`<div class="narrow">
      ${page({ title: t("try.title"), lead }, state.view.error ? microsoftError(state.view.error) : triedAnswer(state.view))}
      ${application ? whatNext(application, back) : nothing}
    </div>`;
  },
};

/** @param {Tried} view */
function triedAnswer(view) {
  return view.isNothing ? notice("info", t("try.nothing")) : answer(view);
}

/** Asks once which line the account has, and forgets the account unless it is the session's own. */
async function loadTried() {
  const { returned } = current();
  const set = /** @type {Setter<Tried>} */ (viewSetter());
  if (returned?.purpose !== "try") return set({ isNothing: true });
  const { application, back, error } = returned;
  set({ application, back, error });
  if (returned.error) return;
  const { token } = returned;
  await attempt("load", async (/** @type {Setter<Kept>} */ set) => set({ line: await call("GET", "/v1/me", undefined, token) }));
  await forgetStranger(returned);
}

/** @param {string} application @param {string} back */
function whatNext(application, back) {
  return html`<div class="actions">
    <a class="button" href="#${back}">${icon("back")} <span>${t("try.back")}</span></a>
    ${button({ label: t("try.again"), hook: "try-again", onClick: () => trySignIn(application, back) })}
  </div>`;
}

/** The line, or in plain words why there is none. @param {Kept} view @param {string|null} [email] */
function answer(view, email) {
  if (view.line) return lineCard(view.line);
  return view.problem ? noLine(view.problem, email) : loading(3);
}

/** @param {Api.ResolvedLine} found */
function lineCard(found) {
  return html`<section class="card line" data-test="line" aria-label=${t("line.label")}>
    <p class="line-label">${t("line.label")}</p>
    <p class="number" data-test="line-number">${nicely(found.phone_number)}</p>
    <dl class="facts">
      <div><dt>${t("line.email")}</dt><dd data-test="line-email">${found.email}</dd></div>
      <div><dt>${t("line.company")}</dt><dd>${found.business_group}</dd></div>
      <div><dt>${t("line.application")}</dt><dd data-test="line-application">${found.application}</dd></div>
      <div><dt>${t("line.full_number")}</dt><dd>${found.phone_number}</dd></div>
    </dl>
  </section>`;
}

/** What each refusal means for the person who is refused. */
const REASONS = {
  "tenant-not-linked": "line.why.tenant_not_linked",
  "guest-not-allowed": "line.why.guest",
  "no-mapping": "line.why.no_mapping",
  "identity-changed": "line.why.identity_changed",
  "no-email-claim": "line.why.no_email",
};

/** @param {Failure} problem @param {string|null} [email] */
function noLine(problem, email) {
  const isUnproven = problem.slug === "tenant-not-linked" && problem.body?.unproven;
  const reason = isUnproven ? "line.why.unproven" : REASONS[/** @type {keyof typeof REASONS} */ (problem.slug)];
  if (!reason) return problemNotice(problem);
  return html`<section class="card" data-test="no-line">
    <h2>${t("line.none")}</h2>
    ${email ? html`<p>${t("line.signed_in_as", { email })}</p>` : nothing}
    <p>${t(reason)}</p>
    <p class="fine">${problem.message}</p>
  </section>`;
}
