// An administrator whose tenant is linked to no company, or to a stranger's: they have the operator's key of their own.

/** @import { Doing, State } from "../store.js" */
/** @import { View } from "./index.js" */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { call, groupPath, Problem } from "../api.js";
import { credential } from "../credential.js";
import { button, field, onSubmit, page, problemNotice } from "../elements.js";
import { go } from "../router.js";
import { homeOf, readSession } from "../session.js";
import { announce, current } from "../store.js";
import { t } from "../text.js";
import { attempt } from "../work.js";

/** @type {View<Doing>} */
export const linkWithKey = {
  title: () => t("link_with_key.title"),
  render: (state) => html`<div class="narrow">
    ${page({ title: t("link_with_key.title"), lead: t("link_with_key.lead") }, nothing)}
    ${keyForm(state)}
    <p class="fine"><a href="#/line">${t("link_with_key.my_line")}</a></p>
  </div>`,
};

/** Asks for the key of their company. @param {State<Doing>} state */
export function keyForm(state) {
  const send = onSubmit(({ key }) => key.trim() && attempt("link", () => linkOwnTenant(key.trim())));
  return html`<section class="card">
    <form @submit=${send}>
      ${state.view.problemOf === "link" ? problemNotice(state.view.problem) : nothing}
      <dl class="facts">
        <div><dt>${t("confirm_company.tenant")}</dt><dd><code>${state.session?.tid}</code></dd></div>
      </dl>
      ${field({
        name: "key",
        label: t("link_with_key.key"),
        hint: t("link_with_key.hint"),
        type: "password",
        required: true,
        wide: true,
        code: true,
      })}
      ${button({
        label: t("link_with_key.submit"),
        kind: "primary",
        type: "submit",
        hook: "link-with-key",
        busy: state.view.busy === "link",
      })}
    </form>
  </section>`;
}

/** Links their tenant to the company of the key; their own token is the proof. @param {string} key */
async function linkOwnTenant(key) {
  const { business_group: group, business_group_name: name } = await call("GET", "/v1/session", undefined, key);
  if (!group) throw new Problem(403, { detail: t("link_with_key.wrong_key") });
  // Who is asked for a key has signed in with Microsoft, from a tenant.
  const link = { tenant_id: String(current().session?.tid), proof: await credential() };
  await call("PUT", groupPath(group, "tenant"), link, key);
  await readSession();
  announce(t("link_with_key.done", { company: name }));
  go(homeOf(current().session));
}
