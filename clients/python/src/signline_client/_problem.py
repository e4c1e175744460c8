"""What the service answers when it does not do what it was asked."""

import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from ._generated.models import Problem


class ProblemError(Exception):
    """An answer that is no success: mostly a problem of the service's (RFC 9457)."""

    def __init__(self, response: httpx.Response) -> None:
        """The problem of an answer whose body was read."""
        body = _body(response)
        detail = body.get("detail") or f"The answer is {response.status_code}, without a problem that says why"
        super().__init__(detail)
        self.status: int = response.status_code
        """The HTTP status."""
        self.body: dict[str, Any] = body
        """All that the problem says, as JSON; empty where the answer is not the service's, as a proxy's page is not."""
        self.slug: str | None = str(body["type"]).rpartition("/problems/")[2] if "type" in body else None
        """The kind, such as `not-found`; none where the answer is not the service's."""
        self.request_id: str | None = body.get("request_id") or response.headers.get("X-Request-Id")
        """What the service's log has the call under."""
        self.retry_after: float | None = retry_after(response)
        """After how many seconds the call is worth repeating, where the answer says so."""

    @property
    def problem(self) -> Problem | None:
        """The problem with its members; none where there is none that this version of the package can read."""
        try:
            return Problem.from_dict(self.body)
        except (AttributeError, KeyError, TypeError, ValueError):
            return None


def _body(response: httpx.Response) -> dict[str, Any]:
    if not response.headers.get("Content-Type", "").startswith("application/problem+json"):
        return {}
    try:
        body = response.json()
    except json.JSONDecodeError:
        # A problem that was cut off tells as little as none.
        return {}
    return body if isinstance(body, dict) else {}


def retry_after(response: httpx.Response) -> float | None:
    """`Retry-After` in seconds: it is a number of them, or a date."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        at: datetime = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (at.astimezone(UTC) - datetime.now(UTC)).total_seconds())
