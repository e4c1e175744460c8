// What each call of the service takes and answers. `Api` is made of openapi/signline.json by scripts/lint-console.

declare namespace Calls {
  type Method = "GET" | "PUT" | "POST" | "DELETE" | "PATCH";

  /** The paths that a method is for, with their parameters in braces. */
  type Path<M extends Method = Method> = {
    [P in keyof Api.paths]: Api.paths[P][Lowercase<M>] extends undefined ? never : P;
  }[keyof Api.paths];

  type Operation<P extends keyof Api.paths, M extends Method> = NonNullable<Api.paths[P][Lowercase<M>]>;

  /** The parameters after `?`. What is null, undefined or empty is left out of the address. */
  type Query<P extends keyof Api.paths, M extends Method = "GET"> =
    Operation<P, M> extends { parameters: { query?: infer Q } } ? { [Name in keyof Q]?: Q[Name] | null } : Record<string, never>;

  /** The JSON that is sent. */
  type Body<P extends keyof Api.paths, M extends Method> =
    Operation<P, M> extends { requestBody: { content: { "application/json": infer B } } } ? B : undefined;

  /** The JSON that comes back; null where there is none. */
  type Answer<P extends keyof Api.paths, M extends Method> =
    Operation<P, M> extends { responses: infer R } ? Json<R[keyof R & (200 | 201 | 204)]> : never;

  type Json<R> = R extends { content: { "application/json": infer J } } ? J : null;

  /** The paths of lists, and what their items are. */
  type ListPath = { [P in Path<"GET">]: Answer<P, "GET"> extends { items: unknown[] } ? P : never }[Path<"GET">];
  type Item<P extends ListPath> = Answer<P, "GET"> extends { items: (infer I)[] } ? I : never;

  /** The path below a business group that has these parts: each is a word of it, or any text where it has a parameter. */
  type GroupPath<Parts extends string[]> = OrNone<{ [P in keyof Api.paths]: IfSame<Parts, PartsOf<P>, P> }[keyof Api.paths]>;

  /** No path is of a type that no call takes; `never` would be of any. */
  type OrNone<P> = [P] extends [never] ? "there is no such path" : P;

  type PartsOf<P> =
    P extends "/v1/business-groups/{id}" ? [] : P extends `/v1/business-groups/{id}/${infer Rest}` ? Split<Rest> : never;
  type Split<P extends string> = P extends `${infer Head}/${infer Rest}` ? [Part<Head>, ...Split<Rest>] : [Part<P>];
  type Part<P extends string> = P extends `{${string}}` ? string : P;
  type IfSame<A, B, Then> = [A, B] extends [B, A] ? Then : never;
}
