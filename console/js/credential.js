// The credential of the session: a key, or an account of Microsoft. It stays in this tab's session storage.

import * as microsoft from "./microsoft.js";
import { current } from "./store.js";

const PLACE = "signline-credential";

/**
 * @typedef {{kind: "key", key: string}} Key
 * @typedef {{kind: "microsoft", application: string, account: string}} Account
 */

/** What the tab is signed in with. @returns {Key|Account|null} */
export function kept() {
  const text = sessionStorage.getItem(PLACE);
  return text ? JSON.parse(text) : null;
}

/** Signs the tab in. @param {Key|Account} credential */
export function keep(credential) {
  sessionStorage.setItem(PLACE, JSON.stringify(credential));
}

/** Forgets it. */
export function forget() {
  sessionStorage.removeItem(PLACE);
}

/** What is sent with a call: the key, or a token that is still good. @returns {Promise<string|null>} */
export async function credential() {
  const known = kept();
  if (!known) return null;
  if (known.kind === "key") return known.key;
  return microsoft.token(current().config, known.application, known.account);
}
