// The beginning: reads the words and the settings, finds out who is here, and shows the page.

/** @import { Answered, Refused } from "./microsoft.js" */
/** @import { Route } from "./router.js" */
/** @import { Config } from "./store.js" */

import { html, render } from "../vendor/lit-html/lit-html.js";
import { Problem } from "./api.js";
import { forget, keep } from "./credential.js";
import { finish, passOn } from "./microsoft.js";
import { follow, goInstead, here } from "./router.js";
import { arriveSignedIn, homeOf, readSession } from "./session.js";
import { settle, settleDialogs, shell } from "./shell.js";
import { announce, current, openView, subscribe, update } from "./store.js";
import { loadText, t } from "./text.js";
import { findView } from "./views/index.js";

const LANGUAGE = "en";

/** The views that need nobody signed in. */
const OPEN_TO_ALL = new Set(["signIn", "tried", "consented", "missing"]);

const root = /** @type {HTMLElement} */ (document.getElementById("app"));

async function start() {
  if (await passOn()) return;
  subscribe(show);
  try {
    await loadText(LANGUAGE);
    update({ config: await readConfig() });
    await comeBack();
    follow(arrived);
  } catch (failure) {
    update({ phase: "failed", failure });
  }
}

/** @returns {Promise<Config>} */
async function readConfig() {
  const answer = await fetch("config.json");
  if (!answer.ok) throw new Problem(answer.status, await answer.json().catch(() => null));
  return answer.json();
}

/** Takes up what was going on before the page was loaded: a way to Microsoft and back, or a session. */
async function comeBack() {
  const returned = await finish(current().config);
  // What Microsoft wrote into the address is taken, and must not stay there.
  const isAnswer = /^#(code|error|client_info|state)=/.test(location.hash);
  const place = returned ? `#${returned.back}` : isAnswer ? "#/" : location.hash;
  history.replaceState(null, "", location.pathname + place);
  if (returned?.purpose === "sign-out") announce(t("session.signed_out"));
  if (returned?.isWithoutAnswer) return readKnownSession();
  if (returned?.purpose === "session") return signedIn(returned);
  update({ returned });
  if (returned?.purpose === "try") history.replaceState(null, "", "#/tried");
  return readKnownSession();
}

/** @param {Answered|Refused} returned */
async function signedIn(returned) {
  if (returned.error) {
    update({ returned });
    history.replaceState(null, "", "#/sign-in");
    return;
  }
  keep({ kind: "microsoft", application: returned.application, account: returned.account });
  await readKnownSession();
}

/** A credential that is refused now was good before: whoever held it signs in again. */
async function readKnownSession() {
  try {
    await readSession();
  } catch (problem) {
    if (!(problem instanceof Problem) || ![401, 403].includes(problem.status)) throw problem;
    forget();
    update({ renewal: null, returned: { purpose: "session", problem } });
    if (here() !== "/tried") history.replaceState(null, "", "#/sign-in");
  }
}

/** Counts arrivals: one that is overtaken by a later one is given up. */
let arrivals = 0;

/** At each place: who may not be there is sent to where they may. @param {Route} route */
function arrived(route) {
  const { session } = current();
  if (route.name === "home") return goInstead(homeOf(session));
  if (!session && !OPEN_TO_ALL.has(route.name)) {
    update({ wanted: here() });
    return goInstead("/sign-in");
  }
  if (session && route.name === "signIn") return arriveSignedIn();
  open(route).catch((failure) => update({ phase: "failed", failure }));
}

/** @param {Route} route */
async function open(route) {
  arrivals += 1;
  const mine = arrivals;
  const shown = await findView(route, current().session);
  if (mine !== arrivals) return;
  const { group } = current();
  openView({ phase: "ready", route, shown, group: group?.id === route.params.group ? group : null });
  document.title = `${shown.title(current())} – ${t("product")}`;
  settle();
  shown.load?.(current());
}

/** @param {import("./store.js").State} state */
function show(state) {
  render(state.phase === "failed" ? failed(state.failure) : shell(state), root);
  settleDialogs();
}

/** @param {unknown} failure */
function failed(failure) {
  return html`<main class="alone">
    <h1>${t("start.failed")}</h1>
    <p>${/** @type {Error} */ (failure).message}</p>
    <button class="button primary" type="button" @click=${() => location.reload()}>${t("start.again")}</button>
  </main>`;
}

// A page that the browser kept while its person was at Microsoft begins anew when they come back by themselves.
addEventListener("pageshow", (event) => event.persisted && location.reload());

document.addEventListener("visibilitychange", () => {
  const { dialog, session, shown } = current();
  if (!document.hidden && session && !dialog) shown?.refresh?.();
});

start();
