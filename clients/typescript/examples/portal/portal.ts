// A portal's page: it signs a user in with Microsoft and shows them their line. It has no server of its own: it asks Microsoft
// and Signline, both from another origin.

import {
  type AccountInfo,
  type AuthenticationResult,
  createStandardPublicClientApplication,
  InteractionRequiredAuthError,
} from "@azure/msal-browser";
import { ProblemError, Signline } from "@signline/client";

/** What an operator sets, in `settings.json` beside the page. */
interface Settings {
  /** Where Signline is; its `SIGNLINE_CORS_ORIGINS` names the origin of this page. */
  service: string;
  /** `https://login.microsoftonline.com`, or that of another cloud. */
  authority: string;
  /** The portal's registration, with the address of this page as a redirect URI of a single-page application. */
  client_id: string;
}

/** What to tell somebody who signed in and has no line, by the kind of problem. */
const WITHOUT_LINE: Record<string, string> = {
  "no-mapping": "No phone number is mapped to your account. Ask your administrator for one.",
  "tenant-not-linked": "Your company is not set up for this portal.",
  "guest-not-allowed": "Guests can't sign in here. Use an account of the company.",
  "identity-changed": "Your phone number belongs to another account of this address. Ask your administrator to release it.",
  "no-email-claim": "Your account has no e-mail address.",
};

const SCOPES = ["openid", "profile", "email"];

const here = new URL(".", location.href).href;
const settings: Settings = await (await fetch("settings.json")).json();
const microsoft = await createStandardPublicClientApplication({
  auth: {
    clientId: settings.client_id,
    authority: `${settings.authority}/organizations`,
    knownAuthorities: [new URL(settings.authority).host],
    redirectUri: here,
    postLogoutRedirectUri: here,
  },
  cache: { cacheLocation: "sessionStorage" },
});

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no element ${id}`);
  return found;
}

/** A token that is good now: MSAL has one, or renews it without a question. */
async function idToken(account: AccountInfo): Promise<string> {
  const known = await microsoft.acquireTokenSilent({ scopes: SCOPES, account });
  if (!endsSoon(known)) return known.idToken;
  return (await microsoft.acquireTokenSilent({ scopes: SCOPES, account, forceRefresh: true })).idToken;
}

/** MSAL looks at the end of the access token alone, which can be later. */
function endsSoon({ idTokenClaims }: AuthenticationResult): boolean {
  const { exp } = idTokenClaims as { exp: number };
  return exp < Date.now() / 1000 + 120;
}

/** What to tell this person. */
async function lineOf(account: AccountInfo): Promise<string> {
  const signline = new Signline({ baseUrl: settings.service, token: () => idToken(account) });
  try {
    const { data } = await signline.GET("/v1/me", { signal: AbortSignal.timeout(20_000) });
    return `${data.email} has the number ${data.phone_number_national}`;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return WITHOUT_LINE[error.slug ?? ""] ?? `Something went wrong: ${error.message} (${error.requestId})`;
  }
}

async function show(account: AccountInfo | undefined): Promise<void> {
  element("sign-in").hidden = account !== undefined;
  element("sign-out").hidden = account === undefined;
  if (account) element("line").textContent = await lineOf(account);
}

async function start(): Promise<void> {
  element("sign-in").onclick = () => microsoft.loginRedirect({ scopes: SCOPES, prompt: "select_account" });
  const returned = await microsoft.handleRedirectPromise();
  const account = returned?.account ?? microsoft.getAllAccounts()[0];
  element("sign-out").onclick = () => microsoft.logoutRedirect({ account: account ?? null });
  await show(account);
}

/** Nothing is left on the page but to begin again. */
async function beginAgain(error: unknown): Promise<void> {
  await show(undefined);
  // Who has only come back is asked for nothing: they sign in when they want to.
  if (error instanceof InteractionRequiredAuthError) return;
  console.error(error);
  element("line").textContent = "That did not work: neither Microsoft nor the service may be within reach. Try again.";
}

await start().catch(beginAgain);
