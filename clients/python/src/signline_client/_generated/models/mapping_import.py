from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.import_mode import ImportMode
from ..models.import_state import ImportState
from ..types import UNSET, Unset

T = TypeVar("T", bound="MappingImport")


@_attrs_define
class MappingImport:
    """An uploaded file, and what it changes.

    Attributes:
        added (int): Numbers that had no mapping.
        base_revision (int): The revision of the mappings that the file was compared with.
        changed (int): Numbers that get another address, and addresses that move to a new number.
        created_at (datetime.datetime): When it was uploaded.
        expires_at (datetime.datetime): When it is dropped if it was not applied until then.
        id (str): Names it. Example: 0198f2c4-6a51-7c3e-9d2b-5f0f4f3a1b2c.
        mode (ImportMode): What happens to mappings that are not in the file.
        removed (int): Mappings that are not in the file any more.
        row_count (int): How many rows the file has.
        state (ImportState): Whether an import was applied.
        unchanged (int): Rows that stood so already.
        problem_count (int | None | Unset): `on_problem=skip`: how many problems the file has.
        reassigned (int | None | Unset): People who get a number that is or was another's of the business group, in
            place of their own: all of them if a
            column slipped by a row. Left out of an import from before it was counted.
        revision (int | None | Unset): Once it is applied: the revision of the mappings since; the base's if it changed
            nothing.
    """

    added: int
    base_revision: int
    changed: int
    created_at: datetime.datetime
    expires_at: datetime.datetime
    id: str
    mode: ImportMode
    removed: int
    row_count: int
    state: ImportState
    unchanged: int
    problem_count: int | None | Unset = UNSET
    reassigned: int | None | Unset = UNSET
    revision: int | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        added = self.added

        base_revision = self.base_revision

        changed = self.changed

        created_at = self.created_at.isoformat()

        expires_at = self.expires_at.isoformat()

        id = self.id

        mode = self.mode.value

        removed = self.removed

        row_count = self.row_count

        state = self.state.value

        unchanged = self.unchanged

        problem_count: int | None | Unset
        if isinstance(self.problem_count, Unset):
            problem_count = UNSET
        else:
            problem_count = self.problem_count

        reassigned: int | None | Unset
        if isinstance(self.reassigned, Unset):
            reassigned = UNSET
        else:
            reassigned = self.reassigned

        revision: int | None | Unset
        if isinstance(self.revision, Unset):
            revision = UNSET
        else:
            revision = self.revision

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "added": added,
                "base_revision": base_revision,
                "changed": changed,
                "created_at": created_at,
                "expires_at": expires_at,
                "id": id,
                "mode": mode,
                "removed": removed,
                "row_count": row_count,
                "state": state,
                "unchanged": unchanged,
            }
        )
        if problem_count is not UNSET:
            field_dict["problem_count"] = problem_count
        if reassigned is not UNSET:
            field_dict["reassigned"] = reassigned
        if revision is not UNSET:
            field_dict["revision"] = revision

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        added = d.pop("added")

        base_revision = d.pop("base_revision")

        changed = d.pop("changed")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        expires_at = datetime.datetime.fromisoformat(d.pop("expires_at"))

        id = d.pop("id")

        mode = ImportMode(d.pop("mode"))

        removed = d.pop("removed")

        row_count = d.pop("row_count")

        state = ImportState(d.pop("state"))

        unchanged = d.pop("unchanged")

        def _parse_problem_count(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        problem_count = _parse_problem_count(d.pop("problem_count", UNSET))

        def _parse_reassigned(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        reassigned = _parse_reassigned(d.pop("reassigned", UNSET))

        def _parse_revision(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        revision = _parse_revision(d.pop("revision", UNSET))

        mapping_import = cls(
            added=added,
            base_revision=base_revision,
            changed=changed,
            created_at=created_at,
            expires_at=expires_at,
            id=id,
            mode=mode,
            removed=removed,
            row_count=row_count,
            state=state,
            unchanged=unchanged,
            problem_count=problem_count,
            reassigned=reassigned,
            revision=revision,
        )

        mapping_import.additional_properties = d
        return mapping_import

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
