export { Signline, type SignlineOptions, type TokenProvider, type UploadOptions } from "./client.js";
export { type ProblemBody, ProblemError, type ProblemSlug } from "./problem.js";
export type { RetryOptions } from "./retry.js";
export type { components, operations, paths } from "./schema.js";
export type { Item, ListPath } from "./types.js";
export type { Progress, Sheet } from "./upload.js";
