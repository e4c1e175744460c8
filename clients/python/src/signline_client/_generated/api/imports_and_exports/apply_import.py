from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.mapping_import import MappingImport
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    id: str,
    import_: str,
    *,
    confirm_removals: int | Unset = UNSET,
    confirm_changes: int | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["confirm_removals"] = confirm_removals

    params["confirm_changes"] = confirm_changes

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/business-groups/{id}/imports/{import_}/apply".format(
            id=quote(str(id), safe=""),
            import_=quote(str(import_), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> MappingImport | Problem | None:
    if response.status_code == 200:
        response_200 = MappingImport.from_dict(response.json())

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

    if response.status_code == 409:
        response_409 = Problem.from_dict(response.json())

        return response_409

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
) -> Response[MappingImport | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    id: str,
    import_: str,
    *,
    client: AuthenticatedClient,
    confirm_removals: int | Unset = UNSET,
    confirm_changes: int | Unset = UNSET,
) -> Response[MappingImport | Problem]:
    """Apply an import

     Whole, or not at all. Applying it again gives the same answer and changes nothing more.

    Args:
        id (str):
        import_ (str):
        confirm_removals (int | Unset):
        confirm_changes (int | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[MappingImport | Problem]
    """

    kwargs = _get_kwargs(
        id=id,
        import_=import_,
        confirm_removals=confirm_removals,
        confirm_changes=confirm_changes,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    id: str,
    import_: str,
    *,
    client: AuthenticatedClient,
    confirm_removals: int | Unset = UNSET,
    confirm_changes: int | Unset = UNSET,
) -> MappingImport | Problem | None:
    """Apply an import

     Whole, or not at all. Applying it again gives the same answer and changes nothing more.

    Args:
        id (str):
        import_ (str):
        confirm_removals (int | Unset):
        confirm_changes (int | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        MappingImport | Problem
    """

    return sync_detailed(
        id=id,
        import_=import_,
        client=client,
        confirm_removals=confirm_removals,
        confirm_changes=confirm_changes,
    ).parsed


async def asyncio_detailed(
    id: str,
    import_: str,
    *,
    client: AuthenticatedClient,
    confirm_removals: int | Unset = UNSET,
    confirm_changes: int | Unset = UNSET,
) -> Response[MappingImport | Problem]:
    """Apply an import

     Whole, or not at all. Applying it again gives the same answer and changes nothing more.

    Args:
        id (str):
        import_ (str):
        confirm_removals (int | Unset):
        confirm_changes (int | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[MappingImport | Problem]
    """

    kwargs = _get_kwargs(
        id=id,
        import_=import_,
        confirm_removals=confirm_removals,
        confirm_changes=confirm_changes,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    id: str,
    import_: str,
    *,
    client: AuthenticatedClient,
    confirm_removals: int | Unset = UNSET,
    confirm_changes: int | Unset = UNSET,
) -> MappingImport | Problem | None:
    """Apply an import

     Whole, or not at all. Applying it again gives the same answer and changes nothing more.

    Args:
        id (str):
        import_ (str):
        confirm_removals (int | Unset):
        confirm_changes (int | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        MappingImport | Problem
    """

    return (
        await asyncio_detailed(
            id=id,
            import_=import_,
            client=client,
            confirm_removals=confirm_removals,
            confirm_changes=confirm_changes,
        )
    ).parsed
