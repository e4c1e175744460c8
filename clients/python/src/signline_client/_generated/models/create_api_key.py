from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..models.api_key_role import ApiKeyRole
from ..types import UNSET, Unset

T = TypeVar("T", bound="CreateApiKey")


@_attrs_define
class CreateApiKey:
    """An API key to be made.

    Attributes:
        name (str): What people call it. Example: portal.
        role (ApiKeyRole): What a key may do.
        business_group (None | str | Unset): The business group that it is for: needed for `business-group-admin` and
            `scim`, not for `operator`. A `resolver` or a
            `directory` with one is for that alone.
        expires_at (datetime.datetime | None | Unset): When it stops working; left out or null: never.
    """

    name: str
    role: ApiKeyRole
    business_group: None | str | Unset = UNSET
    expires_at: datetime.datetime | None | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        role = self.role.value

        business_group: None | str | Unset
        if isinstance(self.business_group, Unset):
            business_group = UNSET
        else:
            business_group = self.business_group

        expires_at: None | str | Unset
        if isinstance(self.expires_at, Unset):
            expires_at = UNSET
        elif isinstance(self.expires_at, datetime.datetime):
            expires_at = self.expires_at.isoformat()
        else:
            expires_at = self.expires_at

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
                "role": role,
            }
        )
        if business_group is not UNSET:
            field_dict["business_group"] = business_group
        if expires_at is not UNSET:
            field_dict["expires_at"] = expires_at

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        name = d.pop("name")

        role = ApiKeyRole(d.pop("role"))

        def _parse_business_group(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        business_group = _parse_business_group(d.pop("business_group", UNSET))

        def _parse_expires_at(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                expires_at_type_0 = datetime.datetime.fromisoformat(data)

                return expires_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        expires_at = _parse_expires_at(d.pop("expires_at", UNSET))

        create_api_key = cls(
            name=name,
            role=role,
            business_group=business_group,
            expires_at=expires_at,
        )

        return create_api_key
