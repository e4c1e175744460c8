from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.link_tenant import LinkTenant
from ...models.linked_business_group import LinkedBusinessGroup
from ...models.problem import Problem
from ...types import Response


def _get_kwargs(
    id: str,
    *,
    body: LinkTenant,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "put",
        "url": "/v1/business-groups/{id}/tenant".format(
            id=quote(str(id), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> LinkedBusinessGroup | Problem | None:
    if response.status_code == 200:
        response_200 = LinkedBusinessGroup.from_dict(response.json())

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

    if response.status_code == 409:
        response_409 = Problem.from_dict(response.json())

        return response_409

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
) -> Response[LinkedBusinessGroup | Problem]:
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
    body: LinkTenant,
) -> Response[LinkedBusinessGroup | Problem]:
    """Link a tenant

     Takes the place of the tenant linked before. With a `proof` the link is proven from then on; without
    one it is
    unproven, as long as nobody has proven it before. An operator's call without one confirms the link
    (`tenant_confirmed_at`). A tenant that another group has linked and not proven is taken over with a
    `proof`: the
    other group loses it at once, and both are told in their history. One that is proven only the
    operator can move, who
    unlinks it there first. Without a proof Microsoft Entra is asked whether there is such a tenant,
    unless it is linked
    to the group already: 422 `unknown-tenant` if it says that there is none.

    Args:
        id (str):
        body (LinkTenant): A tenant to be linked.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[LinkedBusinessGroup | Problem]
    """

    kwargs = _get_kwargs(
        id=id,
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    id: str,
    *,
    client: AuthenticatedClient,
    body: LinkTenant,
) -> LinkedBusinessGroup | Problem | None:
    """Link a tenant

     Takes the place of the tenant linked before. With a `proof` the link is proven from then on; without
    one it is
    unproven, as long as nobody has proven it before. An operator's call without one confirms the link
    (`tenant_confirmed_at`). A tenant that another group has linked and not proven is taken over with a
    `proof`: the
    other group loses it at once, and both are told in their history. One that is proven only the
    operator can move, who
    unlinks it there first. Without a proof Microsoft Entra is asked whether there is such a tenant,
    unless it is linked
    to the group already: 422 `unknown-tenant` if it says that there is none.

    Args:
        id (str):
        body (LinkTenant): A tenant to be linked.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        LinkedBusinessGroup | Problem
    """

    return sync_detailed(
        id=id,
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    id: str,
    *,
    client: AuthenticatedClient,
    body: LinkTenant,
) -> Response[LinkedBusinessGroup | Problem]:
    """Link a tenant

     Takes the place of the tenant linked before. With a `proof` the link is proven from then on; without
    one it is
    unproven, as long as nobody has proven it before. An operator's call without one confirms the link
    (`tenant_confirmed_at`). A tenant that another group has linked and not proven is taken over with a
    `proof`: the
    other group loses it at once, and both are told in their history. One that is proven only the
    operator can move, who
    unlinks it there first. Without a proof Microsoft Entra is asked whether there is such a tenant,
    unless it is linked
    to the group already: 422 `unknown-tenant` if it says that there is none.

    Args:
        id (str):
        body (LinkTenant): A tenant to be linked.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[LinkedBusinessGroup | Problem]
    """

    kwargs = _get_kwargs(
        id=id,
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    id: str,
    *,
    client: AuthenticatedClient,
    body: LinkTenant,
) -> LinkedBusinessGroup | Problem | None:
    """Link a tenant

     Takes the place of the tenant linked before. With a `proof` the link is proven from then on; without
    one it is
    unproven, as long as nobody has proven it before. An operator's call without one confirms the link
    (`tenant_confirmed_at`). A tenant that another group has linked and not proven is taken over with a
    `proof`: the
    other group loses it at once, and both are told in their history. One that is proven only the
    operator can move, who
    unlinks it there first. Without a proof Microsoft Entra is asked whether there is such a tenant,
    unless it is linked
    to the group already: 422 `unknown-tenant` if it says that there is none.

    Args:
        id (str):
        body (LinkTenant): A tenant to be linked.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        LinkedBusinessGroup | Problem
    """

    return (
        await asyncio_detailed(
            id=id,
            client=client,
            body=body,
        )
    ).parsed
