"""The client: the caller's credential, retries, and errors that say what they are."""

import ssl
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import quote

import anyio
import anyio.to_thread
import httpx

from ._generated.client import AuthenticatedClient
from ._generated.models import TakenImport
from ._problem import ProblemError
from ._retry import Retry
from ._upload import OnProgress, Sheet, SheetStream, media_type, opened

Token = Callable[[], str | None]
"""Gives the credential, each time that one is sent: an API key, or an Entra token that is good now."""

_TIMEOUT = httpx.Timeout(300.0, connect=10.0)
"""To apply an import of a million rows takes minutes."""


class _PatientClient(httpx.Client):
    """Sends what it is given with the credential, as often as it is worth it, and raises what is no success."""

    def __init__(self, token: Token | None, retry: Retry, **options: Any) -> None:
        super().__init__(**options)
        self._token = token
        self._retry = retry

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        given = "Authorization" in request.headers
        count, waited = 1, 0.0
        while True:
            token = self._token() if self._token and not given else None
            if token:
                request.headers["Authorization"] = f"Bearer {token}"
            response = super().send(request, **options)
            if response.is_success:
                return response
            # What is not read yet, of an answer that was to be a stream, is short.
            response.read()
            response.close()
            wait = self._retry.wait_before(request, response, count, waited)
            if wait is None:
                raise ProblemError(response)
            time.sleep(wait)
            count, waited = count + 1, waited + wait


class _PatientAsyncClient(httpx.AsyncClient):
    """The same for asyncio and trio. A credential may be long in coming, so it is asked for in a thread."""

    def __init__(self, token: Token | None, retry: Retry, **options: Any) -> None:
        super().__init__(**options)
        self._token = token
        self._retry = retry

    async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        given = "Authorization" in request.headers
        count, waited = 1, 0.0
        while True:
            token = await anyio.to_thread.run_sync(self._token) if self._token and not given else None
            if token:
                request.headers["Authorization"] = f"Bearer {token}"
            response = await super().send(request, **options)
            if response.is_success:
                return response
            await response.aread()
            await response.aclose()
            wait = self._retry.wait_before(request, response, count, waited)
            if wait is None:
                raise ProblemError(response)
            await anyio.sleep(wait)
            count, waited = count + 1, waited + wait


class Signline:
    """A service that is called. Use it in a `with` or an `async with`, or close it."""

    def __init__(
        self,
        base_url: str,
        token: Token | None = None,
        *,
        retry: Retry | None = None,
        timeout: httpx.Timeout = _TIMEOUT,
        verify: ssl.SSLContext | bool = True,
        **httpx_options: Any,
    ) -> None:
        """The service at `base_url`, such as `https://voice.example/signline`.

        `verify` takes a context for an authority of one's own; the other options are those of `httpx.Client`.
        """
        context = httpx.create_ssl_context(verify=verify)
        options = {"base_url": base_url, "timeout": timeout, "verify": context, **httpx_options}
        self.http: httpx.Client = _PatientClient(token, retry or Retry(), **options)
        """For what `calls` does not have: `signline.http.get("/v1/business-groups/abccompany/mappings.xlsx")`."""
        self.async_http: httpx.AsyncClient = _PatientAsyncClient(token, retry or Retry(), **options)
        """The same for asyncio and trio."""
        self.client = AuthenticatedClient(base_url=base_url, token="").set_httpx_client(self.http)
        """What every function of `calls` takes as `client`."""
        self.client.set_async_httpx_client(self.async_http)

    def upload(  # noqa: PLR0913 - those of the call
        self,
        business_group: str,
        sheet: Sheet,
        *,
        mode: Literal["replace", "merge"] = "replace",
        apply: bool = False,
        on_problem: Literal["reject", "skip"] = "reject",
        confirm_removals: int | None = None,
        confirm_changes: int | None = None,
        if_match: str | None = None,
        content_type: str | None = None,
        on_progress: OnProgress | None = None,
    ) -> TakenImport:
        """Uploads a sheet: the preview, or with `apply` what was changed.

        `if_match` is the ETag of the export that was edited: what was changed since is not overwritten. An
        `on_progress` that raises ends the upload, and nothing is changed.
        """
        query: dict[str, str | bool | int] = {"mode": mode, "apply": apply, "on_problem": on_problem}
        confirmed = {"confirm_removals": confirm_removals, "confirm_changes": confirm_changes}
        query |= {name: value for name, value in confirmed.items() if value is not None}
        headers = {"Content-Type": content_type or media_type(sheet)}
        if if_match is not None:
            headers["If-Match"] = if_match
        path = f"/v1/business-groups/{quote(business_group, safe='')}/imports"
        with opened(sheet) as file:
            request = self.http.build_request("POST", path, params=query, headers=headers)
            _give_body(request, SheetStream(file, on_progress))
            return TakenImport.from_dict(self.http.send(request).json())

    def close(self) -> None:
        """Closes the connections."""
        self.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    async def aclose(self) -> None:
        """Closes the connections, where `asyncio` was called."""
        self.close()
        await self.async_http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()


def _give_body(request: httpx.Request, body: SheetStream) -> None:
    """httpx takes a stream of its own kind only after a request was built."""
    request.stream = body
    del request.headers["Content-Length"]
    if body.total is None:
        request.headers["Transfer-Encoding"] = "chunked"
    else:
        request.headers["Content-Length"] = str(body.total)
