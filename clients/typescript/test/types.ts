// What the types let pass, and what they don't: compiled with the tests, and never run.

import type { Signline } from "@signline/client";

export async function typed(signline: Signline): Promise<void> {
  const params = { path: { id: "abccompany" } };
  const group = await signline.GET("/v1/business-groups/{id}", { params });
  group.data.mapping_count satisfies number;
  const gone = await signline.DELETE("/v1/business-groups/{id}", { params });
  gone.data satisfies undefined;
  const sheet = await signline.GET("/v1/business-groups/{id}/mappings.csv", { params, parseAs: "text" });
  sheet.data satisfies string;
  for await (const mapping of signline.each("/v1/business-groups/{id}/mappings", { params })) mapping.email satisfies string;
  for await (const event of signline.each("/v1/audit-events")) event.at satisfies string;

  // @ts-expect-error: there is no such path.
  await signline.GET("/v1/nothing");
  // @ts-expect-error: the path has a parameter.
  await signline.GET("/v1/business-groups/{id}");
  // @ts-expect-error: it is called otherwise.
  await signline.GET("/v1/business-groups/{id}", { params: { path: { group: "abccompany" } } });
  // @ts-expect-error: the call has a body.
  await signline.POST("/v1/business-groups");
  // @ts-expect-error: this is no list.
  signline.each("/v1/me");
  // @ts-expect-error: the list is one of a business group.
  signline.each("/v1/business-groups/{id}/mappings");
}
