from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.phone_mapping import PhoneMapping
from ...models.problem import Problem
from ...models.put_mapping import PutMapping
from ...types import UNSET, Response, Unset


def _get_kwargs(
    id: str,
    phone_number: str,
    *,
    body: PutMapping,
    if_match: None | str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(if_match, Unset):
        headers["If-Match"] = if_match

    _kwargs: dict[str, Any] = {
        "method": "put",
        "url": "/v1/business-groups/{id}/mappings/{phone_number}".format(
            id=quote(str(id), safe=""),
            phone_number=quote(str(phone_number), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> PhoneMapping | Problem | None:
    if response.status_code == 200:
        response_200 = PhoneMapping.from_dict(response.json())

        return response_200

    if response.status_code == 201:
        response_201 = PhoneMapping.from_dict(response.json())

        return response_201

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

    if response.status_code == 409:
        response_409 = Problem.from_dict(response.json())

        return response_409

    if response.status_code == 412:
        response_412 = Problem.from_dict(response.json())

        return response_412

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
    body: PutMapping,
    if_match: None | str | Unset = UNSET,
) -> Response[PhoneMapping | Problem]:
    """Set a mapping

     Creates the number's mapping or gives it another address; the same address again changes nothing.

    Args:
        id (str):
        phone_number (str):
        if_match (None | str | Unset):
        body (PutMapping): The address of a mapping.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PhoneMapping | Problem]
    """

    kwargs = _get_kwargs(
        id=id,
        phone_number=phone_number,
        body=body,
        if_match=if_match,
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
    body: PutMapping,
    if_match: None | str | Unset = UNSET,
) -> PhoneMapping | Problem | None:
    """Set a mapping

     Creates the number's mapping or gives it another address; the same address again changes nothing.

    Args:
        id (str):
        phone_number (str):
        if_match (None | str | Unset):
        body (PutMapping): The address of a mapping.

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
        body=body,
        if_match=if_match,
    ).parsed


async def asyncio_detailed(
    id: str,
    phone_number: str,
    *,
    client: AuthenticatedClient,
    body: PutMapping,
    if_match: None | str | Unset = UNSET,
) -> Response[PhoneMapping | Problem]:
    """Set a mapping

     Creates the number's mapping or gives it another address; the same address again changes nothing.

    Args:
        id (str):
        phone_number (str):
        if_match (None | str | Unset):
        body (PutMapping): The address of a mapping.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PhoneMapping | Problem]
    """

    kwargs = _get_kwargs(
        id=id,
        phone_number=phone_number,
        body=body,
        if_match=if_match,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    id: str,
    phone_number: str,
    *,
    client: AuthenticatedClient,
    body: PutMapping,
    if_match: None | str | Unset = UNSET,
) -> PhoneMapping | Problem | None:
    """Set a mapping

     Creates the number's mapping or gives it another address; the same address again changes nothing.

    Args:
        id (str):
        phone_number (str):
        if_match (None | str | Unset):
        body (PutMapping): The address of a mapping.

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
            body=body,
            if_match=if_match,
        )
    ).parsed
