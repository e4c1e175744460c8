from http import HTTPStatus
from typing import Any, cast

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    email: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["email"] = email

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/forward-auth",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Any | Problem | None:
    if response.status_code == 200:
        response_200 = cast(Any, None)
        return response_200

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())

        return response_403

    if response.status_code == 503:
        response_503 = Problem.from_dict(response.json())

        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Any | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    email: str | Unset = UNSET,
) -> Response[Any | Problem]:
    """Ask whether a request may pass a gateway

     For the forward-auth of a reverse proxy: nginx `auth_request`, Traefik `ForwardAuth`, Caddy
    `forward_auth`, Envoy `ext_authz`.
    Takes any method and any query, and reads no body. The credential is the user's Microsoft Entra
    token. It answers with these
    statuses and no others. With `?email=true` it also tells `X-Signline-Email`.

    Args:
        email (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | Problem]
    """

    kwargs = _get_kwargs(
        email=email,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    email: str | Unset = UNSET,
) -> Any | Problem | None:
    """Ask whether a request may pass a gateway

     For the forward-auth of a reverse proxy: nginx `auth_request`, Traefik `ForwardAuth`, Caddy
    `forward_auth`, Envoy `ext_authz`.
    Takes any method and any query, and reads no body. The credential is the user's Microsoft Entra
    token. It answers with these
    statuses and no others. With `?email=true` it also tells `X-Signline-Email`.

    Args:
        email (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | Problem
    """

    return sync_detailed(
        client=client,
        email=email,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    email: str | Unset = UNSET,
) -> Response[Any | Problem]:
    """Ask whether a request may pass a gateway

     For the forward-auth of a reverse proxy: nginx `auth_request`, Traefik `ForwardAuth`, Caddy
    `forward_auth`, Envoy `ext_authz`.
    Takes any method and any query, and reads no body. The credential is the user's Microsoft Entra
    token. It answers with these
    statuses and no others. With `?email=true` it also tells `X-Signline-Email`.

    Args:
        email (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | Problem]
    """

    kwargs = _get_kwargs(
        email=email,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    email: str | Unset = UNSET,
) -> Any | Problem | None:
    """Ask whether a request may pass a gateway

     For the forward-auth of a reverse proxy: nginx `auth_request`, Traefik `ForwardAuth`, Caddy
    `forward_auth`, Envoy `ext_authz`.
    Takes any method and any query, and reads no body. The credential is the user's Microsoft Entra
    token. It answers with these
    statuses and no others. With `?email=true` it also tells `X-Signline-Email`.

    Args:
        email (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            email=email,
        )
    ).parsed
