"""Which calls are worth repeating, and when."""

import random
import re
from dataclasses import dataclass
from http import HTTPStatus

import httpx

from ._problem import ProblemError, retry_after
from ._upload import SheetStream

_APPLY = re.compile(r"/imports/[^/]+/apply$")


@dataclass(frozen=True)
class Retry:
    """How patient a call is."""

    attempts: int = 4
    """How often a call is sent at most; 1 never repeats one."""
    max_wait_seconds: float = 30.0
    """How long a call waits at most, in all."""

    def wait_before(self, request: httpx.Request, response: httpx.Response, count: int, waited: float) -> float | None:
        """How long to wait before the attempt after `count`; none if there is to be none. The answer is read."""
        if count >= self.attempts or not _may_be_repeated(request, response):
            return None
        wait = retry_after(response)
        if wait is None:
            # About 1, 2, 4 ... seconds, not all callers at once.
            wait = 2 ** (count - 1) * random.uniform(0.75, 1.25)
        return wait if waited + wait <= self.max_wait_seconds else None


def _may_be_repeated(request: httpx.Request, response: httpx.Response) -> bool:
    """Whether a call was not done, or may be done twice."""
    if not _is_replayable(request):
        return False
    if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        return True
    # Without Microsoft's keys the service knows nobody, and does nothing for them.
    return response.status_code == HTTPStatus.SERVICE_UNAVAILABLE and (
        _is_idempotent(request) or ProblemError(response).slug == "keys-unavailable"
    )


def _is_replayable(request: httpx.Request) -> bool:
    """Whether what was sent can be sent again."""
    if isinstance(request.stream, SheetStream):
        return request.stream.replayable
    return isinstance(request.stream, httpx.ByteStream)


def _is_idempotent(request: httpx.Request) -> bool:
    """Whether it comes to the same if it is done twice.

    A 503 may hide that a change was made: the database took it, and did not live to say so. A second PUT with
    `If-Match` would then find the revision of the first.
    """
    if "If-Match" in request.headers:
        return False
    # An import that is applied twice is applied once: the service promises it.
    is_apply = request.method == "POST" and _APPLY.search(request.url.path) is not None
    return request.method in {"GET", "HEAD", "PUT", "DELETE"} or is_apply
