from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.introspect_token_require import IntrospectTokenRequire
from ...models.introspected_token import IntrospectedToken
from ...models.introspection_request import IntrospectionRequest
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: IntrospectionRequest,
    require: IntrospectTokenRequire | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    params: dict[str, Any] = {}

    json_require: str | Unset = UNSET
    if not isinstance(require, Unset):
        json_require = require.value

    params["require"] = json_require

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/introspect",
        "params": params,
    }

    _kwargs["data"] = body.to_dict()
    headers["Content-Type"] = "application/x-www-form-urlencoded"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> IntrospectedToken | Problem | None:
    if response.status_code == 200:
        response_200 = IntrospectedToken.from_dict(response.json())

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
) -> Response[IntrospectedToken | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: IntrospectionRequest,
    require: IntrospectTokenRequire | Unset = UNSET,
) -> Response[IntrospectedToken | Problem]:
    """Ask about a token

     OAuth 2.0 token introspection (RFC 7662), for gateways and services that were handed a user's
    Microsoft Entra token. The caller is an
    API key of the role `resolver` or `operator`: as Bearer, as the password of HTTP Basic, or as
    `client_secret` in the form. A token
    that is not good, or of a user of another business group than the key's, is answered with
    `{"active": false}` and nothing else.

    Args:
        require (IntrospectTokenRequire | Unset): What a token must have to be active.
        body (IntrospectionRequest): What is asked about a token.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[IntrospectedToken | Problem]
    """

    kwargs = _get_kwargs(
        body=body,
        require=require,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    body: IntrospectionRequest,
    require: IntrospectTokenRequire | Unset = UNSET,
) -> IntrospectedToken | Problem | None:
    """Ask about a token

     OAuth 2.0 token introspection (RFC 7662), for gateways and services that were handed a user's
    Microsoft Entra token. The caller is an
    API key of the role `resolver` or `operator`: as Bearer, as the password of HTTP Basic, or as
    `client_secret` in the form. A token
    that is not good, or of a user of another business group than the key's, is answered with
    `{"active": false}` and nothing else.

    Args:
        require (IntrospectTokenRequire | Unset): What a token must have to be active.
        body (IntrospectionRequest): What is asked about a token.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        IntrospectedToken | Problem
    """

    return sync_detailed(
        client=client,
        body=body,
        require=require,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: IntrospectionRequest,
    require: IntrospectTokenRequire | Unset = UNSET,
) -> Response[IntrospectedToken | Problem]:
    """Ask about a token

     OAuth 2.0 token introspection (RFC 7662), for gateways and services that were handed a user's
    Microsoft Entra token. The caller is an
    API key of the role `resolver` or `operator`: as Bearer, as the password of HTTP Basic, or as
    `client_secret` in the form. A token
    that is not good, or of a user of another business group than the key's, is answered with
    `{"active": false}` and nothing else.

    Args:
        require (IntrospectTokenRequire | Unset): What a token must have to be active.
        body (IntrospectionRequest): What is asked about a token.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[IntrospectedToken | Problem]
    """

    kwargs = _get_kwargs(
        body=body,
        require=require,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: IntrospectionRequest,
    require: IntrospectTokenRequire | Unset = UNSET,
) -> IntrospectedToken | Problem | None:
    """Ask about a token

     OAuth 2.0 token introspection (RFC 7662), for gateways and services that were handed a user's
    Microsoft Entra token. The caller is an
    API key of the role `resolver` or `operator`: as Bearer, as the password of HTTP Basic, or as
    `client_secret` in the form. A token
    that is not good, or of a user of another business group than the key's, is answered with
    `{"active": false}` and nothing else.

    Args:
        require (IntrospectTokenRequire | Unset): What a token must have to be active.
        body (IntrospectionRequest): What is asked about a token.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        IntrospectedToken | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            require=require,
        )
    ).parsed
