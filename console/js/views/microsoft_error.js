// What Microsoft says when it signs nobody in, in plain words.

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { notice } from "../elements.js";
import { t } from "../text.js";

/** Somebody said no. */
const DECLINED = "AADSTS65004";

/** The codes that an administrator can do something about. */
const KNOWN = {
  AADSTS50011: "aadsts.50011",
  AADSTS50020: "aadsts.50020",
  AADSTS50105: "aadsts.50105",
  AADSTS53000: "aadsts.53000",
  AADSTS53003: "aadsts.53000",
  AADSTS65001: "aadsts.65001",
  [DECLINED]: "aadsts.65004",
  AADSTS90094: "aadsts.65001",
  AADSTS650052: "aadsts.650052",
  AADSTS700016: "aadsts.700016",
};

/** What a code of Microsoft means; null: it is none that we know. @param {string|null|undefined} code */
export function meaning(code) {
  const key = KNOWN[/** @type {keyof typeof KNOWN} */ (code)];
  return key ? t(key) : null;
}

/** @param {{code?: string, errorCode?: string, message: string}} error as `finish` tells it, or as MSAL throws it */
export function microsoftError(error) {
  const code = /AADSTS\d+/.exec(error.message)?.[0];
  const isDeclined = code === DECLINED || (!code && (error.code ?? error.errorCode) === "access_denied");
  const words = isDeclined ? t("microsoft.declined") : (meaning(code) ?? t("microsoft.failed"));
  return notice(
    "error",
    html`<p>${words}</p>${error.message ? html`<p class="fine">${t("microsoft.said", { message: error.message })}</p>` : nothing}`,
    "microsoft-error",
  );
}
