// External Authentication: which Microsoft tenant the company's people sign in from.

/** @import { MicrosoftFault } from "../microsoft.js" */
/** @import { Doing, Setter } from "../store.js" */
/** @import { GroupState } from "./group_view.js" */

/**
 * @typedef {object} Kept
 * @property {MicrosoftFault|null} [microsoft] what Microsoft said instead of a proof
 * @property {string|null} [done] what was done, in words
 * @property {string} [tenant] as it was typed
 * @property {string|null} [fieldError] what is wrong with it
 *
 * @typedef {GroupState<Kept>} Open
 */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { call, groupPath } from "../api.js";
import { badge, button, copyButton, field, notice, onSubmit, openDialog, problemNotice, showNotice, time } from "../elements.js";
import { fetchProof, forgetStranger, keepsRight } from "../session.js";
import { announce, current, update, viewSetter } from "../store.js";
import { t } from "../text.js";
import { attempt, fetchGroup, keepGroup } from "../work.js";
import { groupView } from "./group_view.js";
import { microsoftError } from "./microsoft_error.js";

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export const authentication = groupView({
  title: "nav.authentication",
  lead: "authentication.lead",
  load: async (set, group) => {
    set({ loaded: true });
    await takeUpProof(set, group);
  },
  body: (/** @type {Open} */ state) => html`${outcome(state)} ${linkState(state)} ${form(state)} ${help()}`,
});

/** @param {Open} state */
function outcome({ view }) {
  if (view.microsoft) return microsoftError(view.microsoft);
  if (view.done) return notice("success", html`<p>${view.done}</p>`, "authentication-success");
  if (view.problem?.slug === "tenant-taken") return taken(view);
  const refused = view.problem?.of?.("proof");
  if (refused) return notice("error", html`<p>${t("authentication.proof_refused")}</p><p>${whyRefused(refused)}</p>`, "proof-refused");
  return view.problemOf === "link" ? problemNotice(view.problem, ["tenant_id"]) : nothing;
}

/** The codes of proofs that are refused, which begin what the service says. */
const REFUSALS = {
  "no-role": "authentication.refused.no_role",
  "other-tenant": "authentication.refused.other_tenant",
  "guest": "authentication.refused.guest",
};

/** @param {string} told by the service, with a code in front */
function whyRefused(told) {
  const [code] = told.split(":");
  const key = REFUSALS[/** @type {keyof typeof REFUSALS} */ (code)];
  return key ? t(key) : told;
}

/** Another company has the tenant: as long as nobody has proven it, they can. @param {Kept & Doing} view */
function taken(view) {
  const canProve = view.problem?.body?.unproven && current().config.application;
  if (!canProve) return problemNotice(view.problem);
  return html`${notice("error", html`<p>${t("authentication.taken")}</p>`, "problem")}
    <section class="card" data-test="take-over">
      <h2>${t("authentication.take_over_title")}</h2>
      <p>${t("authentication.take_over")}</p>
      <div>${proveButton(t("authentication.take_over_button"), String(view.tenant))}</div>
    </section>`;
}

/** @param {string} label @param {string} tenant */
function proveButton(label, tenant) {
  const back = `/groups/${current().route.params.group}/authentication`;
  return button({
    label,
    kind: "primary",
    hook: "prove",
    busy: current().view.busy === "prove",
    onClick: () => attempt("prove", () => fetchProof(back, { group: current().route.params.group, tenant })),
  });
}

/** What came back from Microsoft is the proof. @param {Setter<Kept>} set @param {Api.BusinessGroup} group */
async function takeUpProof(set, group) {
  const { returned } = current();
  if (returned?.purpose !== "proof" || returned.context.group !== group.id) return;
  update({ returned: null });
  if (returned.error) return set({ microsoft: returned.error });
  await link(group.id, returned.context.tenant, returned.token);
  await forgetStranger(returned);
}

/** Whether nobody of the tenant can sign in until its link is proven. @param {Api.BusinessGroup} group */
function isRefused(group) {
  return current().config.unproven_tenants === "refuse" && !group.tenant_proven_at && !group.tenant_confirmed_at;
}

/** @param {Open} state */
function linkState({ group, view }) {
  if (!group.tenant_id) {
    return html`<section class="card status" data-test="link-state" data-state="not-linked">
      ${badge("warn", t("authentication.not_linked"))}
      <p>${t("authentication.not_linked_text", { company: group.name })}</p>
    </section>`;
  }
  const isProven = Boolean(group.tenant_proven_at);
  return html`<section class="card status" data-test="link-state" data-state=${isProven ? "proven" : "unproven"}>
    ${isProven ? badge("good", t("authentication.proven")) : badge("warn", t("authentication.unproven"))}
    <dl class="facts">
      <div><dt>${t("authentication.tenant_id")}</dt><dd><code data-test="linked-tenant">${group.tenant_id}</code></dd></div>
      ${isProven ? html`<div><dt>${t("authentication.since")}</dt><dd>${time(group.tenant_proven_at)}</dd></div>` : nothing}
    </dl>
    <p>${t(isProven ? "authentication.proven_text" : isRefused(group) ? "authentication.refused_text" : "authentication.unproven_text")}</p>
    <div class="actions">
      ${isProven || !current().config.application ? nothing : proveButton(t("authentication.prove"), group.tenant_id)}
      ${copyButton(group.tenant_id, t("authentication.copy"))}
      ${button({ label: t("authentication.unlink"), kind: "small danger-quiet", hook: "unlink", onClick: () => askToUnlink(group) })}
    </div>
    ${view.problemOf === "unlink" ? problemNotice(view.problem) : nothing}
  </section>`;
}

/** @param {Open} state */
function form({ group, view }) {
  const send = onSubmit(({ tenant_id: typed }) => confirm(group, plain(typed)));
  return html`<section class="card" aria-labelledby="tenant-form">
    <h2 id="tenant-form">${group.tenant_id ? t("authentication.change") : t("authentication.enter")}</h2>
    <form class="inline" novalidate @submit=${send}>
      ${field({
        name: "tenant_id",
        label: t("authentication.tenant_id"),
        hint: t("authentication.tenant_hint"),
        error: view.fieldError ?? view.problem?.of?.("tenant_id"),
        value: view.tenant ?? "",
        required: true,
        code: true,
        wide: true,
      })}
      ${button({
        label: t("authentication.confirm"),
        kind: "primary",
        type: "submit",
        hook: "confirm-tenant",
        busy: view.busy === "link",
      })}
    </form>
  </section>`;
}

/** A Tenant ID, without the braces that some tools put around one. @param {string} typed */
function plain(typed) {
  return typed.trim().replace(/^\{(.*)\}$/, "$1");
}

/** @param {Api.BusinessGroup} group @param {string} tenant */
function confirm(group, tenant) {
  const set = /** @type {Setter<Kept>} */ (viewSetter());
  set({ tenant, done: null, microsoft: null, problem: null, fieldError: null });
  if (!GUID.test(tenant)) {
    set({ fieldError: t("authentication.not_a_guid") });
    document.getElementById("field-tenant_id")?.focus();
  } else if (group.tenant_id && group.tenant_id !== tenant.toLowerCase()) {
    askToChange(group, tenant);
  } else {
    link(group.id, tenant);
  }
}

/** @param {string} id of the group @param {string} tenant @param {string} [proof] */
function link(id, tenant, proof) {
  return attempt("link", async (/** @type {Setter<Kept>} */ set) => {
    set({ done: null, tenant });
    const group = await call("PUT", groupPath(id, "tenant"), { tenant_id: tenant, proof });
    keepGroup(group);
    const words = group.tenant_proven_at ? "authentication.done_proven" : isRefused(group) ? "authentication.done_refused" : "authentication.done";
    const unchecked = group.tenant_checked === false ? ` ${t("authentication.unchecked")}` : "";
    const done = t(words, { company: group.name }) + unchecked;
    set({ tenant: "", done });
    if (await keepsRight()) showNotice("success");
    else announce(done);
  });
}

/** @param {Api.BusinessGroup} group @param {string} tenant */
function askToChange(group, tenant) {
  openDialog({
    title: t("authentication.change_title"),
    body: () => html`<p>${t("authentication.change_text", { company: group.name })}</p>`,
    submit: t("authentication.change_submit"),
    kind: "danger",
    onSubmit: async () => {
      queueMicrotask(() => link(group.id, tenant));
    },
  });
}

/** @param {Api.BusinessGroup} group */
function askToUnlink(group) {
  openDialog({
    title: t("authentication.unlink_title"),
    body: () => html`<p>${t("authentication.unlink_text", { company: group.name })}</p>`,
    submit: t("authentication.unlink"),
    kind: "danger",
    hook: "unlink-dialog",
    onSubmit: async () => {
      const set = /** @type {Setter<Kept>} */ (viewSetter());
      await call("DELETE", groupPath(group.id, "tenant"));
      announce(t("authentication.unlinked"));
      if (!(await keepsRight())) return;
      await fetchGroup(true);
      set({ done: null, tenant: "", problem: null });
    },
  });
}

function help() {
  return html`<details class="more">
    <summary>${t("authentication.help")}</summary>
    <ol>
      <li>${t("authentication.help_1")}</li>
      <li>${t("authentication.help_2")}</li>
      <li>${t("authentication.help_3")}</li>
      <li>${t("authentication.help_4")}</li>
    </ol>
    <p class="hint">${t("authentication.help_form")}</p>
  </details>`;
}
