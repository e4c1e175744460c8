// Importing a sheet: the file, its upload, its preview, and taking it over.

/** @import { Doing, Setter, Sheet, State } from "../store.js" */
/** @import { Changes } from "./changes.js" */
/** @import { GroupState } from "./group_view.js" */
/** @import { View } from "./index.js" */

/**
 * @typedef {object} Sending what is kept of a file that is uploaded
 * @property {Api.ImportMode} [mode]
 * @property {boolean} [isOver] a file is held over its place
 * @property {File} [file]
 * @property {number} [sent] how much of it, from 0 to 1
 *
 * @typedef {Doing & Sending & {preview: Api.MappingImport, changes: Changes}} Previewing a preview can send its file again
 */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { call, get, groupPath, mediaType, Problem, upload } from "../api.js";
import { badge, button, choices, field, icon, loading, notice, openDialog, page, problemNotice, table, time, who } from "../elements.js";
import { saveFrom } from "../files.js";
import { go } from "../router.js";
import { announce, current, update, viewSetter, viewWatcher } from "../store.js";
import { formatNumber, t } from "../text.js";
import { attempt, fetchGroup } from "../work.js";
import { changeTabs, firstKind, noChanges, readChanges } from "./changes.js";
import { groupView } from "./group_view.js";

/** How many problems of a file are shown. */
const PROBLEMS = 200;

export const importFile = groupView({
  title: "import.title",
  lead: "import.lead",
  load: async (set) => set({ mode: "replace" }),
  body: (/** @type {GroupState<Sending>} */ state) => html`${chooser(state)} ${progress(state.view)} ${rejection(state)}`,
});

/** @param {GroupState<Sending>} state */
function chooser({ group, view }) {
  const isBusy = view.busy === "upload";
  return html`<section class="card">
    ${choices({
      name: "mode",
      legend: t("import.mode"),
      value: view.mode ?? "replace",
      options: [
        { value: "replace", label: t("import.replace"), hint: t("import.replace_hint") },
        { value: "merge", label: t("import.merge"), hint: t("import.merge_hint") },
      ],
      onChange: (mode) => setSending({ mode: /** @type {Api.ImportMode} */ (mode), problem: null }),
    })}
    <label
      class="drop ${view.isOver ? "over" : ""} ${isBusy ? "busy" : ""}"
      @dragover=${(/** @type {DragEvent} */ event) => onDrag(event, true)}
      @dragleave=${(/** @type {DragEvent} */ event) => onDrag(event, false)}
      @drop=${onDrop}
    >
      ${icon("upload")}
      <span><b>${t("import.drop")}</b> <span class="link-like">${t("import.choose")}</span></span>
      <span class="hint">${t("import.formats")}</span>
      <input
        id="file"
        type="file"
        class="visually-hidden"
        accept=".csv,.txt,.xlsx,.xlsm,text/csv"
        ?disabled=${isBusy}
        @change=${onChoose}
      />
    </label>
    <p class="hint">
      ${t("import.need_sheet")}
      ${button({
        label: t("mappings.template"),
        kind: "link",
        hook: "template",
        onClick: () => attempt("template", () => saveFrom("/v1/mappings-template.csv", "mappings-template.csv")),
      })}
      ${t("or")}
      ${button({
        label: t("mappings.export"),
        kind: "link",
        hook: "export-all",
        onClick: () => attempt("export", () => saveFrom(groupPath(group.id, "mappings.csv"), `${group.id}.csv`)),
      })}
    </p>
  </section>`;
}

/** @param {Partial<Sending & Doing>} patch */
function setSending(patch) {
  /** @type {Setter<Sending>} */ (viewSetter())(patch);
}

/** @param {DragEvent} event @param {boolean} isOver */
function onDrag(event, isOver) {
  event.preventDefault();
  if (current().view.isOver !== isOver) setSending({ isOver });
}

/** @param {DragEvent} event */
function onDrop(event) {
  event.preventDefault();
  setSending({ isOver: false });
  const file = event.dataTransfer?.files[0];
  if (file && current().view.busy !== "upload") send(file);
}

/** @param {Event} event */
function onChoose(event) {
  const input = /** @type {HTMLInputElement} */ (event.target);
  const file = input.files?.[0];
  if (file) send(file);
  // So that the same file, fixed, can be chosen again.
  input.value = "";
}

/** @param {string} group @param {Calls.Query<Calls.GroupPath<["imports"]>, "POST"> & Record<string, string>} query */
function importPath(group, query) {
  return `${groupPath(group, "imports")}?${new URLSearchParams(query)}`;
}

/** Uploads a file, and goes to its preview. @param {File} file @param {boolean} [isSkipping] rows with a problem are left out */
async function send(file, isSkipping = false) {
  const { route, view } = /** @type {State<Sending>} */ (current());
  const { group } = route.params;
  /** @type {{mode: Api.ImportMode, on_problem?: "skip"}} */
  const query = { mode: view.mode ?? "replace", ...(isSkipping ? { on_problem: "skip" } : {}) };
  setSending({ file, sent: 0 });
  await attempt("upload", async (/** @type {Setter<Sending>} */ set) => {
    const taken = await upload(importPath(group, query), file, (sent) => set({ sent }));
    update({ sheet: { file, import: taken.id, left: taken.problems ?? [] } });
    go(`/groups/${group}/imports/${taken.id}`);
  });
}

/** @param {Sending & Doing} view */
function progress(view) {
  if (view.busy !== "upload" || !view.file) return nothing;
  const percent = Math.round((view.sent ?? 0) * 100);
  return html`<section class="card" role="status" data-test="progress">
    <p class="file-name">${icon("file")} <b>${view.file.name}</b> <span class="faint">${size(view.file.size)}</span></p>
    <progress max="100" .value=${percent} aria-label=${t("import.progress")}></progress>
    <p class="hint">${percent < 100 ? t("import.sending", { percent }) : t("import.reading")}</p>
  </section>`;
}

/** @param {number} bytes */
function size(bytes) {
  return bytes < 1_000_000
    ? t("import.kilobytes", { size: Math.max(1, Math.round(bytes / 1000)) })
    : t("import.megabytes", { size: Math.round(bytes / 100_000) / 10 });
}

/** What is wrong with the file. @param {GroupState<Sending>} state */
function rejection({ group, view }) {
  if (!view.problem || view.problemOf === "load") return nothing;
  const { file, mode = "replace" } = view;
  if (view.problem.slug !== "import-rejected" || !file) return problemNotice(view.problem);
  const problems = view.problem.body?.problems ?? [];
  const count = Number(view.problem.body?.problem_count);
  const path = importPath(group.id, { mode });
  const headers = { "Accept": "text/csv", "Content-Type": mediaType(file) };
  const fetchIt = () => saveFrom(path, "problems.csv", { method: "POST", headers, body: file }, [422]);
  return html`<section class="card" aria-labelledby="problems-title" data-test="import-problems">
    ${notice("error", html`<p id="problems-title"><b>${t("import.rejected", { count, file: file.name })}</b></p><p>${t("import.rejected_text")}</p>`, "import-rejected")}
    <div class="actions">
      ${button({ label: t("import.problems_file"), icon: "download", hook: "download-problems", onClick: () => keepProblem(fetchIt) })}
      ${mode === "merge" && canSkip(problems) ? button({ label: t("import.skip"), hook: "skip-problems", onClick: () => send(file, true) }) : nothing}
    </div>
    ${problemTable(problems.slice(0, PROBLEMS))}
    ${count > PROBLEMS ? html`<p class="pager">${t("import.first_problems", { shown: PROBLEMS, count })}</p>` : nothing}
  </section>`;
}

/** Rows can be left out; a file whose columns can't be found has none. @param {Api.ImportProblem[]} problems */
function canSkip(problems) {
  return problems.every((problem) => problem.line > 1);
}

/** The problems stay on the page while their file is fetched. @param {() => Promise<void>} work */
function keepProblem(work) {
  work().catch((problem) => announce(problem.message));
}

/** @param {Api.ImportProblem[]} problems */
function problemTable(problems) {
  return table({
    caption: t("import.problems"),
    heads: [t("import.line"), t("import.column"), t("import.value"), t("import.wrong")],
    rows: problems,
    cells: (problem) => [
      html`<span class="numeric">${formatNumber(problem.line)}</span>`,
      problem.column ?? "",
      problem.value ? html`<code class="value">${problem.value}</code>` : nothing,
      html`<span data-code=${problem.code}>${problem.message}</span>`,
    ],
    hook: "problems",
  });
}

/** @type {View<Previewing>} */
export const importPreview = {
  title: () => t("preview.title"),
  load: () =>
    attempt("load", async (/** @type {Setter<Previewing>} */ set) => {
      const { params } = current().route;
      const isOpen = viewWatcher();
      const [found] = await Promise.all([get(previewPath(params)), fetchGroup()]);
      set({ preview: found, changes: noChanges(firstKind(found)) });
      if (isOpen()) await readChanges(changesPath(params));
    }),
  render: (state) => {
    const above = html`<a class="up" href="#/groups/${state.route.params.group}/import">${icon("back")} ${t("import.title")}</a>`;
    return page({ above, title: t("preview.title"), lead: sheetOf(state)?.file.name }, previewBody(state));
  },
};

/** @param {Record<string, string>} params */
function previewPath(params) {
  return groupPath(params.group, "imports", params.import);
}

/** @param {Record<string, string>} params */
function changesPath(params) {
  return groupPath(params.group, "imports", params.import, "changes");
}

/** The file of the preview, unless the page was loaded anew since. @param {State} state */
function sheetOf({ sheet, route }) {
  return sheet?.import === route.params.import ? sheet : null;
}

/** @param {State<Previewing>} state */
function previewBody(state) {
  const { view, route } = state;
  const { preview, problem } = view;
  const sheet = sheetOf(state);
  if (!preview) return problem ? problemNotice(problem) : loading();
  const stale = problem?.slug === "stale-import";
  return html`
    ${preview.state === "applied" ? applied(preview, route.params.group) : nothing}
    ${stale ? staleNotice(view, sheet, route.params.group) : problemNotice(problem)}
    ${sheet?.left.length ? leftOut(sheet.left) : nothing}
    <section class="card">
      <div class="counts" data-test="counts">
        ${count("added", preview.added, t("changes.added"))} ${count("changed", preview.changed, t("changes.changed"))}
        ${count("removed", preview.removed, t("changes.removed"))} ${count("unchanged", preview.unchanged, t("changes.unchanged"))}
      </div>
      <p class="hint">
        ${t(preview.mode === "replace" ? "preview.replace" : "preview.merge", { count: preview.row_count })}
        ${preview.state === "ready" ? html`${t("preview.until")} ${time(preview.expires_at)}` : nothing}
      </p>
      ${
        preview.state === "ready" && preview.reassigned
          ? notice("warning", html`<p>${t("preview.reassigned", { count: preview.reassigned })}</p>`, "reassigned")
          : nothing
      }
      ${preview.state === "ready" && !stale ? decision(view) : nothing}
    </section>
    ${changeTabs(view, preview, changesPath(route.params))}`;
}

/** @param {string} kind @param {number} number @param {string} words */
function count(kind, number, words) {
  return html`<div class="count-box ${kind}"><b data-test="count-${kind}">${formatNumber(number)}</b><span>${words}</span></div>`;
}

/** @param {Previewing} view */
function decision(view) {
  const { preview } = view;
  const changes = preview.added + preview.changed + preview.removed;
  return html`<div class="actions">
    ${button({
      label: changes ? t("preview.import", { count: changes }) : t("preview.import_nothing"),
      kind: "primary",
      hook: "import",
      busy: view.busy === "apply",
      onClick: () => apply(current().route.params),
    })}
    ${button({ label: t("preview.drop"), hook: "drop-import", busy: view.busy === "drop", onClick: drop })}
  </div>`;
}

/** What a file does that somebody must agree to, by its count in the service's answer, and how the call says so. */
const GUARDED = /** @type {const} */ ([
  {
    count: "removed",
    parameter: "confirm_removals",
    title: "preview.removals_title",
    text: "preview.removals_text",
    typeOfTwo: "preview.removals_type_of_two",
    submit: "preview.removals_submit",
  },
  {
    count: "reassigned",
    parameter: "confirm_changes",
    title: "preview.changes_title",
    text: "preview.changes_text",
    typeOfTwo: "preview.changes_type_of_two",
    submit: "preview.changes_submit",
  },
]);

/** @param {Record<string, string>} params of the preview @param {Record<string, string>} [confirmed] what the person has agreed to */
async function apply(params, confirmed = {}) {
  const path = groupPath(params.group, "imports", params.import, "apply");
  const isOpen = viewWatcher();
  await attempt("apply", async (/** @type {Setter<Previewing>} */ set) => {
    try {
      const query = new URLSearchParams(confirmed).toString();
      set({ preview: await call("POST", /** @type {typeof path} */ (query ? `${path}?${query}` : path)) });
      announce(t("preview.done"));
      if (isOpen()) await fetchGroup(true);
    } catch (problem) {
      if (!(problem instanceof Problem) || !["confirm-removals", "confirm-changes"].includes(problem.slug)) throw problem;
      if (isOpen()) askToConfirm(params, problem.body, confirmed);
    }
  });
}

/**
 * So much goes or changes only if somebody types how much.
 * @param {Record<string, string>} params of the preview
 * @param {Partial<Api.Problem>} body
 * @param {Record<string, string>} confirmed what was agreed to before
 */
function askToConfirm(params, body, confirmed) {
  const asked = GUARDED.filter(({ count }) => body[count] !== undefined);
  openDialog({
    title: t(asked[0].title, { count: body[asked[0].count] }),
    body: () =>
      html`${asked.map(
        ({ count, text, typeOfTwo }) => html`
        <p>${t(text, { count: body[count], all: body.mapping_count })}</p>
        ${field({ name: count, label: t(asked.length > 1 ? typeOfTwo : "preview.confirm_type", { count: body[count] }), required: true })}`,
      )}`,
    submit: t(asked[0].submit),
    kind: "danger",
    hook: "confirm-dialog",
    onSubmit: async (typed) => {
      for (const { count } of asked) {
        if (typed[count].replace(/[\s,.]/g, "") !== String(body[count])) {
          throw new Error(t("preview.confirm_wrong", { count: body[count] }));
        }
      }
      const agreed = asked.map(({ count, parameter }) => [parameter, String(body[count])]);
      queueMicrotask(() => apply(params, { ...confirmed, ...Object.fromEntries(agreed) }));
    },
  });
}

function drop() {
  const { params } = current().route;
  return attempt("drop", async () => {
    await call("DELETE", previewPath(params));
    go(`/groups/${params.group}/import`);
    announce(t("preview.dropped"));
  });
}

/** @param {Api.MappingImport} preview @param {string} group */
function applied(preview, group) {
  return notice(
    "success",
    html`<p><b>${t("preview.applied", { revision: preview.revision })}</b></p>
      <p>
        <a href="#/groups/${group}/mappings">${t("preview.to_mappings")}</a> ·
        <a href="#/groups/${group}/history">${t("preview.to_history")}</a>
      </p>`,
    "import-applied",
  );
}

/** Somebody changed the mappings since the file was looked at. @param {Previewing} view @param {Sheet|null} sheet @param {string} group */
function staleNotice(view, sheet, group) {
  const revisions = view.problem?.body?.revisions ?? [];
  return notice(
    "warning",
    html`<p><b>${t("preview.stale")}</b></p>
      <p>${t("preview.stale_text")}</p>
      <ul>
        ${revisions.map((one) => html`<li>${t("preview.stale_revision", { revision: one.revision })} ${who(one)}, ${time(one.at)}</li>`)}
      </ul>
      <div class="actions">
        ${
          sheet
            ? button({
                label: t("preview.again"),
                kind: "primary",
                hook: "upload-again",
                busy: view.busy === "upload",
                onClick: () => uploadAgain(view, sheet),
              })
            : html`<a class="button primary" href="#/groups/${group}/import">${t("preview.choose_again")}</a>`
        }
      </div>`,
    "stale-import",
  );
}

/** @param {Previewing} view @param {Sheet} sheet */
function uploadAgain(view, sheet) {
  setSending({ mode: view.preview.mode });
  return send(sheet.file, sheet.left.length > 0);
}

/** @param {Api.ImportProblem[]} problems */
function leftOut(problems) {
  return html`<details class="more">
    <summary>${t("preview.left", { count: problems.length })} ${badge("warn", formatNumber(problems.length))}</summary>
    ${problemTable(problems.slice(0, PROBLEMS))}
  </details>`;
}
