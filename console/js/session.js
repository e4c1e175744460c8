// Who is signed in, and where they begin.

/** @import { Answered, Proving } from "./microsoft.js" */
/** @import { Account, Key } from "./credential.js" */
/** @import { Config, Session, SignedIn } from "./store.js" */

import { get, Problem } from "./api.js";
import { forget, keep, kept } from "./credential.js";
import * as microsoft from "./microsoft.js";
import { go, goInstead } from "./router.js";
import { announce, current, update } from "./store.js";
import { t } from "./text.js";

/**
 * Asks the service who is signed in.
 * @returns {Promise<Session|null>} null: nobody, or somebody who is not known any more
 */
export async function readSession() {
  if (!kept()) return null;
  const session = await whoIsThis();
  update({ session });
  return session;
}

/** The answer of `GET /v1/session`. */
function whoIsThis() {
  return get("/v1/session");
}

/** Signs in with an API key. @param {string} key */
export async function signInWithKey(key) {
  keep({ kind: "key", key: key.trim() });
  try {
    await readSession();
  } catch (error) {
    forget();
    update({ renewal: null });
    throw error;
  }
  arriveSignedIn();
}

/** Goes to where they were going, or to where they begin. @param {string|null} [wanted] */
export function arriveSignedIn(wanted = current().wanted) {
  update({ wanted: null });
  goInstead(wanted ?? homeOf(current().session));
}

/** Goes to Microsoft to sign in. @param {string} [back] the place to come back to */
export function signInWithMicrosoft(back = "/") {
  const { config } = current();
  return microsoft.begin(config, { application: ownApplication(config), purpose: "session", back });
}

/** The page's own application: without one, nothing is offered that asks for it. @param {Config} config */
function ownApplication(config) {
  return /** @type {string} */ (config.application);
}

/** Signs in to an application to see which line it gets. @param {string} application @param {string} back */
export function trySignIn(application, back) {
  return microsoft.begin(current().config, { application, purpose: "try", back });
}

/** Fetches a token that proves a tenant. @param {string} back @param {Proving["context"]} context what it is for */
export function fetchProof(back, context) {
  const { config } = current();
  return microsoft.begin(config, { application: ownApplication(config), purpose: "proof", back, context });
}

/**
 * Forgets the account that came back, unless it is the session's own: MSAL would forget its tokens for all applications.
 * @param {Pick<Answered, "application"|"account">} returned
 */
export async function forgetStranger({ application, account }) {
  const own = kept();
  if (own?.kind === "microsoft" && own.account === account) return;
  await microsoft.forgetAccount(current().config, application, account);
}

/** Signs out, and forgets everything. */
export async function signOut() {
  const known = kept();
  forget();
  update({ session: null, shown: null, group: null, sheet: null, renewal: null, returned: null, wanted: null, view: {}, dialog: null });
  if (known?.kind === "microsoft") {
    go("/sign-in");
    await microsoft.signOut(current().config, known.application, known.account);
  } else {
    sessionStorage.clear();
    go("/sign-in");
    announce(t("session.signed_out"));
  }
}

/**
 * Signs in again where the page stands. Somebody else must not go on with it.
 * @param {string} [key] a new key, if it was signed in with one
 */
export async function renew(key) {
  // The page asks for it only while somebody is signed in.
  const before = /** @type {Key|Account} */ (kept());
  const { config, session: known } = current();
  keep(await renewed(config, before, key));
  try {
    const session = await whoIsThis();
    if (!isSame(known, session)) throw new Problem(403, { detail: t("session.another_person") });
    update({ session, renewal: null });
  } catch (error) {
    await giveBack(config, before);
    throw error;
  }
}

/** @param {Config} config @param {Key|Account} before @param {string} [key] @returns {Promise<Key|Account>} */
async function renewed(config, before, key) {
  if (before.kind === "key") return { ...before, key: String(key).trim() };
  return { ...before, account: await microsoft.renewInWindow(config, before.application, before.account) };
}

/** @param {Config} config @param {Key|Account} before */
async function giveBack(config, before) {
  const other = kept();
  keep(before);
  if (other?.kind === "microsoft" && (before.kind === "key" || other.account !== before.account)) {
    await microsoft.forgetAccount(config, other.application, other.account);
  }
}

/** Whether what stands on the page may be seen and done by the other session as well. @param {Session|null} a @param {Session} b */
function isSame(a, b) {
  return a?.role === b.role && a.business_group === b.business_group && a.oid === b.oid;
}

/**
 * Whether an administrator has to be asked first whether the company is theirs: any call of theirs proves the link of their tenant.
 * @param {Session|null} session
 */
export function isUnconfirmed(session) {
  const isAdministrator = session?.credential === "entra" && session.role === "business-group-admin";
  return isAdministrator && session.tenant === "unproven" && !session.hasConfirmed;
}

/**
 * After a link was changed: an administrator whose right went with it begins anew.
 * @returns {Promise<boolean>} whether they may go on
 */
export async function keepsRight() {
  const { session } = /** @type {SignedIn} */ (current());
  if (session.credential !== "entra" || session.role !== "business-group-admin") return true;
  const now = await readSession();
  if (now?.role === session.role && now.business_group === session.business_group) return true;
  goInstead(homeOf(now));
  return false;
}

/** Where somebody begins. @param {Session|null} session @returns {string} */
export function homeOf(session) {
  if (!session) return "/sign-in";
  if (session.role === "operator") return "/groups";
  if (session.role === "business-group-admin") return `/groups/${session.business_group}`;
  if (session.role === "user" && session.administrator_role && session.tenant === "unlinked") return "/link";
  return session.role === "user" ? "/line" : "/no-place";
}
