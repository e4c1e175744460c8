// The consent of the company's Microsoft administrator, for each application.

/** @import { Config, Setter } from "../store.js" */
/** @import { GroupState } from "./group_view.js" */
/** @import { View } from "./index.js" */

/** @typedef {{items: Api.Consent[]}} Kept */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { get, groupPath } from "../api.js";
import { badge, button, copyButton, emptyState, icon, notice, page, problemNotice, time } from "../elements.js";
import { trySignIn } from "../session.js";
import { t } from "../text.js";
import { attempt } from "../work.js";
import { groupView } from "./group_view.js";
import { meaning } from "./microsoft_error.js";

const STATES = /** @type {const} */ ({
  never: ["neutral", "consent.state.never", "consent.state.never_text"],
  reported: ["warn", "consent.state.reported", "consent.state.reported_text"],
  confirmed: ["good", "consent.state.confirmed", "consent.state.confirmed_text"],
});

export const consent = groupView({
  title: "nav.consent",
  lead: "consent.lead",
  load: readConsents,
  // The administrator comes back from the window of Microsoft.
  refresh: readConsents,
  body: (/** @type {GroupState<Kept>} */ state) => html`
    ${notice("info", html`<p>${t("consent.who_first")}</p>`)}
    ${state.group.tenant_id ? nothing : notLinked(state.group)}
    ${problemNotice(state.view.problem)}
    ${
      state.view.items.length === 0
        ? emptyState({ icon: "consent", title: t("consent.none"), text: t("consent.none_text") })
        : html`<ul class="cards">${state.view.items.map((item) => html`<li>${application(item, state)}</li>`)}</ul>`
    }`,
});

/** @param {Setter<Kept>} set @param {Api.BusinessGroup} group */
async function readConsents(set, group) {
  set({ items: (await get(groupPath(group.id, "consent"))).items });
}

/** @param {Api.BusinessGroup} group */
function notLinked(group) {
  return notice("warning", html`<p>${t("consent.not_linked")} <a href="#/groups/${group.id}/authentication">${t("nav.authentication")}</a></p>`);
}

/** @param {Api.Consent} item @param {GroupState<Kept>} state */
function application(item, { group, view, config }) {
  const [kind, words, text] = STATES[item.state];
  const canTry = config.applications.some((one) => one.name === item.application);
  return html`<section class="card" data-test="consent-${item.application}" data-state=${item.state}>
    <div class="card-head">
      <h2>${item.application}</h2>
      ${badge(kind, t(words), "consent-state")}
    </div>
    <p>${t(text)} ${time(item.confirmed_at ?? item.reported_at)}</p>
    ${item.error ? lastError(item.error) : nothing}
    <div class="actions">
      ${
        item.link
          ? html`<a class="button small ${item.state === "confirmed" ? "" : "primary"}" href=${item.link} target="_blank" rel="noopener noreferrer" data-test="consent-link">
              ${icon("open")} <span>${t("consent.open")}</span><span class="visually-hidden"> ${t("consent.for", { application: item.application })}</span>
            </a>
            ${copyButton(item.link, t("consent.copy"))}`
          : nothing
      }
      ${
        canTry
          ? button({
              label: t("try.button"),
              name: t("try.button_for", { application: item.application }),
              kind: "small",
              hook: `try-${item.application}`,
              busy: view.busy === item.application,
              onClick: () => attempt(item.application, () => trySignIn(item.application, `/groups/${group.id}/consent`)),
            })
          : nothing
      }
    </div>
    ${item.link_expires_at ? html`<p class="fine">${t("consent.expires")} ${time(item.link_expires_at)}</p>` : nothing}
    ${group.tenant_id && !item.link ? html`<p class="fine">${t("consent.no_link")}</p>` : nothing}
  </section>`;
}

/** @param {Api.ConsentFault} error */
function lastError(error) {
  const words = meaning(error.aadsts) ?? (error.code === "access_denied" ? t("microsoft.declined") : t("consent.failed"));
  const code = [error.code, error.aadsts].filter(Boolean).join(", ");
  return notice("error", html`<p>${t("consent.last_error")} ${time(error.at)}</p><p>${words}</p><p class="fine">${code}</p>`, "consent-error");
}

/** What came of it, as the address that Microsoft sent the browser to says. */
const OUTCOMES = /** @type {const} */ ({
  "reported": ["success", "consented.reported"],
  "declined": ["error", "consented.declined"],
  "not-administrator": ["error", "consented.not_administrator"],
  "failed": ["error", "consented.failed"],
  "state-invalid": ["error", "consented.state_invalid"],
  "state-expired": ["warning", "consented.state_expired"],
  "state-used": ["warning", "consented.state_used"],
  "tenant-changed": ["warning", "consented.tenant_changed"],
  "other-tenant": ["error", "consented.other_tenant"],
});

/**
 * What the address names. Anybody can write one, and must not put words of their own on the page.
 * @param {URLSearchParams} query @param {Config} config
 */
function told(query, config) {
  const known = config.applications.find((one) => one.name === query.get("application"));
  const code = /^AADSTS\d+$/.exec(query.get("code") ?? "")?.[0] ?? null;
  return { application: known?.name ?? t("consented.an_application"), code };
}

/** @type {View} */
export const consented = {
  title: () => t("consented.title"),
  render: ({ config, route, session }) => {
    const named = /** @type {keyof typeof OUTCOMES} */ (route.query.get("outcome"));
    const outcome = Object.hasOwn(OUTCOMES, named) ? named : "failed";
    const [kind, words] = OUTCOMES[outcome];
    const { application, code } = told(route.query, config);
    const group = session?.business_group;
    return html`<div class="narrow">
      ${page(
        { title: t("consented.title"), lead: application },
        notice(
          kind,
          html`<p data-outcome=${outcome}>${t(words, { application })}</p>
            ${outcome === "failed" && meaning(code) ? html`<p>${meaning(code)}</p>` : nothing} ${code ? html`<p class="fine">${code}</p>` : nothing}`,
          "consent-outcome",
        ),
      )}
      ${session ? nothing : html`<p>${t("consented.close")}</p>`}
      <div class="actions">
        <a class="button ${session ? "primary" : ""}" href=${group ? `#/groups/${group}/consent` : "#/"}>${t("consented.go_on")}</a>
      </div>
    </div>`;
  },
};
