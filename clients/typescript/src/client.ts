// The client: the calls of the document, each with the caller's credential, retries, and errors that say what they are.

import createClient from "openapi-fetch";
import { problemOf } from "./problem.js";
import { type Repeatable, type RetryOptions, sendPatiently } from "./retry.js";
import type { components, paths } from "./schema.js";
import type { Call, ImportQuery, Item, ListInit, ListPath } from "./types.js";
import { asRequest, asSource, mediaTypeOf, type OnProgress, type Sheet, sendByXhr } from "./upload.js";

/** Gives the credential, each time that one is sent: an API key, or an Entra token that is good now. */
export type TokenProvider = () => string | undefined | Promise<string | undefined>;

export interface SignlineOptions {
  /** Where the service is, such as `https://voice.example/signline`. */
  baseUrl: string;
  /** Without one, calls bear no credential but the one that they are given as a header. */
  token?: TokenProvider;
  retry?: RetryOptions;
  /** What sends in place of `fetch`. */
  fetch?: (request: Request) => Promise<Response>;
}

export interface UploadOptions {
  /** `mode`, `apply` and what else the call takes. */
  query?: ImportQuery;
  /** The ETag of the export that was edited: what was changed since is not overwritten. */
  ifMatch?: string;
  /** What the sheet is sent as, if its name does not tell. */
  mediaType?: string;
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

/** Remembers whether its body can be sent again. */
class ReplayableRequest extends Request {
  readonly replayable: boolean;

  constructor(input: RequestInfo | URL, init?: RequestInit) {
    super(input, init);
    this.replayable = !(init?.body instanceof ReadableStream);
  }
}

/** A page of any list. */
interface Page<Thing> {
  items: Thing[];
  next_cursor?: string | null;
}

/** A service that is called. */
export class Signline {
  readonly GET: Call<"get">;
  readonly PUT: Call<"put">;
  readonly POST: Call<"post">;
  readonly PATCH: Call<"patch">;
  readonly DELETE: Call<"delete">;
  readonly #options: SignlineOptions;
  readonly #base: string;

  constructor(options: SignlineOptions) {
    this.#options = options;
    this.#base = options.baseUrl.replace(/\/+$/, "");
    // Nothing is followed elsewhere, and nothing answered out of a cache.
    const client = createClient<paths>({
      baseUrl: this.#base,
      Request: ReplayableRequest,
      fetch: (request) => this.#send(request),
      redirect: "error",
      cache: "no-store",
    });
    // An answer that is no success is thrown, so the types leave it out.
    this.GET = client.GET as unknown as Call<"get">;
    this.PUT = client.PUT as unknown as Call<"put">;
    this.POST = client.POST as unknown as Call<"post">;
    this.PATCH = client.PATCH as unknown as Call<"patch">;
    this.DELETE = client.DELETE as unknown as Call<"delete">;
  }

  /** Everything of a list, page by page as it is needed. */
  async *each<Path extends ListPath>(path: Path, ...init: ListInit<Path>): AsyncGenerator<Item<Path>, void, undefined> {
    for await (const page of this.pages(path, ...init)) yield* page;
  }

  /** The pages of a list. */
  async *pages<Path extends ListPath>(path: Path, ...init: ListInit<Path>): AsyncGenerator<Item<Path>[], void, undefined> {
    // What all lists have in common; the types of a list that is not named yet can't be computed.
    const list = this.GET as unknown as (path: Path, init: object) => Promise<{ data: Page<Item<Path>> }>;
    const given = (init[0] ?? {}) as { params?: { query?: object } };
    let next: { cursor?: string } | undefined = {};
    while (next) {
      const query: object = { ...given.params?.query, ...next };
      const { data }: { data: Page<Item<Path>> } = await list(path, { ...given, params: { ...given.params, query } });
      yield data.items;
      next = data.next_cursor ? { cursor: data.next_cursor } : undefined;
    }
  }

  /** Uploads a sheet of a business group: the preview, or with `apply` what was changed. */
  async upload(businessGroup: string, sheet: Sheet, options: UploadOptions = {}): Promise<components["schemas"]["TakenImport"]> {
    const query = Object.entries(options.query ?? {}).filter(([, value]) => value !== undefined && value !== null);
    const texts = new URLSearchParams(query.map(([name, value]) => [name, String(value)]));
    const url = `${this.#base}/v1/business-groups/${encodeURIComponent(businessGroup)}/imports?${texts}`;
    const headers = new Headers({ "Content-Type": options.mediaType ?? mediaTypeOf(sheet) });
    if (options.ifMatch !== undefined) headers.set("If-Match", options.ifMatch);
    const source = asSource(sheet);
    const call = { method: "POST", url, headers, replayable: source instanceof Blob, signal: options.signal };
    const response = await this.#good(call, async () => {
      const own = await this.#authorized(new Headers(headers));
      if (source instanceof Blob && !this.#options.fetch && typeof XMLHttpRequest !== "undefined") {
        return sendByXhr(url, own, source, options.onProgress, options.signal);
      }
      return this.#fetch(asRequest(url, own, source, options.onProgress, options.signal));
    });
    return response.json();
  }

  /** Sends a call of the document. */
  #send(request: Request): Promise<Response> {
    const { method, url, headers, signal } = request;
    const replayable = !(request instanceof ReplayableRequest) || request.replayable;
    return this.#good({ method, url, headers, signal, replayable }, async () => {
      const own = replayable ? request.clone() : request;
      await this.#authorized(own.headers);
      return this.#fetch(own);
    });
  }

  /** The answer to a call, if it is a good one. */
  async #good(call: Repeatable, attempt: () => Promise<Response>): Promise<Response> {
    const response = await sendPatiently(call, this.#options.retry ?? {}, attempt);
    if (!response.ok) throw await problemOf(response);
    return response;
  }

  async #authorized(headers: Headers): Promise<Headers> {
    const token = headers.has("Authorization") ? undefined : await this.#options.token?.();
    if (token) headers.set("Authorization", `Bearer ${token}`);
    return headers;
  }

  #fetch(request: Request): Promise<Response> {
    return (this.#options.fetch ?? globalThis.fetch)(request);
  }
}
