// Signing in: with Microsoft, or with a key.

/** @import { Returned } from "../microsoft.js" */
/** @import { Config, Doing, State } from "../store.js" */
/** @import { View } from "./index.js" */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { button, field, microsoftSign, notice, onSubmit, page, problemNotice } from "../elements.js";
import { signInWithKey, signInWithMicrosoft, trySignIn } from "../session.js";
import { t } from "../text.js";
import { attempt } from "../work.js";
import { microsoftError } from "./microsoft_error.js";

/** @type {View<Doing>} */
export const signIn = {
  title: () => t("sign_in.title"),
  render: (state) =>
    html`<div class="narrow sign-in">
      ${page({ title: t("sign_in.title"), lead: t("sign_in.lead") }, nothing)}
      ${before(state.returned)}
      ${state.config.application ? withMicrosoft(state) : nothing}
      ${withKey(state)}
      ${state.config.applications.length > 1 && isSecure(state.config) ? others(state) : nothing}
    </div>`,
};

/** What came of the last sign-in, if it failed. @param {Returned|null} returned */
function before(returned) {
  if (!returned) return nothing;
  if (returned.error) return microsoftError(returned.error);
  return "problem" in returned ? problemNotice(returned.problem) : nothing;
}

/** @param {State<Doing>} state */
function withMicrosoft(state) {
  const goThere = () => attempt("microsoft", () => signInWithMicrosoft(state.wanted ?? "/"));
  return html`<section class="card" aria-labelledby="with-microsoft">
    <h2 id="with-microsoft">${t("sign_in.microsoft_title")}</h2>
    <p class="hint">${t("sign_in.microsoft_hint")}</p>
    ${state.view.problem && state.view.problemOf === "microsoft" ? microsoftError(state.view.problem) : nothing}
    ${
      isSecure(state.config)
        ? button({
            label: html`${microsoftSign} ${t("sign_in.microsoft")}`,
            kind: "microsoft full",
            hook: "sign-in-microsoft",
            busy: state.view.busy === "microsoft",
            onClick: goThere,
          })
        : notice("info", t("sign_in.insecure"))
    }
  </section>`;
}

/** Whether Microsoft's library takes the authority: it takes none without TLS, as a simulated one may be. @param {Config} config */
function isSecure(config) {
  return config.authority.startsWith("https:");
}

/** @param {State<Doing>} state */
function withKey(state) {
  const send = onSubmit(({ key }) => key.trim() && attempt("key", () => signInWithKey(key)));
  return html`<section class="card" aria-labelledby="with-key">
    <h2 id="with-key">${t("sign_in.key_title")}</h2>
    <form @submit=${send}>
      ${state.view.problemOf === "key" ? problemNotice(state.view.problem) : nothing}
      ${field({
        name: "key",
        label: t("sign_in.key"),
        hint: t("sign_in.key_hint"),
        type: "password",
        required: true,
        wide: true,
        code: true,
      })}
      ${button({
        label: t("sign_in.with_key"),
        kind: "full",
        type: "submit",
        hook: "sign-in-key",
        busy: state.view.busy === "key",
      })}
    </form>
  </section>`;
}

/** @param {State<Doing>} state */
function others(state) {
  return html`<details class="more" data-test="other-applications">
    <summary>${t("sign_in.other")}</summary>
    <p class="hint">${t("sign_in.other_hint")}</p>
    <ul class="plain-list">
      ${state.config.applications.map(
        (one) => html`<li>
          <span>${one.name}</span>
          ${button({
            label: t("try.button"),
            name: t("try.button_for", { application: one.name }),
            kind: "small",
            hook: `try-${one.name}`,
            onClick: () => attempt("microsoft", () => trySignIn(one.name, "/sign-in")),
          })}
        </li>`,
      )}
    </ul>
  </details>`;
}
