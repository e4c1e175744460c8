from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="RestoredRevision")


@_attrs_define
class RestoredRevision:
    """A revision that was restored.

    Attributes:
        added (int): Numbers that had no mapping.
        changed (int): Numbers that got another address, and addresses that moved to a new number.
        removed (int): Mappings that went.
        restored_revision (int): The revision that they are equal to.
        revision (int): The revision that the mappings are of now; the same as before if nothing had to be changed.
    """

    added: int
    changed: int
    removed: int
    restored_revision: int
    revision: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        added = self.added

        changed = self.changed

        removed = self.removed

        restored_revision = self.restored_revision

        revision = self.revision

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "added": added,
                "changed": changed,
                "removed": removed,
                "restored_revision": restored_revision,
                "revision": revision,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        added = d.pop("added")

        changed = d.pop("changed")

        removed = d.pop("removed")

        restored_revision = d.pop("restored_revision")

        revision = d.pop("revision")

        restored_revision = cls(
            added=added,
            changed=changed,
            removed=removed,
            restored_revision=restored_revision,
            revision=revision,
        )

        restored_revision.additional_properties = d
        return restored_revision

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
