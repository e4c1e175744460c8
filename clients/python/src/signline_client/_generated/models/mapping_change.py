from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.change_kind import ChangeKind
from ..types import UNSET, Unset

T = TypeVar("T", bound="MappingChange")


@_attrs_define
class MappingChange:
    """A change of one mapping.

    Attributes:
        kind (ChangeKind): What happens to a mapping.
        phone_number (str): The number; the new one where an address moves. Example: +17635551111.
        new_email (None | str | Unset): The address after; null where there is none. Example: annsmith@abccompany.com.
        old_email (None | str | Unset): The address before; null where there was none. Example: bobsmith@abccompany.com.
        old_phone_number (None | str | Unset): Where an address moves: the number that it had, which has no mapping any
            more. Example: +17635552222.
    """

    kind: ChangeKind
    phone_number: str
    new_email: None | str | Unset = UNSET
    old_email: None | str | Unset = UNSET
    old_phone_number: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        kind = self.kind.value

        phone_number = self.phone_number

        new_email: None | str | Unset
        if isinstance(self.new_email, Unset):
            new_email = UNSET
        else:
            new_email = self.new_email

        old_email: None | str | Unset
        if isinstance(self.old_email, Unset):
            old_email = UNSET
        else:
            old_email = self.old_email

        old_phone_number: None | str | Unset
        if isinstance(self.old_phone_number, Unset):
            old_phone_number = UNSET
        else:
            old_phone_number = self.old_phone_number

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "kind": kind,
                "phone_number": phone_number,
            }
        )
        if new_email is not UNSET:
            field_dict["new_email"] = new_email
        if old_email is not UNSET:
            field_dict["old_email"] = old_email
        if old_phone_number is not UNSET:
            field_dict["old_phone_number"] = old_phone_number

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        kind = ChangeKind(d.pop("kind"))

        phone_number = d.pop("phone_number")

        def _parse_new_email(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        new_email = _parse_new_email(d.pop("new_email", UNSET))

        def _parse_old_email(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        old_email = _parse_old_email(d.pop("old_email", UNSET))

        def _parse_old_phone_number(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        old_phone_number = _parse_old_phone_number(d.pop("old_phone_number", UNSET))

        mapping_change = cls(
            kind=kind,
            phone_number=phone_number,
            new_email=new_email,
            old_email=old_email,
            old_phone_number=old_phone_number,
        )

        mapping_change.additional_properties = d
        return mapping_change

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
