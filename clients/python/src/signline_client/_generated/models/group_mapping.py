from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="GroupMapping")


@_attrs_define
class GroupMapping:
    """A mapping, and the business group that it is of.

    Attributes:
        email (str): The Microsoft e-mail address, in lower case. Example: bobsmith@abccompany.com.
        phone_number (str): The number in E.164. Example: +17635551111.
        updated_at (datetime.datetime): When it was last changed.
        business_group (str): The business group that it is of. Example: abccompany.
        oid (None | str | Unset): The object id of the account that it is pinned to; null if the next sign-in pins it.
        pinned_at (datetime.datetime | None | Unset): When that account signed in for the first time; null if it is
            pinned to none.
    """

    email: str
    phone_number: str
    updated_at: datetime.datetime
    business_group: str
    oid: None | str | Unset = UNSET
    pinned_at: datetime.datetime | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        email = self.email

        phone_number = self.phone_number

        updated_at = self.updated_at.isoformat()

        business_group = self.business_group

        oid: None | str | Unset
        if isinstance(self.oid, Unset):
            oid = UNSET
        else:
            oid = self.oid

        pinned_at: None | str | Unset
        if isinstance(self.pinned_at, Unset):
            pinned_at = UNSET
        elif isinstance(self.pinned_at, datetime.datetime):
            pinned_at = self.pinned_at.isoformat()
        else:
            pinned_at = self.pinned_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "email": email,
                "phone_number": phone_number,
                "updated_at": updated_at,
                "business_group": business_group,
            }
        )
        if oid is not UNSET:
            field_dict["oid"] = oid
        if pinned_at is not UNSET:
            field_dict["pinned_at"] = pinned_at

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        email = d.pop("email")

        phone_number = d.pop("phone_number")

        updated_at = datetime.datetime.fromisoformat(d.pop("updated_at"))

        business_group = d.pop("business_group")

        def _parse_oid(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        oid = _parse_oid(d.pop("oid", UNSET))

        def _parse_pinned_at(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                pinned_at_type_0 = datetime.datetime.fromisoformat(data)

                return pinned_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        pinned_at = _parse_pinned_at(d.pop("pinned_at", UNSET))

        group_mapping = cls(
            email=email,
            phone_number=phone_number,
            updated_at=updated_at,
            business_group=business_group,
            oid=oid,
            pinned_at=pinned_at,
        )

        group_mapping.additional_properties = d
        return group_mapping

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
