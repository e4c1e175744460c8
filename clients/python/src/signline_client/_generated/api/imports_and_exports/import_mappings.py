from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.import_form import ImportForm
from ...models.import_mappings_mode import ImportMappingsMode
from ...models.import_mappings_on_problem import ImportMappingsOnProblem
from ...models.problem import Problem
from ...models.taken_import import TakenImport
from ...types import UNSET, Response, Unset


def _get_kwargs(
    id: str,
    *,
    body: ImportForm,
    mode: ImportMappingsMode | Unset = UNSET,
    apply: bool | Unset = UNSET,
    on_problem: ImportMappingsOnProblem | Unset = UNSET,
    confirm_removals: int | Unset = UNSET,
    confirm_changes: int | Unset = UNSET,
    if_match: None | str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(if_match, Unset):
        headers["If-Match"] = if_match

    params: dict[str, Any] = {}

    json_mode: str | Unset = UNSET
    if not isinstance(mode, Unset):
        json_mode = mode.value

    params["mode"] = json_mode

    params["apply"] = apply

    json_on_problem: str | Unset = UNSET
    if not isinstance(on_problem, Unset):
        json_on_problem = on_problem.value

    params["on_problem"] = json_on_problem

    params["confirm_removals"] = confirm_removals

    params["confirm_changes"] = confirm_changes

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/business-groups/{id}/imports".format(
            id=quote(str(id), safe=""),
        ),
        "params": params,
    }

    _kwargs["files"] = body.to_multipart()

    headers["Content-Type"] = "multipart/form-data; boundary=+++"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Problem | TakenImport | None:
    if response.status_code == 200:
        response_200 = TakenImport.from_dict(response.json())

        return response_200

    if response.status_code == 201:
        response_201 = TakenImport.from_dict(response.json())

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
) -> Response[Problem | TakenImport]:
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
    body: ImportForm,
    mode: ImportMappingsMode | Unset = UNSET,
    apply: bool | Unset = UNSET,
    on_problem: ImportMappingsOnProblem | Unset = UNSET,
    confirm_removals: int | Unset = UNSET,
    confirm_changes: int | Unset = UNSET,
    if_match: None | str | Unset = UNSET,
) -> Response[Problem | TakenImport]:
    """Upload a file of mappings

     Takes the file, a CSV or an Excel workbook (`.xlsx`: its first sheet that is not hidden), as the
    body or as the one
    file of a form. Which of them it is is told from the file itself. It is compared with the mappings
    and kept, to be
    looked at and applied; with `apply=true` it is applied at once. Any problem in any row: nothing is
    kept or changed,
    unless a merge says `on_problem=skip`. `Accept: text/csv` gives the problems of a rejected file as
    CSV.

    Args:
        id (str):
        mode (ImportMappingsMode | Unset): What happens to mappings that are not in the file.
        apply (bool | Unset):
        on_problem (ImportMappingsOnProblem | Unset): What is done if a row has a problem.
        confirm_removals (int | Unset):
        confirm_changes (int | Unset):
        if_match (None | str | Unset):
        body (ImportForm): A form with one file.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | TakenImport]
    """

    kwargs = _get_kwargs(
        id=id,
        body=body,
        mode=mode,
        apply=apply,
        on_problem=on_problem,
        confirm_removals=confirm_removals,
        confirm_changes=confirm_changes,
        if_match=if_match,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    id: str,
    *,
    client: AuthenticatedClient,
    body: ImportForm,
    mode: ImportMappingsMode | Unset = UNSET,
    apply: bool | Unset = UNSET,
    on_problem: ImportMappingsOnProblem | Unset = UNSET,
    confirm_removals: int | Unset = UNSET,
    confirm_changes: int | Unset = UNSET,
    if_match: None | str | Unset = UNSET,
) -> Problem | TakenImport | None:
    """Upload a file of mappings

     Takes the file, a CSV or an Excel workbook (`.xlsx`: its first sheet that is not hidden), as the
    body or as the one
    file of a form. Which of them it is is told from the file itself. It is compared with the mappings
    and kept, to be
    looked at and applied; with `apply=true` it is applied at once. Any problem in any row: nothing is
    kept or changed,
    unless a merge says `on_problem=skip`. `Accept: text/csv` gives the problems of a rejected file as
    CSV.

    Args:
        id (str):
        mode (ImportMappingsMode | Unset): What happens to mappings that are not in the file.
        apply (bool | Unset):
        on_problem (ImportMappingsOnProblem | Unset): What is done if a row has a problem.
        confirm_removals (int | Unset):
        confirm_changes (int | Unset):
        if_match (None | str | Unset):
        body (ImportForm): A form with one file.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | TakenImport
    """

    return sync_detailed(
        id=id,
        client=client,
        body=body,
        mode=mode,
        apply=apply,
        on_problem=on_problem,
        confirm_removals=confirm_removals,
        confirm_changes=confirm_changes,
        if_match=if_match,
    ).parsed


async def asyncio_detailed(
    id: str,
    *,
    client: AuthenticatedClient,
    body: ImportForm,
    mode: ImportMappingsMode | Unset = UNSET,
    apply: bool | Unset = UNSET,
    on_problem: ImportMappingsOnProblem | Unset = UNSET,
    confirm_removals: int | Unset = UNSET,
    confirm_changes: int | Unset = UNSET,
    if_match: None | str | Unset = UNSET,
) -> Response[Problem | TakenImport]:
    """Upload a file of mappings

     Takes the file, a CSV or an Excel workbook (`.xlsx`: its first sheet that is not hidden), as the
    body or as the one
    file of a form. Which of them it is is told from the file itself. It is compared with the mappings
    and kept, to be
    looked at and applied; with `apply=true` it is applied at once. Any problem in any row: nothing is
    kept or changed,
    unless a merge says `on_problem=skip`. `Accept: text/csv` gives the problems of a rejected file as
    CSV.

    Args:
        id (str):
        mode (ImportMappingsMode | Unset): What happens to mappings that are not in the file.
        apply (bool | Unset):
        on_problem (ImportMappingsOnProblem | Unset): What is done if a row has a problem.
        confirm_removals (int | Unset):
        confirm_changes (int | Unset):
        if_match (None | str | Unset):
        body (ImportForm): A form with one file.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | TakenImport]
    """

    kwargs = _get_kwargs(
        id=id,
        body=body,
        mode=mode,
        apply=apply,
        on_problem=on_problem,
        confirm_removals=confirm_removals,
        confirm_changes=confirm_changes,
        if_match=if_match,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    id: str,
    *,
    client: AuthenticatedClient,
    body: ImportForm,
    mode: ImportMappingsMode | Unset = UNSET,
    apply: bool | Unset = UNSET,
    on_problem: ImportMappingsOnProblem | Unset = UNSET,
    confirm_removals: int | Unset = UNSET,
    confirm_changes: int | Unset = UNSET,
    if_match: None | str | Unset = UNSET,
) -> Problem | TakenImport | None:
    """Upload a file of mappings

     Takes the file, a CSV or an Excel workbook (`.xlsx`: its first sheet that is not hidden), as the
    body or as the one
    file of a form. Which of them it is is told from the file itself. It is compared with the mappings
    and kept, to be
    looked at and applied; with `apply=true` it is applied at once. Any problem in any row: nothing is
    kept or changed,
    unless a merge says `on_problem=skip`. `Accept: text/csv` gives the problems of a rejected file as
    CSV.

    Args:
        id (str):
        mode (ImportMappingsMode | Unset): What happens to mappings that are not in the file.
        apply (bool | Unset):
        on_problem (ImportMappingsOnProblem | Unset): What is done if a row has a problem.
        confirm_removals (int | Unset):
        confirm_changes (int | Unset):
        if_match (None | str | Unset):
        body (ImportForm): A form with one file.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | TakenImport
    """

    return (
        await asyncio_detailed(
            id=id,
            client=client,
            body=body,
            mode=mode,
            apply=apply,
            on_problem=on_problem,
            confirm_removals=confirm_removals,
            confirm_changes=confirm_changes,
            if_match=if_match,
        )
    ).parsed
