// The client and the service: `tests/clients` starts one, and says in the environment where it is.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ProblemError, Signline } from "@signline/client";

const said = (name: string): string => process.env[name] ?? assert.fail(`${name} is not set: see tests/clients`);
const baseUrl = said("SIGNLINE_URL");
const signline = new Signline({ baseUrl, token: () => said("SIGNLINE_API_KEY") });
const GROUP = "typescript";
const params = { path: { id: GROUP } };

/** A sheet of so many rows; `bob` has the first number. */
function sheet(rows: number): string {
  const numbers = Array.from({ length: rows }, (_, row) => `763555${String(row).padStart(4, "0")}`);
  const bob = said("TEST_USER_EMAIL");
  return [
    "PhoneNumber,MEEmailAddress",
    ...numbers.map((number, row) => `${number},${row ? `user${row}@abccompany.com` : bob}`),
    "",
  ].join("\n");
}

async function countMappings(): Promise<number> {
  return (await signline.GET("/v1/business-groups/{id}", { params })).data.mapping_count;
}

test("a company is set up, filled from a sheet, read and undone", async (t) => {
  await t.test("a business group is made and linked", async () => {
    const ranges = [{ first: "+17635550000", last: "+17635559999" }];
    const { data, response } = await signline.POST("/v1/business-groups", {
      body: { id: GROUP, name: "TypeScript", number_ranges: ranges },
    });
    assert.deepEqual([response.status, data.id, data.mapping_count], [201, GROUP, 0]);
    const linked = await signline.PUT("/v1/business-groups/{id}/tenant", {
      params,
      body: { tenant_id: said("TEST_TENANT") },
    });
    assert.equal(linked.data.tenant_id, said("TEST_TENANT"));
  });

  await t.test("a sheet is uploaded, previewed and applied", async () => {
    const seen: number[] = [];
    const text = sheet(2_500);
    const preview = await signline.upload(GROUP, text, { onProgress: ({ sent }) => seen.push(sent) });
    assert.deepEqual([preview.state, preview.added, await countMappings()], ["ready", 2_500, 0]);
    assert.ok(seen.length > 1);
    assert.equal(seen.at(-1), text.length);
    const path = { id: GROUP, import: preview.id };
    const applied = await signline.POST("/v1/business-groups/{id}/imports/{import}/apply", { params: { path } });
    assert.deepEqual([applied.data.state, applied.data.revision], ["applied", 1]);
    // Twice is as once.
    const again = await signline.POST("/v1/business-groups/{id}/imports/{import}/apply", { params: { path } });
    assert.equal(again.data.revision, 1);
  });

  await t.test("the mappings come in pages", async () => {
    const init = { params: { ...params, query: { limit: 1000 } } };
    const pages: number[] = [];
    for await (const page of signline.pages("/v1/business-groups/{id}/mappings", init)) pages.push(page.length);
    assert.deepEqual(pages, [1000, 1000, 500]);
    const numbers = new Set<string>();
    for await (const mapping of signline.each("/v1/business-groups/{id}/mappings", init)) numbers.add(mapping.phone_number);
    assert.equal(numbers.size, 2_500);
  });

  await t.test("a user's token resolves to their line", async () => {
    const portal = new Signline({ baseUrl, token: () => Promise.resolve(said("TEST_USER_TOKEN")) });
    const { data } = await portal.GET("/v1/me");
    assert.deepEqual([data.phone_number, data.business_group], ["+17635550000", GROUP]);
  });

  await t.test("what is wrong with a sheet is told by line and column", async () => {
    await assert.rejects(signline.upload(GROUP, "PhoneNumber,MEEmailAddress\n7.63555E+09,bob@abccompany.com\n"), (error) => {
      assert.ok(error instanceof ProblemError);
      assert.equal(error.slug, "import-rejected");
      const [first] = error.body.problems ?? [];
      assert.deepEqual([first?.line, first?.column, first?.code], [2, "PhoneNumber", "scientific_notation"]);
      return true;
    });
  });

  await t.test("a change that came meanwhile is not overwritten", async () => {
    const exported = await signline.GET("/v1/business-groups/{id}/mappings.csv", { params, parseAs: "text" });
    assert.equal(exported.data.split("\r\n").length, 2_502);
    const ifMatch = exported.response.headers.get("ETag") ?? "";
    const path = { id: GROUP, phone_number: "+17635559999" };
    await signline.PUT("/v1/business-groups/{id}/mappings/{phone_number}", {
      params: { path },
      body: { email: "late@abccompany.com" },
    });
    await assert.rejects(signline.upload(GROUP, exported.data, { ifMatch }), { status: 412, slug: "revision-moved" });
  });

  await t.test("an upload that is given up changes nothing", async () => {
    const before = await countMappings();
    const abort = new AbortController();
    const large = new Blob([sheet(10_000)]);
    const options = { query: { apply: true }, signal: abort.signal, onProgress: () => abort.abort() };
    await assert.rejects(signline.upload(GROUP, large, options), { name: "AbortError" });
    assert.equal(await countMappings(), before);
  });

  await t.test("a mapping is taken away", async () => {
    const path = { id: GROUP, phone_number: "+17635559999" };
    const { data, response } = await signline.DELETE("/v1/business-groups/{id}/mappings/{phone_number}", { params: { path } });
    assert.deepEqual([response.status, data], [204, undefined]);
    await assert.rejects(signline.GET("/v1/business-groups/{id}/mappings/{phone_number}", { params: { path } }), {
      slug: "not-found",
    });
  });

  await t.test("a bad credential is told", async () => {
    const stranger = new Signline({ baseUrl, token: () => "slk_nobody" });
    await assert.rejects(stranger.GET("/v1/session"), { status: 401, slug: "invalid-token" });
  });
});
