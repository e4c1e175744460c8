from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.phone_mapping import PhoneMapping
from ...models.problem import Problem
from ...types import Response


def _get_kwargs(
    id: str,
    phone_number: str,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/business-groups/{id}/mappings/{phone_number}".format(
            id=quote(str(id), safe=""),
            phone_number=quote(str(phone_number), safe=""),
        ),
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> PhoneMapping | Problem | None:
    if response.status_code == 200:
        response_200 = PhoneMapping.from_dict(response.json())

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
) -> Response[PhoneMapping | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    id: str,
    phone_number: str,
    *,
    client: AuthenticatedClient,
) -> Response[PhoneMapping | Problem]:
    """Read a mapping

     One number's: the address that has it, and the account that it is pinned to.

    Args:
        id (str):
        phone_number (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PhoneMapping | Problem]
    """

    kwargs = _get_kwargs(
        id=id,
        phone_number=phone_number,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    id: str,
    phone_number: str,
    *,
    client: AuthenticatedClient,
) -> PhoneMapping | Problem | None:
    """Read a mapping

     One number's: the address that has it, and the account that it is pinned to.

    Args:
        id (str):
        phone_number (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PhoneMapping | Problem
    """

    return sync_detailed(
        id=id,
        phone_number=phone_number,
        client=client,
    ).parsed


async def asyncio_detailed(
    id: str,
    phone_number: str,
    *,
    client: AuthenticatedClient,
) -> Response[PhoneMapping | Problem]:
    """Read a mapping

     One number's: the address that has it, and the account that it is pinned to.

    Args:
        id (str):
        phone_number (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PhoneMapping | Problem]
    """

    kwargs = _get_kwargs(
        id=id,
        phone_number=phone_number,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    id: str,
    phone_number: str,
    *,
    client: AuthenticatedClient,
) -> PhoneMapping | Problem | None:
    """Read a mapping

     One number's: the address that has it, and the account that it is pinned to.

    Args:
        id (str):
        phone_number (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PhoneMapping | Problem
    """

    return (
        await asyncio_detailed(
            id=id,
            phone_number=phone_number,
            client=client,
        )
    ).parsed
