// A server that answers what a test says, and remembers what it was asked.

import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { Signline, type SignlineOptions } from "@signline/client";

export interface Call {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Canned {
  status: number;
  headers?: Record<string, string>;
  /** Sent as JSON, or as it stands if it is a text. */
  body?: unknown;
}

/** A client of a server that gives these answers one after the other, and the calls that came. */
export async function serving(
  test: TestContext,
  answers: Canned[],
  options: Partial<SignlineOptions> = {},
): Promise<{ signline: Signline; calls: Call[] }> {
  const calls: Call[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    calls.push({ method: request.method ?? "", path: request.url ?? "", headers: request.headers, body });
    answer(response, answers.shift() ?? { status: 500, body: "no answer is left" });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  test.after(() => server.close());
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/signline/`;
  return { signline: new Signline({ baseUrl, token: () => "slk_test", ...options }), calls };
}

function answer(response: ServerResponse, { status, headers = {}, body }: Canned): void {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const type = typeof body === "string" ? "text/plain" : status < 400 ? "application/json" : "application/problem+json";
  response.writeHead(status, { "content-type": type, connection: "close", ...headers }).end(text);
}

export function problem(status: number, slug: string, headers: Record<string, string> = {}): Canned {
  const body = { type: `/problems/${slug}`, title: slug, status, detail: `It is ${slug}.`, request_id: "r-1" };
  return { status, headers, body };
}
