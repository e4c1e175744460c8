// Sends a sheet, and tells how far it is.

/** A sheet: a file, its text or bytes, or a stream of them, which can be sent once alone. */
export type Sheet = Blob | string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;

/** How far an upload is. */
export interface Progress {
  /** How many bytes are on their way. */
  sent: number;
  /** How many there are; undefined for a stream. */
  total: number | undefined;
}

export type OnProgress = (progress: Progress) => void;

/** How much of a file is sent before it is told again how far it is. */
const PIECE = 64 * 1024;

const WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/** What a sheet is sent as. The service looks into it all the same. */
export function mediaTypeOf(sheet: Sheet): string {
  const named = sheet instanceof Blob && "name" in sheet && /\.xls[xm]$/i.test(String(sheet.name));
  return named || (sheet instanceof Blob && sheet.type === WORKBOOK) ? WORKBOOK : "text/csv";
}

/** What can be sent as often as needed is a `Blob` from here on. */
export function asSource(sheet: Sheet): Blob | ReadableStream<Uint8Array> {
  return typeof sheet === "string" || sheet instanceof Uint8Array ? new Blob([sheet]) : sheet;
}

/** One attempt of an upload by fetch, which tells what it takes of the sheet. */
export function asRequest(
  url: string,
  headers: Headers,
  source: Blob | ReadableStream<Uint8Array>,
  onProgress: OnProgress | undefined,
  signal: AbortSignal | undefined,
): Request {
  const total = source instanceof Blob ? source.size : undefined;
  const bytes = source instanceof Blob ? piecesOf(source) : source;
  let sent = 0;
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      sent += chunk.byteLength;
      controller.enqueue(chunk);
      onProgress?.({ sent, total });
    },
  });
  // A stream as body asks for `duplex`, which TypeScript's own library does not know.
  const streamed = { body: bytes.pipeThrough(counted), duplex: "half" } as RequestInit;
  return new Request(url, { ...streamed, method: "POST", headers, redirect: "error", ...(signal && { signal }) });
}

/** A file piece by piece: its own stream gives what stands in memory at once. */
function piecesOf(file: Blob): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    async pull(controller) {
      if (at >= file.size) return controller.close();
      const piece = file.slice(at, at + PIECE);
      at += PIECE;
      controller.enqueue(new Uint8Array(await piece.arrayBuffer()));
    },
  });
}

/** One attempt of an upload in a browser, where fetch tells nothing of how far it is. */
export function sendByXhr(
  url: string,
  headers: Headers,
  file: Blob,
  onProgress: OnProgress | undefined,
  signal: AbortSignal | undefined,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const request = new XMLHttpRequest();
    const giveUp = () => request.abort();
    request.open("POST", url);
    headers.forEach((value, name) => {
      request.setRequestHeader(name, value);
    });
    request.responseType = "arraybuffer";
    // Who listens for progress makes a call to another origin ask for leave first, which one with a credential does anyway.
    if (onProgress) request.upload.onprogress = (event) => onProgress({ sent: event.loaded, total: file.size });
    request.onload = () => resolve(responseOf(request));
    request.onerror = () => reject(new TypeError("The service could not be reached"));
    request.onabort = () => reject(signal?.reason);
    request.onloadend = () => signal?.removeEventListener("abort", giveUp);
    signal?.addEventListener("abort", giveUp, { once: true });
    request.send(file);
  });
}

function responseOf(request: XMLHttpRequest): Response {
  const lines = request.getAllResponseHeaders().trim().split("\r\n");
  const headers = lines.map((line) => line.split(/: (.*)/s, 2) as [string, string]);
  return new Response(request.response, { status: request.status, headers });
}
