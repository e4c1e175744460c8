// "Is that your company?": asked before an administrator's first call, which would prove the link of their tenant.

/** @import { Doing, Session, SignedIn, State } from "../store.js" */
/** @import { View } from "./index.js" */

/** @typedef {Doing & {isOther?: boolean}} Kept */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { get, groupPath } from "../api.js";
import { button, notice, page, problemNotice } from "../elements.js";
import { go, here } from "../router.js";
import { homeOf, readSession } from "../session.js";
import { announce, current, update } from "../store.js";
import { t } from "../text.js";
import { attempt } from "../work.js";
import { keyForm } from "./link_with_key.js";
import { rangeList } from "./ranges.js";

/** @type {View<Kept>} */
export const confirmCompany = {
  name: "confirmCompany",
  title: () => t("confirm_company.title"),
  render: (state) => {
    const { session } = /** @type {SignedIn<Kept>} */ (state);
    const title = t("confirm_company.title");
    return html`<div class="narrow">
      ${page({ title, lead: t("confirm_company.question", { group: session.business_group }) }, nothing)}
      ${state.view.isOther ? notMine(state) : question(state, session)}
    </div>`;
  },
};

/**
 * The id and the numbers come from the operator. The name may come from whoever has linked the tenant, so it is not an answer.
 * @param {State<Kept>} state @param {Session} session
 */
function question(state, session) {
  return html`<section class="card">
    <dl class="facts">
      <div><dt>${t("confirm_company.tenant")}</dt><dd><code>${session.tid}</code></dd></div>
      <div><dt>${t("confirm_company.group")}</dt><dd data-test="company"><code>${session.business_group}</code></dd></div>
      <div><dt>${t("confirm_company.numbers")}</dt><dd data-test="company-numbers">${rangeList(session.number_ranges ?? [])}</dd></div>
      <div>
        <dt>${t("confirm_company.name")}</dt>
        <dd data-test="company-name">“${session.business_group_name}”<p class="hint">${t("confirm_company.name_hint")}</p></dd>
      </div>
    </dl>
    <p>${t("confirm_company.meaning")}</p>
    ${problemNotice(state.view.problem)}
    <div class="actions">
      ${button({ label: t("confirm_company.yes"), kind: "primary", hook: "company-yes", busy: state.view.busy === "yes", onClick: confirm })}
      ${button({ label: t("confirm_company.no"), hook: "company-no", onClick: () => update({ view: { isOther: true } }) })}
    </div>
  </section>`;
}

/** Their first call about the group proves it. A guest's proves nothing, and they are not asked again all the same. */
function confirm() {
  return attempt("yes", async () => {
    // An administrator has a business group.
    await get(groupPath(String(current().session?.business_group)));
    const session = /** @type {Session} */ (await readSession());
    update({ session: { ...session, hasConfirmed: true } });
    if (session.tenant === "proven") announce(t("confirm_company.done", { group: session.business_group }));
    go(current().route.params.group ? here() : homeOf(current().session));
  });
}

/** @param {State<Kept>} state */
function notMine(state) {
  return html`${notice("warning", t("confirm_company.not_mine", { group: state.session?.business_group }))} ${keyForm(state)}`;
}
