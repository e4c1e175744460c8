// What stands around every view: the head, the way between the views, the dialogs, and what is told aloud.

/** @import { Failure } from "./api.js" */
/** @import { Dialog, Html } from "./elements.js" */
/** @import { Session, State } from "./store.js" */

import { keyed } from "../vendor/lit-html/directives/keyed.js";
import { html, nothing } from "../vendor/lit-html/lit-html.js";
import { Problem } from "./api.js";
import { kept } from "./credential.js";
import { button, closeDialog, field, focusMistake, icon, loading, microsoftSign, onSubmit, problemNotice } from "./elements.js";
import { here } from "./router.js";
import { renew, signInWithMicrosoft, signOut } from "./session.js";
import { current, update } from "./store.js";
import { t } from "./text.js";

/** The views of a business group: path, words, picture, and which routes belong to it. */
const SECTIONS = /** @type {const} */ ([
  ["", "nav.overview", "overview", ["overview"]],
  ["/authentication", "nav.authentication", "link", ["authentication"]],
  ["/mappings", "nav.mappings", "phone", ["mappings", "importFile", "importPreview"]],
  ["/consent", "nav.consent", "consent", ["consent"]],
  ["/check", "nav.check", "user", ["check"]],
  ["/history", "nav.history", "history", ["history", "revision"]],
  ["/audit", "nav.audit", "audit", ["audit"]],
  ["/keys", "nav.keys", "key", ["keys"]],
  ["/settings", "nav.settings", "settings", ["settings"]],
]);

/** The operator's own views. */
const OPERATOR_SECTIONS = /** @type {const} */ ([
  ["/groups", "nav.groups", "group", ["groups"]],
  ["/find", "nav.find", "search", ["find"]],
  ["/keys", "nav.all_keys", "key", ["allKeys"]],
  ["/audit", "nav.whole_audit", "audit", ["wholeAudit"]],
]);

/** The whole page. @param {State} state */
export function shell(state) {
  if (state.phase === "starting") return state.config ? html`<main class="alone">${loading(2)}</main>` : nothing;
  const sections = sectionsOf(state);
  return html`
    <a class="skip" href="#title" @click=${toContent}>${t("skip")}</a>
    ${head(state)}
    <div class="frame ${sections ? "" : "plain"}">
      ${sections ?? nothing}
      <main id="content">${state.shown ? keyed(state.visit, state.shown.render(state)) : loading(2)}</main>
    </div>
    <div class="toast-place" role="status" aria-live="polite">
      ${state.toast ? html`<div class="toast" data-test="toast">${icon("check")} ${state.toast.text}</div>` : nothing}
    </div>
    ${dialog(state)} ${renewalDialog(state)}`;
}

/** @param {Event} event */
function toContent(event) {
  event.preventDefault();
  document.getElementById("title")?.focus();
}

/** @param {State} state */
function head(state) {
  const { session } = state;
  return html`<header class="top">
    <a class="brand" href="#/">
      <img src="icon.svg" alt="" width="28" height="28" />
      <span>${t("product")}</span>
    </a>
    ${
      session
        ? html`<div class="who">
          <span class="person" data-test="signed-in-as">
            <b>${session.name || session.email || t("session.key")}</b>
            <span>${roleName(session)}</span>
          </span>
          ${button({ label: t("session.sign_out"), kind: "quiet", hook: "sign-out", onClick: () => signOut() })}
        </div>`
        : nothing
    }
  </header>`;
}

/** @param {Session} session */
function roleName(session) {
  const names = {
    "operator": t("role.operator"),
    "business-group-admin": t("role.admin"),
    "resolver": t("role.resolver"),
    "directory": t("role.directory"),
    "scim": t("role.scim"),
    "user": t("role.user"),
  };
  return names[/** @type {keyof typeof names} */ (session.role)] ?? session.role;
}

/** @param {State} state */
function sectionsOf(state) {
  const { route, session } = state;
  if (!session) return null;
  if (route.params.group && mayEnter(state)) {
    const back = session.role === "operator" ? html`<a class="up" href="#/groups">${icon("back")} ${t("nav.groups")}</a>` : nothing;
    const name = state.group?.name ?? route.params.group;
    const title = html`<div class="group-name" data-test="group-name">${back}<b>${name}</b><span>${route.params.group}</span></div>`;
    return navigation(t("nav.group_label", { name }), SECTIONS, `/groups/${route.params.group}`, title);
  }
  const isOperators = OPERATOR_SECTIONS.some(([, , , names]) => names.some((name) => name === route.name));
  return isOperators && session.role === "operator" ? navigation(t("nav.operator_label"), OPERATOR_SECTIONS, "", nothing) : null;
}

/**
 * While an administrator has not said that the company is theirs, they are not shown the way into it; and nobody is who has no
 * business there.
 * @param {State} state
 */
function mayEnter(state) {
  return !["confirmCompany", "missing"].includes(state.shown?.name ?? "");
}

/** @param {string} label @param {typeof SECTIONS|typeof OPERATOR_SECTIONS} sections @param {string} base @param {Html} title */
function navigation(label, sections, base, title) {
  const { route } = current();
  return html`<nav class="side" aria-label=${label}>
    ${title}
    <ul>
      ${sections.map(
        ([path, words, picture, names]) => html`<li>
          <a href="#${base}${path}" aria-current=${names.some((name) => name === route.name) ? "page" : nothing}>
            ${icon(picture)} <span>${t(words)}</span>
          </a>
        </li>`,
      )}
    </ul>
  </nav>`;
}

/** @param {State} state */
function dialog(state) {
  const open = state.dialog;
  return html`<dialog id="dialog" aria-labelledby="dialog-title" @cancel=${onCancel} data-test=${open?.hook ?? "dialog"}>
    ${open ? keyed(open.title, dialogForm(open)) : nothing}
  </dialog>`;
}

/** @param {Dialog} open */
function dialogForm(open) {
  return html`<form class="dialog" novalidate @submit=${onSubmit((values) => submitDialog(values))}>
    <h2 id="dialog-title">${open.title}</h2>
    ${problemNotice(open.problem, open.fields)}
    <div class="dialog-body">${open.body(open)}</div>
    <div class="actions end">
      ${button({ label: open.cancel ?? t("cancel"), hook: "dialog-cancel", onClick: closeDialog })}
      ${open.submit ? button({ label: open.submit, kind: open.kind ?? "primary", type: "submit", busy: open.busy, hook: "dialog-submit" }) : nothing}
    </div>
  </form>`;
}

/** Does what the dialog is for; it closes itself when that has gone well. @param {Record<string, string>} values */
async function submitDialog(values) {
  const open = current().dialog;
  if (!open || open.busy) return;
  const set = (/** @type {Partial<Dialog>} */ patch) => {
    update({ dialog: /** @type {Dialog} */ ({ ...current().dialog, ...patch }) });
  };
  const problem = emptyFields(open);
  set({ busy: !problem, problem });
  if (problem) return focusMistake();
  try {
    const stays = await open.onSubmit(values);
    if (!stays && current().dialog?.title === open.title) closeDialog();
  } catch (thrown) {
    if (current().dialog?.title !== open.title) return;
    const problem = /** @type {Failure} */ (thrown);
    set({ busy: false, problem });
    focusMistake();
  }
}

/** The fields that must be filled in and are not; null: there are none. @param {Dialog} open */
function emptyFields(open) {
  const all = /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll("#dialog input[required]"));
  const empty = [...all].filter(({ name, value }) => open.fields?.includes(name) && !value.trim());
  if (!empty.length) return null;
  const errors = empty.map(({ name }) => ({ field: name, message: t("problem.empty_field") }));
  return new Problem(422, { detail: t("problem.empty_field"), errors });
}

/** @param {Event} event */
function onCancel(event) {
  event.preventDefault();
  if (!current().dialog?.busy) closeDialog();
}

/** @param {State} state */
function renewalDialog(state) {
  const open = state.session && state.renewal;
  const byKey = kept()?.kind !== "microsoft";
  return html`<dialog id="renewal" aria-labelledby="renewal-title" @cancel=${(/** @type {Event} */ e) => e.preventDefault()}>
    ${
      open
        ? html`<form class="dialog" @submit=${onSubmit((values) => submitRenewal(values.key))}>
          <h2 id="renewal-title">${t("renewal.title")}</h2>
          ${open.problem ? problemNotice(open.problem) : html`<p>${open.detail}</p>`}
          ${open.busy ? html`<p role="status"><span class="spinner"></span> ${t("renewal.waiting")}</p>` : nothing}
          <p>${byKey ? t("renewal.key") : t("renewal.microsoft")}</p>
          ${byKey ? field({ name: "key", label: t("sign_in.key"), type: "password", required: true, wide: true, code: true }) : nothing}
          <div class="actions end">
            ${button({ label: t("session.sign_out"), onClick: () => signOut() })}
            ${byKey ? nothing : button({ label: t("renewal.in_page"), onClick: () => signInWithMicrosoft(here()) })}
            ${button({
              label: html`${byKey ? nothing : microsoftSign} ${t("renewal.again")}`,
              kind: "primary",
              type: "submit",
              hook: "sign-in-again",
            })}
          </div>
        </form>`
        : nothing
    }
  </dialog>`;
}

/** @param {string} [key] */
async function submitRenewal(key) {
  // A window that was closed is not told of: the person begins again, and what they began before counts no more.
  const renewal = { ...current().renewal, problem: null, busy: true };
  update({ renewal });
  try {
    await renew(key);
    takeUpAgain();
  } catch (fault) {
    const problem = fault instanceof Problem ? fault : new Error(t("renewal.failed"));
    const { renewal: now } = current();
    if (now && (now === renewal || !now.busy)) update({ renewal: { ...now, busy: false, problem } });
  }
}

/** What could not be fetched is fetched now; what could not be done waits for the person to do it again. */
function takeUpAgain() {
  const { shown, view } = current();
  if (view.problemOf === "load") shown?.load?.(current());
  else update({ view: { ...view, problem: null, problemOf: null } });
}

/** After a new place is shown: its title has the focus, as after a page is loaded. */
export function settle() {
  document.getElementById("title")?.focus({ preventScroll: true });
  scrollTo(0, 0);
  document.querySelector('.side [aria-current="page"]')?.scrollIntoView({ block: "nearest", inline: "center" });
}

/** Opens and closes the dialogs as the state says. */
export function settleDialogs() {
  const { dialog: open, session, renewal } = current();
  setOpen("dialog", Boolean(open));
  setOpen("renewal", Boolean(session && renewal));
}

/** @param {string} id @param {boolean} wanted */
function setOpen(id, wanted) {
  const element = /** @type {HTMLDialogElement|null} */ (document.getElementById(id));
  if (!element || element.open === wanted) return;
  if (wanted) return element.showModal();
  element.close();
  // What the dialog was opened from may be gone with what it did.
  if (document.activeElement === document.body) document.getElementById("title")?.focus();
}
