// The small parts that the views are made of.

import { html, nothing, svg } from "../vendor/lit-html/lit-html.js";
import { announce, update } from "./store.js";
import { formatTime, t } from "./text.js";

/** @import { Failure } from "./api.js" */

/** @typedef {unknown} Html a text, a template, a list of them, or nothing */

/** The paths of the icons, on a field of 24. */
const ICONS = {
  alert: "M12 8v5m0 3.500v.01M10.300 4 3 17a2 2 0 0 0 1.700 3h14.600a2 2 0 0 0 1.700-3L13.700 4a2 2 0 0 0-3.400 0Z",
  audit: "M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01",
  back: "M15 5l-7 7 7 7",
  check: "M5 12.500l4.500 4.500L19 7.500",
  close: "M6 6l12 12M18 6L6 18",
  consent: "M12 3l7 3v5c0 4.500-3 8-7 10-4-2-7-5.500-7-10V6l7-3Zm-3 9l2.200 2.200L15.500 10",
  copy: "M9 9h10v11H9zM5 15V4h10",
  download: "M12 4v11m-4.500-4.500L12 15l4.500-4.500M5 20h14",
  file: "M7 3h7l5 5v13H7zM14 3v5h5",
  group: "M4 20V6l8-3 8 3v14M9 20v-4h6v4M9 9h.01M15 9h.01M9 12.500h.01M15 12.500h.01",
  history: "M4 12a8 8 0 1 0 2.500-5.800M4 4v4h4M12 8v4.500l3 2",
  info: "M12 11v5m0-8.500v.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z",
  key: "M14 10a4 4 0 1 0-4 4 4 4 0 0 0 3.500-2H21v3m-4-3v2",
  link: "M10 14a4 4 0 0 0 6 .400l3-3a4 4 0 0 0-5.700-5.700L12 7m2 3a4 4 0 0 0-6-.400l-3 3a4 4 0 0 0 5.700 5.700L12 17",
  open: "M14 4h6v6m0-6l-9 9M18 14v6H4V6h6",
  overview: "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z",
  phone: "M6 3h3l2 5-2.500 1.500a11 11 0 0 0 6 6L16 13l5 2v3a3 3 0 0 1-3 3C10.500 21 3 13.500 3 6a3 3 0 0 1 3-3Z",
  plus: "M12 5v14M5 12h14",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14Zm5 12l4 4",
  settings: "M4 7h9m4 0h3M4 17h3m4 0h9M15 4.500v5M9 14.500v5",
  upload: "M12 20V9m-4.500 4.500L12 9l4.500 4.500M5 4h14",
  user: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM4.500 20c1-4 4-5.500 7.500-5.500s6.500 1.500 7.500 5.500",
};

/** A small picture beside words, which say the same. @param {keyof typeof ICONS} name */
export function icon(name) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${svg`<path d=${ICONS[name]}></path>`}</svg>`;
}

/** The sign of Microsoft, as its guide for sign-in buttons wants it. */
export const microsoftSign = html`<svg class="microsoft-sign" viewBox="0 0 21 21" aria-hidden="true">
  <path class="a" d="M1 1h9v9H1z"></path><path class="b" d="M11 1h9v9h-9z"></path>
  <path class="c" d="M1 11h9v9H1z"></path><path class="d" d="M11 11h9v9h-9z"></path>
</svg>`;

/**
 * The frame of a view.
 * @param {{title: Html, lead?: Html, actions?: Html, above?: Html}} head @param {Html} body
 */
export function page(head, body) {
  return html`
    <header class="page-head">
      <div>
        ${head.above ?? nothing}
        <h1 id="title" tabindex="-1">${head.title}</h1>
        ${head.lead ? html`<p class="lead">${head.lead}</p>` : nothing}
      </div>
      ${head.actions ? html`<div class="actions">${head.actions}</div>` : nothing}
    </header>
    ${body}`;
}

/**
 * Something that the person should know, where they look.
 * @param {"info"|"success"|"warning"|"error"} kind @param {Html} body @param {string} [hook] a name for tests
 */
export function notice(kind, body, hook) {
  const sign = kind === "success" ? "check" : kind === "info" ? "info" : "alert";
  const role = kind === "error" ? "alert" : "status";
  return html`<div class="notice ${kind}" role=${role} data-test=${hook ?? `notice-${kind}`}>
    ${icon(sign)}
    <div>${body}</div>
  </div>`;
}

/**
 * A problem in the service's own words.
 * @param {Failure|null|undefined} problem
 * @param {(string|RegExp)[]} [fields] those whose errors stand beside them
 */
export function problemNotice(problem, fields = []) {
  if (!problem) return nothing;
  const errors = problem.body?.errors ?? [];
  const isElsewhere = (/** @type {Api.FieldError} */ error) => fields.some((field) => error.field.search(field) === 0);
  const others = errors.filter((error) => !isElsewhere(error));
  if (errors.length && !others.length) return nothing;
  const id = problem.body?.request_id;
  return notice(
    "error",
    html`${
      others.length
        ? html`<ul>
            ${others.map((error) => html`<li><code>${error.field}</code> ${error.message}</li>`)}
          </ul>`
        : html`<p>${problem.message}</p>`
    }
      ${id && Number(problem.status) >= 500 ? html`<p class="fine">${t("problem.request_id", { id })}</p>` : nothing}`,
    "problem",
  );
}

/** What the service says of a field, as it stands by itself. @param {string} words */
function sentence(words) {
  const whole = words.charAt(0).toLocaleUpperCase() + words.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}

/**
 * A labelled field.
 * @param {{name: string, label: string, hint?: Html, error?: string|null, value?: string, type?: string,
 *   required?: boolean, autocomplete?: AutoFill, placeholder?: string, disabled?: boolean,
 *   wide?: boolean, code?: boolean, onInput?: (event: InputEvent) => void}} about
 */
export function field(about) {
  const id = `field-${about.name}`;
  const described = [about.hint ? `${id}-hint` : "", about.error ? `${id}-error` : ""].filter(Boolean).join(" ");
  return html`<div class="field ${about.wide ? "wide" : ""}">
    <label for=${id}>${about.label}</label>
    <input
      id=${id}
      name=${about.name}
      type=${about.type ?? "text"}
      class=${about.code ? "code" : ""}
      .value=${about.value ?? ""}
      placeholder=${about.placeholder ?? nothing}
      autocomplete=${about.autocomplete ?? "off"}
      spellcheck="false"
      ?required=${about.required}
      ?disabled=${about.disabled}
      aria-invalid=${about.error ? "true" : nothing}
      aria-describedby=${described || nothing}
      @input=${about.onInput ?? nothing}
    />
    ${about.hint ? html`<p class="hint" id="${id}-hint">${about.hint}</p>` : nothing}
    ${about.error ? html`<p class="field-error" id="${id}-error">${sentence(about.error)}</p>` : nothing}
  </div>`;
}

/**
 * Choices of which one is taken.
 * @param {{name: string, legend: string, value: string, options: {value: string, label: string, hint?: string}[],
 *   onChange?: (value: string) => void}} about
 */
export function choices(about) {
  return html`<fieldset class="choices">
    <legend>${about.legend}</legend>
    ${about.options.map(
      (option) => html`<label class="choice">
        <input
          type="radio"
          name=${about.name}
          value=${option.value}
          .checked=${option.value === about.value}
          @change=${() => about.onChange?.(option.value)}
        />
        <span><b>${option.label}</b>${option.hint ? html`<span class="hint">${option.hint}</span>` : nothing}</span>
      </label>`,
    )}
  </fieldset>`;
}

/** What a form holds, when it is sent. @param {(values: Record<string, string>) => void} handler */
export function onSubmit(handler) {
  return (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.currentTarget);
    // No form has a field for a file: all values are texts.
    handler(/** @type {Record<string, string>} */ (Object.fromEntries(new FormData(form))));
  };
}

/**
 * A button that says when it is at work.
 * @param {{label: Html, busy?: boolean, kind?: string, icon?: keyof typeof ICONS, type?: "button"|"submit", hook?: string,
 *   name?: string, disabled?: boolean, onClick?: (event: Event) => void}} about `name`: what it is called for those
 *   who don't see what it stands beside
 */
export function button(about) {
  return html`<button
    type=${about.type ?? "button"}
    class="button ${about.kind ?? ""}"
    data-test=${about.hook ?? nothing}
    aria-label=${about.name ?? nothing}
    aria-disabled=${about.busy ? "true" : nothing}
    ?disabled=${about.disabled}
    @click=${about.busy ? stop : (about.onClick ?? nothing)}
  >
    ${about.busy ? html`<span class="spinner" aria-hidden="true"></span>` : about.icon ? icon(about.icon) : nothing}
    <span>${about.label}</span>
  </button>`;
}

/** A busy button keeps the focus, and does nothing. @param {Event} event */
function stop(event) {
  event.preventDefault();
}

/** A word in a coloured field. @param {"neutral"|"good"|"warn"|"bad"|"accent"} kind @param {Html} words @param {string} [hook] */
export function badge(kind, words, hook) {
  return html`<span class="badge ${kind}" data-test=${hook ?? nothing}>${words}</span>`;
}

/** What stands where nothing is yet. @param {{icon: keyof typeof ICONS, title: string, text?: Html, action?: Html}} about */
export function emptyState(about) {
  return html`<div class="empty" data-test="empty">
    ${icon(about.icon)}
    <h2>${about.title}</h2>
    ${about.text ? html`<p>${about.text}</p>` : nothing}
    ${about.action ? html`<div class="actions">${about.action}</div>` : nothing}
  </div>`;
}

/** What stands where something is being fetched. @param {number} [lines] */
export function loading(lines = 4) {
  return html`<div class="skeleton" role="status" data-test="loading">
    <span class="visually-hidden">${t("loading")}</span>
    ${Array.from({ length: lines }, () => html`<span class="bar"></span>`)}
  </div>`;
}

/** A time. @param {string|null|undefined} iso */
export function time(iso) {
  return iso ? html`<time datetime=${iso} title=${iso}>${formatTime(iso)}</time>` : nothing;
}

/** What an actor is, where a name alone does not tell: a key can be named like a person. */
const ACTORS = /** @type {const} */ ({
  "api-key": ["accent", "who.api_key"],
  "person": ["neutral", "who.person"],
});

/** Who did something: what they are, the name, and the id to be pointed at. @param {{actor: string, actor_kind: string}} entry */
export function who({ actor, actor_kind: kind }) {
  const named = /^(.*) \(([0-9a-f-]{36})\)$/.exec(actor);
  if (!named) return actor;
  const [color, words] = ACTORS[/** @type {keyof typeof ACTORS} */ (kind)] ?? [];
  return html`<span class="actor" title=${named[2]}>${words ? badge(color, t(words), "actor-kind") : nothing} ${named[1]}</span>`;
}

/** A button that copies a text. @param {string} text @param {string} label */
export function copyButton(text, label) {
  const copy = () => navigator.clipboard.writeText(text).then(() => announce(t("copied")));
  return button({ label, icon: "copy", kind: "small", hook: "copy", onClick: copy });
}

/**
 * The pages of a list.
 * @param {{onBack: (() => void)|null, onNext: (() => void)|null, words?: Html}} about
 */
export function pager(about) {
  if (!about.onBack && !about.onNext) return about.words ? html`<p class="pager">${about.words}</p>` : nothing;
  return html`<nav class="pager" aria-label=${t("pager.label")}>
    <span>${about.words ?? nothing}</span>
    <span class="actions">
      ${button({ label: t("pager.back"), hook: "page-back", disabled: !about.onBack, onClick: () => about.onBack?.() })}
      ${button({ label: t("pager.next"), hook: "page-next", disabled: !about.onNext, onClick: () => about.onNext?.() })}
    </span>
  </nav>`;
}

/**
 * A table.
 * @template Row
 * @param {{caption: string, heads: Html[], rows: Row[], cells: (row: Row) => Html[], hook?: string}} about
 */
export function table(about) {
  return html`<div class="table-frame">
    <table class=${about.hook ?? nothing} data-test=${about.hook ?? nothing}>
      <caption class="visually-hidden">${about.caption}</caption>
      <thead>
        <tr>${about.heads.map((head) => html`<th scope="col">${head}</th>`)}</tr>
      </thead>
      <tbody>
        ${about.rows.map((row) => html`<tr>${about.cells(row).map((cell, at) => tableCell(cell, about.heads[at]))}</tr>`)}
      </tbody>
    </table>
  </div>`;
}

/** @param {Html} cell @param {Html} head */
function tableCell(cell, head) {
  return html`<td data-label=${typeof head === "string" ? head : ""}>${cell}</td>`;
}

/** A head that says something only to those who don't see that the column needs none. @param {string} words */
export function quietHead(words) {
  return html`<span class="visually-hidden">${words}</span>`;
}

/** Leads to the first field that is wrong, or to what is said of it all. */
export function focusMistake() {
  const field = /** @type {HTMLElement|null} */ (document.querySelector("dialog[open] [aria-invalid], main [aria-invalid]"));
  if (field) field.focus();
  else showNotice("error");
}

/** Brings a notice into sight: on a small screen it may stand above or below what is seen. @param {"success"|"error"} kind */
export function showNotice(kind) {
  const place = document.querySelector("dialog[open]") ?? document.querySelector("main");
  place?.querySelector(`.notice.${kind}`)?.scrollIntoView({ block: "nearest" });
}

/**
 * @typedef {object} DialogAbout
 * @property {string} title
 * @property {(dialog: Dialog) => Html} body
 * @property {(values: Record<string, string>) => unknown} onSubmit what it throws is shown; if it gives `true`, no dialog is closed
 * @property {string} [submit]
 * @property {string} [kind]
 * @property {string} [hook]
 * @property {string} [cancel]
 * @property {(string|RegExp)[]} [fields] those that show their errors themselves
 *
 * @typedef {DialogAbout & {busy: boolean, problem: Failure|null, ranges?: Api.NumberRange[]}} Dialog the open dialog; `ranges`: as they
 *   are typed in it
 */

/** Opens the dialog. @param {DialogAbout} about */
export function openDialog(about) {
  update({ dialog: { ...about, busy: false, problem: null } });
}

/** Closes it. */
export function closeDialog() {
  update({ dialog: null });
}
