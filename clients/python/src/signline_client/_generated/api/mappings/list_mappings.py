from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.list_mappings_sign_in import ListMappingsSignIn
from ...models.list_mappings_sort import ListMappingsSort
from ...models.phone_mapping_list import PhoneMappingList
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    id: str,
    *,
    q: str | Unset = UNSET,
    sign_in: ListMappingsSignIn | Unset = UNSET,
    sort: ListMappingsSort | Unset = UNSET,
    limit: int | Unset = 100,
    cursor: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["q"] = q

    json_sign_in: str | Unset = UNSET
    if not isinstance(sign_in, Unset):
        json_sign_in = sign_in.value

    params["sign_in"] = json_sign_in

    json_sort: str | Unset = UNSET
    if not isinstance(sort, Unset):
        json_sort = sort.value

    params["sort"] = json_sort

    params["limit"] = limit

    params["cursor"] = cursor

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/business-groups/{id}/mappings".format(
            id=quote(str(id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> PhoneMappingList | Problem | None:
    if response.status_code == 200:
        response_200 = PhoneMappingList.from_dict(response.json())

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
) -> Response[PhoneMappingList | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    id: str,
    *,
    client: AuthenticatedClient,
    q: str | Unset = UNSET,
    sign_in: ListMappingsSignIn | Unset = UNSET,
    sort: ListMappingsSort | Unset = UNSET,
    limit: int | Unset = 100,
    cursor: str | Unset = UNSET,
) -> Response[PhoneMappingList | Problem]:
    """List mappings

     In the order of their numbers; with `q` those alone that have a text in their number or address.

    Args:
        id (str):
        q (str | Unset):
        sign_in (ListMappingsSignIn | Unset): Whether the account of a mapping has signed in.
        sort (ListMappingsSort | Unset): What mappings are sorted by.
        limit (int | Unset):  Default: 100.
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PhoneMappingList | Problem]
    """

    kwargs = _get_kwargs(
        id=id,
        q=q,
        sign_in=sign_in,
        sort=sort,
        limit=limit,
        cursor=cursor,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    id: str,
    *,
    client: AuthenticatedClient,
    q: str | Unset = UNSET,
    sign_in: ListMappingsSignIn | Unset = UNSET,
    sort: ListMappingsSort | Unset = UNSET,
    limit: int | Unset = 100,
    cursor: str | Unset = UNSET,
) -> PhoneMappingList | Problem | None:
    """List mappings

     In the order of their numbers; with `q` those alone that have a text in their number or address.

    Args:
        id (str):
        q (str | Unset):
        sign_in (ListMappingsSignIn | Unset): Whether the account of a mapping has signed in.
        sort (ListMappingsSort | Unset): What mappings are sorted by.
        limit (int | Unset):  Default: 100.
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PhoneMappingList | Problem
    """

    return sync_detailed(
        id=id,
        client=client,
        q=q,
        sign_in=sign_in,
        sort=sort,
        limit=limit,
        cursor=cursor,
    ).parsed


async def asyncio_detailed(
    id: str,
    *,
    client: AuthenticatedClient,
    q: str | Unset = UNSET,
    sign_in: ListMappingsSignIn | Unset = UNSET,
    sort: ListMappingsSort | Unset = UNSET,
    limit: int | Unset = 100,
    cursor: str | Unset = UNSET,
) -> Response[PhoneMappingList | Problem]:
    """List mappings

     In the order of their numbers; with `q` those alone that have a text in their number or address.

    Args:
        id (str):
        q (str | Unset):
        sign_in (ListMappingsSignIn | Unset): Whether the account of a mapping has signed in.
        sort (ListMappingsSort | Unset): What mappings are sorted by.
        limit (int | Unset):  Default: 100.
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PhoneMappingList | Problem]
    """

    kwargs = _get_kwargs(
        id=id,
        q=q,
        sign_in=sign_in,
        sort=sort,
        limit=limit,
        cursor=cursor,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    id: str,
    *,
    client: AuthenticatedClient,
    q: str | Unset = UNSET,
    sign_in: ListMappingsSignIn | Unset = UNSET,
    sort: ListMappingsSort | Unset = UNSET,
    limit: int | Unset = 100,
    cursor: str | Unset = UNSET,
) -> PhoneMappingList | Problem | None:
    """List mappings

     In the order of their numbers; with `q` those alone that have a text in their number or address.

    Args:
        id (str):
        q (str | Unset):
        sign_in (ListMappingsSignIn | Unset): Whether the account of a mapping has signed in.
        sort (ListMappingsSort | Unset): What mappings are sorted by.
        limit (int | Unset):  Default: 100.
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PhoneMappingList | Problem
    """

    return (
        await asyncio_detailed(
            id=id,
            client=client,
            q=q,
            sign_in=sign_in,
            sort=sort,
            limit=limit,
            cursor=cursor,
        )
    ).parsed
