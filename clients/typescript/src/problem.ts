// What the service answers when it does not do what it was asked.

import type { components } from "./schema.js";

/** The members of a problem, those of its kind among them. */
export type ProblemBody = components["schemas"]["Problem"];

/** The kinds of problem; a service of a later version may have more. */
export type ProblemSlug = components["schemas"]["ProblemSlug"] | (string & Record<never, never>);

/** An answer that is no success, thrown by every call: mostly a problem of the service's (RFC 9457). */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  /** The HTTP status. */
  readonly status: number;
  /** The kind, such as `not-found`; undefined where the answer is not the service's, as a proxy's page is not. */
  readonly slug: ProblemSlug | undefined;
  /** All that the problem says; empty where the answer is not the service's. */
  readonly body: Partial<ProblemBody>;
  /** What the service's log has the call under. */
  readonly requestId: string | undefined;
  /** After how many seconds the call is worth repeating, where the answer says so. */
  readonly retryAfter: number | undefined;

  constructor(response: Response, body: Partial<ProblemBody>) {
    super(body.detail ?? `The answer is ${response.status}, without a problem that says why`);
    this.status = response.status;
    this.body = body;
    this.slug = body.type?.replace(/^.*\/problems\//, "");
    this.requestId = body.request_id ?? response.headers.get("X-Request-Id") ?? undefined;
    this.retryAfter = retryAfterOf(response);
  }
}

/** The problem that an answer tells. Its body is read. */
export async function problemOf(response: Response): Promise<ProblemError> {
  return new ProblemError(response, await bodyOf(response));
}

async function bodyOf(response: Response): Promise<Partial<ProblemBody>> {
  if (!response.headers.get("Content-Type")?.startsWith("application/problem+json")) {
    discard(response);
    return {};
  }
  // A problem that was cut off tells as little as none.
  const body: unknown = await response.json().catch(() => null);
  return typeof body === "object" && body !== null ? body : {};
}

/** Reads no more of an answer. Nobody waits for that: of an answer that was cloned it comes only when both are discarded. */
export function discard(response: Response): void {
  response.body?.cancel().catch(() => undefined);
}

/** `Retry-After` in seconds: it is a number of them, or a date. */
export function retryAfterOf(response: Response): number | undefined {
  const text = response.headers.get("Retry-After")?.trim();
  if (!text) return undefined;
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}
