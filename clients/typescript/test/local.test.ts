// What the client does by itself, against a server that answers as a test says.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ProblemError, type Progress } from "@signline/client";
import { problem, serving } from "./server.js";

const GROUP = { params: { path: { id: "abccompany" } } };
const MAPPING = { params: { path: { id: "abccompany", phone_number: "+17635551111" } }, body: { email: "bob@abccompany.com" } };
const NOW = { "retry-after": "0" };

test("the token is asked for each time that a call is sent", async (t) => {
  let asked = 0;
  const token = () => Promise.resolve(`token-${++asked}`);
  const { signline, calls } = await serving(t, [problem(429, "too-many-requests", NOW), { status: 200, body: {} }], { token });
  await signline.GET("/v1/me");
  assert.deepEqual(
    calls.map((call) => [call.path, call.headers.authorization]),
    [
      ["/signline/v1/me", "Bearer token-1"],
      ["/signline/v1/me", "Bearer token-2"],
    ],
  );
});

test("a credential that a call is given stands", async (t) => {
  const { signline, calls } = await serving(t, [{ status: 200, body: {} }]);
  await signline.GET("/v1/me", { headers: { Authorization: "Bearer a-user's" } });
  assert.equal(calls[0]?.headers.authorization, "Bearer a-user's");
});

test("a problem is an error with its kind and its members", async (t) => {
  const rejected = problem(422, "invalid-request");
  const errors = [{ field: "name", message: "is empty" }];
  const { signline } = await serving(t, [{ ...rejected, body: { ...(rejected.body as object), errors } }]);
  await assert.rejects(signline.GET("/v1/me"), (error) => {
    assert.ok(error instanceof ProblemError);
    assert.deepEqual([error.status, error.slug, error.message], [422, "invalid-request", "It is invalid-request."]);
    assert.deepEqual([error.requestId, error.body.errors], ["r-1", errors]);
    return true;
  });
});

test("an answer of something else than the service is an error without a kind", async (t) => {
  const { signline } = await serving(t, [{ status: 502, headers: { "x-request-id": "r-2" }, body: "<h1>Bad gateway</h1>" }]);
  await assert.rejects(signline.GET("/v1/me"), (error) => {
    assert.ok(error instanceof ProblemError);
    assert.deepEqual([error.status, error.slug, error.requestId], [502, undefined, "r-2"]);
    return true;
  });
});

for (const [status, slug] of [
  [429, "too-many-requests"],
  [503, "unavailable"],
] as const) {
  test(`${status} is waited out as long as Retry-After says`, async (t) => {
    const { signline, calls } = await serving(t, [
      problem(status, slug, { "retry-after": "1" }),
      { status: 200, body: { ok: 1 } },
    ]);
    const begun = performance.now();
    const { data } = await signline.GET("/v1/business-groups/{id}", GROUP);
    assert.deepEqual(data, { ok: 1 });
    // Clocks of timers are coarse.
    assert.ok(performance.now() - begun > 990);
    assert.equal(calls.length, 2);
  });
}

test("Retry-After may be a date", async (t) => {
  const past = { "retry-after": "Wed, 21 Oct 2015 07:28:00 GMT" };
  const { signline, calls } = await serving(t, [problem(503, "unavailable", past), { status: 200, body: {} }]);
  await signline.GET("/v1/business-groups/{id}", GROUP);
  assert.equal(calls.length, 2);
});

test("retries end after so many attempts", async (t) => {
  const none = Array.from({ length: 9 }, () => problem(503, "unavailable", NOW));
  const { signline, calls } = await serving(t, none, { retry: { attempts: 3 } });
  await assert.rejects(signline.GET("/v1/me"), { status: 503, slug: "unavailable", retryAfter: 0 });
  assert.equal(calls.length, 3);
});

test("who would have to wait for too long is told at once", async (t) => {
  const { signline, calls } = await serving(t, [problem(429, "too-many-requests", { "retry-after": "31" })]);
  await assert.rejects(signline.GET("/v1/me"), { status: 429, retryAfter: 31 });
  assert.equal(calls.length, 1);
});

test("a change that may have been made is not repeated", async (t) => {
  const group = { id: "abccompany", name: "ABC", number_ranges: [] };
  const { signline, calls } = await serving(t, [problem(503, "unavailable", NOW), problem(503, "unavailable", NOW)]);
  await assert.rejects(signline.POST("/v1/business-groups", { body: group }), { slug: "unavailable" });
  await assert.rejects(
    signline.PUT("/v1/business-groups/{id}/mappings/{phone_number}", { ...MAPPING, headers: { "If-Match": '"1"' } }),
    { slug: "unavailable" },
  );
  assert.equal(calls.length, 2);
});

test("a change that met a proxy's 503 is not repeated", async (t) => {
  const { signline, calls } = await serving(t, [{ status: 503, headers: NOW, body: "<h1>Away</h1>" }]);
  const group = { id: "abccompany", name: "ABC", number_ranges: [] };
  await assert.rejects(signline.POST("/v1/business-groups", { body: group }), { status: 503, slug: undefined });
  assert.equal(calls.length, 1);
});

test("a change that was not made, or may be made twice, is repeated with its body", async (t) => {
  const group = { id: "abccompany", name: "ABC", number_ranges: [] };
  const apply = { params: { path: { id: "abccompany", import: "01a216af-3115-7536-8791-796723826d23" } } };
  const { signline, calls } = await serving(t, [
    problem(429, "too-many-requests", NOW),
    problem(503, "keys-unavailable", NOW),
    { status: 201, body: {} },
    problem(503, "unavailable", NOW),
    { status: 200, body: {} },
    problem(503, "unavailable", NOW),
    { status: 200, body: {} },
  ]);
  await signline.POST("/v1/business-groups", { body: group });
  await signline.PUT("/v1/business-groups/{id}/mappings/{phone_number}", MAPPING);
  await signline.POST("/v1/business-groups/{id}/imports/{import}/apply", apply);
  assert.equal(calls.length, 7);
  assert.deepEqual(
    calls.slice(0, 5).map((call) => JSON.parse(call.body)),
    [group, group, group, MAPPING.body, MAPPING.body],
  );
});

test("a body that is a stream is sent once", async (t) => {
  const { signline, calls } = await serving(t, [problem(429, "too-many-requests", NOW), problem(429, "too-many-requests", NOW)]);
  const stream = () => new Blob(["PhoneNumber,MEEmailAddress\n"]).stream();
  await assert.rejects(signline.upload("abccompany", stream()), { status: 429 });
  // The types know no such body; a serializer of one's own makes it.
  const init = { ...MAPPING, bodySerializer: stream, duplex: "half" };
  await assert.rejects(signline.PUT("/v1/business-groups/{id}/mappings/{phone_number}", init), { status: 429 });
  assert.equal(calls.length, 2);
});

test("waiting is given up with the signal", async (t) => {
  const { signline, calls } = await serving(t, [problem(503, "unavailable", { "retry-after": "20" })]);
  const why = new Error("enough");
  const abort = new AbortController();
  const call = signline.GET("/v1/business-groups/{id}", { ...GROUP, signal: abort.signal });
  setTimeout(() => abort.abort(why), 200);
  await assert.rejects(call, why);
  assert.equal(calls.length, 1);
});

test("a list is read page by page, with what it was asked with", async (t) => {
  const pages = [
    { items: [{ email: "a" }, { email: "b" }], next_cursor: "n/1" },
    { items: [{ email: "c" }], next_cursor: null },
  ];
  const { signline, calls } = await serving(
    t,
    pages.map((body) => ({ status: 200, body })),
  );
  const emails: string[] = [];
  const init = { params: { path: { id: "abccompany" }, query: { q: "x", limit: 2 } } };
  for await (const mapping of signline.each("/v1/business-groups/{id}/mappings", init)) emails.push(mapping.email);
  assert.deepEqual(emails, ["a", "b", "c"]);
  const path = "/signline/v1/business-groups/abccompany/mappings";
  assert.deepEqual(
    calls.map((call) => call.path),
    [`${path}?q=x&limit=2`, `${path}?q=x&limit=2&cursor=n%2F1`],
  );
});

test("who leaves a list early asks for no further page", async (t) => {
  const { signline, calls } = await serving(t, [{ status: 200, body: { items: [{ id: "a" }], next_cursor: "n" } }]);
  for await (const _ of signline.each("/v1/business-groups")) break;
  assert.equal(calls.length, 1);
});

test("an upload is repeated whole, and tells each time how far it is", async (t) => {
  const { signline, calls } = await serving(t, [problem(429, "too-many-requests", NOW), { status: 201, body: { id: "i" } }]);
  const sheet = "PhoneNumber,MEEmailAddress\n".padEnd(200_000, "7635551111,bob@abccompany.com\n");
  const seen: Progress[] = [];
  const query = { mode: "merge", confirm_removals: 3 } as const;
  const taken = await signline.upload("abc/company", sheet, { query, ifMatch: '"7"', onProgress: (at) => seen.push(at) });
  assert.equal(taken.id, "i");
  assert.equal(calls.length, 2);
  for (const call of calls) {
    assert.equal(call.path, "/signline/v1/business-groups/abc%2Fcompany/imports?mode=merge&confirm_removals=3");
    assert.equal(call.body, sheet);
    assert.deepEqual([call.headers["content-type"], call.headers["if-match"]], ["text/csv", '"7"']);
  }
  assert.ok(seen.every((at) => at.total === 200_000));
  assert.equal(seen.filter((at) => at.sent === 200_000).length, 2);
  assert.ok(seen.length > 4, "it tells more than the end");
});

test("an upload ends with the signal", async (t) => {
  const { signline, calls } = await serving(t, []);
  const why = new Error("enough");
  const abort = new AbortController();
  const sheet = new Blob(["x".repeat(1_000_000)]);
  const upload = signline.upload("abccompany", sheet, { signal: abort.signal, onProgress: () => abort.abort(why) });
  await assert.rejects(upload, why);
  assert.equal(calls.length, 0);
});

test("a workbook is sent as one", async (t) => {
  const { signline, calls } = await serving(t, [{ status: 201, body: {} }]);
  await signline.upload("abccompany", Object.assign(new Blob(["PK"]), { name: "Sheet.XLSX" }));
  assert.match(calls[0]?.headers["content-type"] ?? "", /spreadsheetml/);
});

test("nothing is followed to another place", async (t) => {
  const { signline, calls } = await serving(t, [{ status: 307, headers: { location: "/elsewhere" }, body: "" }]);
  await assert.rejects(signline.GET("/v1/me"), TypeError);
  assert.equal(calls.length, 1);
});
