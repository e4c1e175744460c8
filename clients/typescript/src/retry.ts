// Repeats what the service had no room or no time for.

import { discard, problemOf, retryAfterOf } from "./problem.js";

/** How patient a call is. */
export interface RetryOptions {
  /** How often a call is sent at most; 1 never repeats one. 4 if left out. */
  attempts?: number;
  /** How long a call waits at most, in all. 30 if left out. */
  maxWaitSeconds?: number;
}

/** What decides whether a call may be sent again. */
export interface Repeatable {
  method: string;
  url: string;
  headers: Headers;
  /** Whether what was sent can be sent again. */
  replayable: boolean;
  signal?: AbortSignal | null | undefined;
}

/** Sends a call until it is answered with something else than "not now", or the attempts or the waiting time are used up: the last answer. */
export async function sendPatiently(
  call: Repeatable,
  { attempts = 4, maxWaitSeconds = 30 }: RetryOptions,
  attempt: () => Promise<Response>,
): Promise<Response> {
  let left = maxWaitSeconds;
  for (let count = 1; ; count++) {
    const response = await attempt();
    if (count >= attempts || !(await mayBeRepeated(call, response))) return response;
    const wait = retryAfterOf(response) ?? backoff(count);
    if (wait > left) return response;
    left -= wait;
    discard(response);
    await pause(wait, call.signal);
  }
}

/** Whether a call was not done, or may be done twice. */
async function mayBeRepeated(call: Repeatable, response: Response): Promise<boolean> {
  if (!call.replayable) return false;
  if (response.status === 429) return true;
  return response.status === 503 && (isIdempotent(call) || (await wasRefused(response)));
}

/**
 * Whether it comes to the same if it is done twice. A 503 may hide that a change was made: the database took it, and did not
 * live to say so. A second PUT with `If-Match` would then find the revision of the first.
 */
function isIdempotent(call: Repeatable): boolean {
  if (call.headers.has("If-Match")) return false;
  return ["GET", "HEAD", "PUT", "DELETE"].includes(call.method) || isApply(call);
}

/** An import that is applied twice is applied once: the service promises it. */
function isApply(call: Repeatable): boolean {
  return call.method === "POST" && /\/imports\/[^/]+\/apply$/.test(new URL(call.url, "http://here").pathname);
}

/** Without Microsoft's keys the service knows nobody, and does nothing for them. */
async function wasRefused(response: Response): Promise<boolean> {
  return (await problemOf(response.clone())).slug === "keys-unavailable";
}

/** How long to wait where the answer does not say: about 1, 2, 4 … seconds, not all callers at once. */
function backoff(count: number): number {
  return 2 ** (count - 1) * (0.75 + Math.random() / 2);
}

/** Waits, unless the caller gives up. */
function pause(seconds: number, signal: AbortSignal | null | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const giveUp = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", giveUp);
      resolve();
    }, seconds * 1000);
    signal?.addEventListener("abort", giveUp, { once: true });
  });
}
