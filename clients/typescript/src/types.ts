// The types of calls, made from those of the document.

import type { FetchResponse, MaybeOptionalInit } from "openapi-fetch";
import type { HttpMethod, MediaType, PathsWithMethod } from "openapi-typescript-helpers";
import type { operations, paths } from "./schema.js";

/** What a call may be given is left out where nothing of it is needed. */
type InitOf<Init> = undefined extends Init ? [init?: Init] : [init: Init];

// biome-ignore lint/suspicious/noExplicitAny: as openapi-fetch has it: the operations of a document have nothing in common
type Operation = Record<string | number, any>;

/** What is answered: without content it is undefined. */
type Data<Of extends Operation, Init> = Exclude<FetchResponse<Of, Init, MediaType>["data"], undefined>;

/** A good answer; any other is thrown. */
export interface Answer<Of extends Operation, Init> {
  data: [Data<Of, Init>] extends [never] ? undefined : Data<Of, Init>;
  response: Response;
}

/** A call by a method. */
export type Call<Method extends HttpMethod> = <
  Path extends PathsWithMethod<paths, Method>,
  Init extends MaybeOptionalInit<paths[Path], Method>,
>(
  path: Path,
  ...init: InitOf<Init>
) => Promise<Answer<paths[Path][Method] & Operation, Init>>;

/** An answer that is a page of a list. */
type PageAnswer = { responses: { 200: { content: { "application/json": { items: unknown[]; next_cursor?: string | null } } } } };

/** The paths whose answers come in pages. */
export type ListPath = {
  [Path in keyof paths]: paths[Path] extends { get: infer Get }
    ? Get extends PageAnswer & { parameters: { query?: { cursor?: string } } }
      ? Path
      : never
    : never;
}[keyof paths];

/** One thing of a list. */
export type Item<Path extends ListPath> = paths[Path]["get"] extends PageAnswer
  ? paths[Path]["get"]["responses"][200]["content"]["application/json"]["items"][number]
  : never;

/** What a list may be asked with; `limit` is how many things a page has. */
export type ListInit<Path extends ListPath> = InitOf<MaybeOptionalInit<paths[Path], "get">>;

/** What an import may be asked with. */
export type ImportQuery = NonNullable<operations["importMappings"]["parameters"]["query"]>;
