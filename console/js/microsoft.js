// Signing in with Microsoft, by MSAL.js: authorization code and PKCE, in the whole page, with nothing kept but in this
// tab's session storage.

/** @import { AuthenticationResult, AuthError, IdTokenClaims, IPublicClientApplication } from "@azure/msal-browser" */
/** @import { Failure } from "./api.js" */
/** @import { Config } from "./store.js" */

/**
 * What the page was sent to Microsoft for, and where it goes on.
 * @typedef {{application: string, back: string} & (Proving|{purpose: "session"|"try"|"sign-out"})} Begun
 *
 * @typedef {{purpose: "proof", context: {group: string, tenant: string}}} Proving the tenant that a token is to prove, and for whom
 *
 * @typedef {{code: string, message: string}} MicrosoftFault
 * @typedef {Begun & {token: string, account: string, error?: undefined, isWithoutAnswer?: undefined}} Answered
 * @typedef {Begun & {error: MicrosoftFault, isWithoutAnswer?: undefined}} Refused
 * @typedef {Begun & {isWithoutAnswer: true, error?: undefined}} WithoutAnswer after a sign-out, or if somebody only came back
 *
 * @typedef {Answered|Refused|{purpose: "session", problem: Failure, error?: undefined}} Returned for a view: what came back, or why a
 *   session that was known is none any more
 */

/** Where it is kept what a sign-in was begun for. MSAL's own state goes through Microsoft; this does not. */
const PLACE = "signline-sign-in";

/**
 * MSAL's note that a sign-in is under way. It stays if the person closes the window, and then MSAL lets no other begin; but
 * whoever begins one has given the earlier one up.
 */
const UNDER_WAY = "msal.interaction.status";

/** A token that ends so soon, in seconds, is renewed. */
const SOON = 120;

/** @type {Map<string, Promise<IPublicClientApplication>>} */
const clients = new Map();

/** A sign-in that can't be renewed silently: the person is needed. */
export class SignInNeeded extends Error {}

/** Loads MSAL.js, which calls itself `msal`. */
async function library() {
  await import("../vendor/msal-browser/msal-browser.min.js");
  return globalThis.msal;
}

/**
 * The client of an application.
 * @param {Config} config
 * @param {string} application its name
 */
function client(config, application) {
  const known = clients.get(application) ?? newClient(config, application);
  clients.set(application, known);
  // One that could not be made is made anew the next time.
  known.catch(() => clients.delete(application));
  return known;
}

/** @param {Config} config @param {string} application */
async function newClient(config, application) {
  const msal = await library();
  const known = config.applications.find((one) => one.name === application);
  if (!known) throw new Error(`no application ${application}`);
  // The folder of the page, which is `/console/` or below the path of a proxy.
  const redirectUri = new URL(".", location.href).href;
  return msal.createStandardPublicClientApplication({
    auth: {
      clientId: known.client_id,
      authority: `${config.authority}/organizations`,
      knownAuthorities: [new URL(config.authority).host],
      redirectUri,
      postLogoutRedirectUri: redirectUri,
    },
    cache: { cacheLocation: "sessionStorage" },
  });
}

/** @param {Config} config */
function scopes(config) {
  const own = config.api_scope ? [config.api_scope] : [];
  return ["openid", "profile", "email", ...own];
}

/** What Signline takes of an answer. @param {Config} config @param {AuthenticationResult} result */
function bearer(config, result) {
  return config.api_scope ? result.accessToken : result.idToken;
}

/**
 * Sends the page to Microsoft; it comes back to `finish`.
 * @param {Config} config
 * @param {Begun} begun what for
 */
export async function begin(config, begun) {
  const app = await client(config, begun.application);
  sessionStorage.setItem(PLACE, JSON.stringify(begun));
  sessionStorage.removeItem(UNDER_WAY);
  await app.loginRedirect({ scopes: scopes(config), prompt: "select_account" });
}

/**
 * Takes what Microsoft sent back, if the page comes from there.
 * @param {Config} config
 * @returns {Promise<Answered|Refused|WithoutAnswer|null>} null: nothing was begun
 */
export async function finish(config) {
  /** @type {Begun|null} */
  const begun = JSON.parse(sessionStorage.getItem(PLACE) ?? "null");
  if (!begun) return null;
  sessionStorage.removeItem(PLACE);
  try {
    const app = await client(config, begun.application);
    const result = await app.handleRedirectPromise({ hash: takeAnswer(), navigateToLoginRequestUrl: false });
    if (!result) return { ...begun, isWithoutAnswer: true };
    return { ...begun, token: bearer(config, result), account: result.account.homeAccountId };
  } catch (error) {
    return { ...begun, error: told(error) };
  }
}

/** The answer in the address, which is taken out of it: MSAL would leave an entry with the code in the browser's history. */
function takeAnswer() {
  const answer = location.hash;
  if (!/^#(code|error|client_info|state)=/.test(answer)) return "";
  history.replaceState(null, "", location.pathname);
  return answer;
}

/** @param {unknown} thrown by MSAL */
function told(thrown) {
  const error = /** @type {Partial<AuthError>} */ (thrown);
  return { code: error.errorCode ?? "unknown", message: error.errorMessage ?? String(error.message ?? error) };
}

/**
 * A token of an account that is signed in, renewed if it ends soon.
 * @param {Config} config
 * @param {string} application
 * @param {string} account
 * @returns {Promise<string>}
 */
export async function token(config, application, account) {
  const app = await client(config, application);
  const known = app.getAccount({ homeAccountId: account });
  if (!known) throw new SignInNeeded("no account");
  const { AccessTokenAndRefreshToken, RefreshToken } = globalThis.msal.CacheLookupPolicy;
  const request = { scopes: scopes(config), account: known, cacheLookupPolicy: AccessTokenAndRefreshToken };
  try {
    let result = await app.acquireTokenSilent(request);
    // MSAL looks at the end of the access token alone.
    if (endsSoon(config, result)) {
      result = await app.acquireTokenSilent({ ...request, cacheLookupPolicy: RefreshToken });
    }
    return bearer(config, result);
  } catch (error) {
    throw new SignInNeeded(told(error).code);
  }
}

/** @param {Config} config @param {AuthenticationResult} result */
function endsSoon(config, result) {
  const { exp } = /** @type {IdTokenClaims} */ (result.idTokenClaims);
  const end = config.api_scope ? /** @type {Date} */ (result.expiresOn).getTime() / 1000 : Number(exp);
  return end - SOON < Date.now() / 1000;
}

/**
 * Signs the same person in again in a window of its own, so that the page stays as it is.
 * @param {Config} config
 * @param {string} application
 * @param {string} account
 * @returns {Promise<string>} the account
 */
export async function renewInWindow(config, application, account) {
  const app = await client(config, application);
  const known = app.getAccount({ homeAccountId: account });
  const request = { scopes: scopes(config), loginHint: known?.username, overrideInteractionInProgress: true };
  const result = await app.acquireTokenPopup(request);
  return result.account.homeAccountId;
}

/**
 * Passes an answer on to the page that opened this window, if it is one of those.
 * @returns {Promise<boolean>} whether it is
 */
export async function passOn() {
  if (!isForOpener(location.hash)) return false;
  await import("../vendor/msal-browser/msal-redirect-bridge.min.js");
  await globalThis.msalRedirectBridge.broadcastResponseToMainFrame();
  return true;
}

/** Whether it is the answer to a window's sign-in: MSAL's state tells. @param {string} hash */
function isForOpener(hash) {
  const state = new URLSearchParams(hash.slice(1)).get("state");
  if (!state) return false;
  try {
    const text = atob(state.split("|")[0].replace(/-/g, "+").replace(/_/g, "/"));
    return JSON.parse(text).meta?.interactionType === "popup";
  } catch {
    return false;
  }
}

/**
 * Forgets an account in this tab alone.
 * @param {Config} config @param {string} application @param {string} account
 */
export async function forgetAccount(config, application, account) {
  const app = await client(config, application);
  const known = app.getAccount({ homeAccountId: account });
  if (known) await app.clearCache({ account: known });
}

/** Signs out at Microsoft; the page goes there. @param {Config} config @param {string} application @param {string} account */
export async function signOut(config, application, account) {
  const app = await client(config, application);
  sessionStorage.setItem(PLACE, JSON.stringify({ application, purpose: "sign-out", back: "/sign-in" }));
  sessionStorage.removeItem(UNDER_WAY);
  await app.logoutRedirect({ account: app.getAccount({ homeAccountId: account }) });
}
