"""A server that answers what a test says, and remembers what it was asked."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from signline_client import Retry, Signline

LAST_PIECE = b"0\r\n"


@dataclass
class Call:
    method: str
    path: str
    headers: Message
    body: bytes


@dataclass
class Canned:
    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


def problem(status: int, slug: str, **headers: str) -> Canned:
    """A problem of the service's; `retry_after="1"` is its `Retry-After`."""
    body = {
        "type": f"/problems/{slug}",
        "title": slug,
        "status": status,
        "detail": f"It is {slug}.",
        "request_id": "r-1",
    }
    return Canned(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


class _Handler(BaseHTTPRequestHandler):
    answers: list[Canned]
    calls: list[Call]

    def _answer(self) -> None:
        self.calls.append(Call(self.command, self.path, self.headers, self._body()))
        canned = self.answers.pop(0) if self.answers else Canned(500, "no answer is left")
        is_text = isinstance(canned.body, str)
        text = canned.body if is_text else json.dumps(canned.body)
        problem_or_not = "application/problem+json" if canned.status >= 400 else "application/json"
        self.send_response(canned.status)
        self.send_header("Content-Type", "text/html" if is_text else problem_or_not)
        self.send_header("Content-Length", str(len(text.encode())))
        for name, value in canned.headers.items():
            self.send_header(name, value)
        self.end_headers()
        # Who has given up reads nothing.
        with suppress(ConnectionError):
            self.wfile.write(text.encode())

    do_GET = do_POST = do_PUT = do_DELETE = _answer

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        pieces = []
        while (line := self.rfile.readline()) not in {LAST_PIECE, b""}:
            pieces.append(self.rfile.read(int(line, 16)))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(pieces)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def serving(
    *answers: Canned, token: Any = lambda: "slk_test", retry: Retry | None = None
) -> Iterator[tuple[Signline, list[Call]]]:
    """A client of a server that gives these answers one after the other, and the calls that came."""
    calls: list[Call] = []
    handler = type("Handler", (_Handler,), {"answers": list(answers), "calls": calls})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        base = f"http://127.0.0.1:{server.server_port}/signline/"
        with Signline(base, token, retry=retry, trust_env=False) as signline:
            yield signline, calls
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
