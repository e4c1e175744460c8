// Calls of the service.

import { credential } from "./credential.js";
import { update } from "./store.js";
import { t } from "./text.js";

const WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/**
 * What went wrong: mostly a `Problem`.
 * @typedef {Error & Partial<Pick<Problem, "status"|"slug"|"body"|"of">>} Failure
 */

/** What went wrong with a call: the problem that the service tells, or that it could not be reached. */
export class Problem extends Error {
  /**
   * @param {number} status 0: there was no answer
   * @param {Partial<Api.Problem>|null} body
   */
  constructor(status, body) {
    super(body?.detail ?? t("problem.unreadable", { status }));
    this.status = status;
    this.slug = String(body?.type ?? "").replace("/problems/", "");
    this.body = body ?? {};
  }

  /** What is wrong with a field. @param {string} field */
  of(field) {
    return this.body.errors?.find((error) => error.field === field)?.message ?? null;
  }
}

/**
 * Calls the service: its JSON, or null where it answers nothing.
 * @template {Calls.Method} M
 * @template {Calls.Path<M>} P
 * @param {M} method
 * @param {P} path
 * @param {Calls.Body<P, M>} [body] sent as JSON
 * @param {string} [bearer] another credential than that of the session
 * @returns {Promise<Calls.Answer<P, M>>}
 */
export async function call(method, path, body, bearer) {
  /** @type {Record<string, string>} */
  const headers = body === undefined ? {} : { "Content-Type": "application/json" };
  const answer = await send(path, { method, headers, body: body && JSON.stringify(body) }, bearer);
  return /** @type {Calls.Answer<P, M>} */ (answer.status === 204 ? null : await answer.json());
}

/**
 * Reads.
 * @template {Calls.Path<"GET">} P
 * @param {P} path
 * @param {Calls.Query<P>} [query] what is empty is left out
 */
export function get(path, query) {
  return call("GET", /** @type {P} */ (path + queryOf(query ?? {})));
}

/** @param {Record<string, unknown>} query */
function queryOf(query) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const texts = given.map(([name, value]) => [name, String(value)]);
  return texts.length ? `?${new URLSearchParams(texts)}` : "";
}

/** Where the page finds a path of the service: the page stands in a folder of it, which a proxy may serve below a path. @param {string} path */
function addressOf(path) {
  return `..${path}`;
}

/**
 * The path of a business group, and below it. Its type is the path of the document, with its parameters in braces.
 * @template {string[]} Parts
 * @param {string} group
 * @param {Parts} parts
 */
export function groupPath(group, ...parts) {
  const path = ["/v1/business-groups", ...[group, ...parts].map(encodeURIComponent)].join("/");
  return /** @type {Calls.GroupPath<Parts>} */ (path);
}

/**
 * Reads a file: its bytes and its name.
 * @param {string} path
 * @param {RequestInit} [init]
 * @param {number[]} [fine] further statuses that bring the file
 */
export async function download(path, init = {}, fine = []) {
  const answer = await send(path, init, undefined, fine);
  const named = /filename="?([^";]+)/.exec(answer.headers.get("Content-Disposition") ?? "");
  return { blob: await answer.blob(), name: named?.[1] };
}

/**
 * @param {string} path
 * @param {RequestInit} init
 * @param {string} [bearer]
 * @param {number[]} [fine]
 */
async function send(path, init, bearer, fine = []) {
  const own = bearer ?? (await ownCredential());
  const headers = { ...init.headers, ...(own ? { Authorization: `Bearer ${own}` } : {}) };
  const answer = await fetch(addressOf(path), { ...init, headers, cache: "no-store" }).catch(unreachable);
  if (answer.ok || fine.includes(answer.status)) return answer;
  throw refused(new Problem(answer.status, await answer.json().catch(() => null)), bearer);
}

/** The session's credential; one that needs the person is told as the service tells a bad one. */
async function ownCredential() {
  try {
    return await credential();
  } catch {
    throw refused(new Problem(401, { type: "/problems/invalid-token", detail: t("problem.sign_in_again") }));
  }
}

/** @returns {never} */
function unreachable() {
  throw new Problem(0, { detail: t("problem.unreachable") });
}

/** A credential that is not good any more can be renewed where the page stands. @param {Problem} problem @param {string} [bearer] */
function refused(problem, bearer) {
  if (problem.status === 401 && bearer === undefined) update({ renewal: { detail: problem.message } });
  return problem;
}

/**
 * Uploads a sheet: the import that is made of it.
 * @param {string} path
 * @param {File} file
 * @param {(fraction: number) => void} onProgress how much is sent, from 0 to 1
 * @returns {Promise<Api.TakenImport>}
 */
export async function upload(path, file, onProgress) {
  const own = await ownCredential();
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", addressOf(path));
    request.setRequestHeader("Authorization", `Bearer ${own}`);
    request.setRequestHeader("Content-Type", mediaType(file));
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => onProgress(event.loaded / (event.total || 1)));
    request.addEventListener("error", () => reject(new Problem(0, { detail: t("problem.unreachable") })));
    request.addEventListener("load", () => {
      if (request.status < 300) resolve(request.response);
      else reject(refused(new Problem(request.status, request.response)));
    });
    request.send(file);
  });
}

/** What a file is sent as. The service looks into it all the same. @param {File} file */
export function mediaType(file) {
  return /\.xls[xm]$/i.test(file.name) ? WORKBOOK : "text/csv";
}
