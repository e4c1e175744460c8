from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.look_up_request import LookUpRequest
from ...models.look_up_result import LookUpResult
from ...models.problem import Problem
from ...types import Response


def _get_kwargs(
    *,
    body: LookUpRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/lookup",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> LookUpResult | Problem | None:
    if response.status_code == 200:
        response_200 = LookUpResult.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = Problem.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = Problem.from_dict(response.json())

        return response_404

    if response.status_code == 408:
        response_408 = Problem.from_dict(response.json())

        return response_408

    if response.status_code == 413:
        response_413 = Problem.from_dict(response.json())

        return response_413

    if response.status_code == 415:
        response_415 = Problem.from_dict(response.json())

        return response_415

    if response.status_code == 422:
        response_422 = Problem.from_dict(response.json())

        return response_422

    if response.status_code == 429:
        response_429 = Problem.from_dict(response.json())

        return response_429

    if response.status_code == 500:
        response_500 = Problem.from_dict(response.json())

        return response_500

    if response.status_code == 503:
        response_503 = Problem.from_dict(response.json())

        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[LookUpResult | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: LookUpRequest,
) -> Response[LookUpResult | Problem]:
    """Look people up

     From many addresses to their numbers, or from numbers to addresses, in one call. A key of the role
    `directory` that is
    for one business group looks into that alone, and so does an administrator; operators and other
    directories look into
    all, or into the one that they name. Whoever is not found is left out. One call of a business group,
    or of a credential
    for all, is answered at a time. The
    audit log tells how many were looked up, and by whom; never which.

    Args:
        body (LookUpRequest): Whom to look up: either by their addresses or by their numbers.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[LookUpResult | Problem]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    body: LookUpRequest,
) -> LookUpResult | Problem | None:
    """Look people up

     From many addresses to their numbers, or from numbers to addresses, in one call. A key of the role
    `directory` that is
    for one business group looks into that alone, and so does an administrator; operators and other
    directories look into
    all, or into the one that they name. Whoever is not found is left out. One call of a business group,
    or of a credential
    for all, is answered at a time. The
    audit log tells how many were looked up, and by whom; never which.

    Args:
        body (LookUpRequest): Whom to look up: either by their addresses or by their numbers.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        LookUpResult | Problem
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: LookUpRequest,
) -> Response[LookUpResult | Problem]:
    """Look people up

     From many addresses to their numbers, or from numbers to addresses, in one call. A key of the role
    `directory` that is
    for one business group looks into that alone, and so does an administrator; operators and other
    directories look into
    all, or into the one that they name. Whoever is not found is left out. One call of a business group,
    or of a credential
    for all, is answered at a time. The
    audit log tells how many were looked up, and by whom; never which.

    Args:
        body (LookUpRequest): Whom to look up: either by their addresses or by their numbers.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[LookUpResult | Problem]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: LookUpRequest,
) -> LookUpResult | Problem | None:
    """Look people up

     From many addresses to their numbers, or from numbers to addresses, in one call. A key of the role
    `directory` that is
    for one business group looks into that alone, and so does an administrator; operators and other
    directories look into
    all, or into the one that they name. Whoever is not found is left out. One call of a business group,
    or of a credential
    for all, is answered at a time. The
    audit log tells how many were looked up, and by whom; never which.

    Args:
        body (LookUpRequest): Whom to look up: either by their addresses or by their numbers.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        LookUpResult | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
