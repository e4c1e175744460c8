from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.identity_pinning import IdentityPinning
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.number_range import NumberRange


T = TypeVar("T", bound="LinkedBusinessGroup")


@_attrs_define
class LinkedBusinessGroup:
    """A business group with the link that was just made.

    Attributes:
        allow_guests (bool): Whether guests of the tenant may sign in.
        created_at (datetime.datetime): When it was created.
        id (str): Its id. Example: abccompany.
        identity_pinning (IdentityPinning): What is done when another account comes with the address of a mapping.
        mapping_count (int): How many mappings it has.
        name (str): What people call it. Example: ABC Company.
        number_ranges (list[NumberRange]): The phone numbers that may be mapped, in order.
        revision (int): Counts the changes of its mappings.
        tenant_confirmed_at (datetime.datetime | None | Unset): Since when the link to the tenant is the operator's own,
            which proves nothing; null if an administrator of the
            group has made it. With `SIGNLINE_UNPROVEN_TENANTS=refuse` users sign in only where this or `tenant_proven_at`
            is set.
        tenant_id (None | str | Unset): The Microsoft Entra tenant whose users it takes; null until one is linked.
        tenant_proven_at (datetime.datetime | None | Unset): Since when the tenant is proven to be the group's own; null
            while another group can take it over with a proof.
        tenant_checked (bool | None | Unset): Whether Microsoft Entra was asked and knows the tenant; false if it could
            not be asked, so that the tenant is
            linked unchecked. Left out where nothing was asked: the tenant was linked to the group already, or there is a
            proof.
    """

    allow_guests: bool
    created_at: datetime.datetime
    id: str
    identity_pinning: IdentityPinning
    mapping_count: int
    name: str
    number_ranges: list[NumberRange]
    revision: int
    tenant_confirmed_at: datetime.datetime | None | Unset = UNSET
    tenant_id: None | str | Unset = UNSET
    tenant_proven_at: datetime.datetime | None | Unset = UNSET
    tenant_checked: bool | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        allow_guests = self.allow_guests

        created_at = self.created_at.isoformat()

        id = self.id

        identity_pinning = self.identity_pinning.value

        mapping_count = self.mapping_count

        name = self.name

        number_ranges = []
        for number_ranges_item_data in self.number_ranges:
            number_ranges_item = number_ranges_item_data.to_dict()
            number_ranges.append(number_ranges_item)

        revision = self.revision

        tenant_confirmed_at: None | str | Unset
        if isinstance(self.tenant_confirmed_at, Unset):
            tenant_confirmed_at = UNSET
        elif isinstance(self.tenant_confirmed_at, datetime.datetime):
            tenant_confirmed_at = self.tenant_confirmed_at.isoformat()
        else:
            tenant_confirmed_at = self.tenant_confirmed_at

        tenant_id: None | str | Unset
        if isinstance(self.tenant_id, Unset):
            tenant_id = UNSET
        else:
            tenant_id = self.tenant_id

        tenant_proven_at: None | str | Unset
        if isinstance(self.tenant_proven_at, Unset):
            tenant_proven_at = UNSET
        elif isinstance(self.tenant_proven_at, datetime.datetime):
            tenant_proven_at = self.tenant_proven_at.isoformat()
        else:
            tenant_proven_at = self.tenant_proven_at

        tenant_checked: bool | None | Unset
        if isinstance(self.tenant_checked, Unset):
            tenant_checked = UNSET
        else:
            tenant_checked = self.tenant_checked

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "allow_guests": allow_guests,
                "created_at": created_at,
                "id": id,
                "identity_pinning": identity_pinning,
                "mapping_count": mapping_count,
                "name": name,
                "number_ranges": number_ranges,
                "revision": revision,
            }
        )
        if tenant_confirmed_at is not UNSET:
            field_dict["tenant_confirmed_at"] = tenant_confirmed_at
        if tenant_id is not UNSET:
            field_dict["tenant_id"] = tenant_id
        if tenant_proven_at is not UNSET:
            field_dict["tenant_proven_at"] = tenant_proven_at
        if tenant_checked is not UNSET:
            field_dict["tenant_checked"] = tenant_checked

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.number_range import NumberRange

        d = dict(src_dict)
        allow_guests = d.pop("allow_guests")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        id = d.pop("id")

        identity_pinning = IdentityPinning(d.pop("identity_pinning"))

        mapping_count = d.pop("mapping_count")

        name = d.pop("name")

        number_ranges = []
        _number_ranges = d.pop("number_ranges")
        for number_ranges_item_data in _number_ranges:
            number_ranges_item = NumberRange.from_dict(number_ranges_item_data)

            number_ranges.append(number_ranges_item)

        revision = d.pop("revision")

        def _parse_tenant_confirmed_at(
            data: object,
        ) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                tenant_confirmed_at_type_0 = datetime.datetime.fromisoformat(data)

                return tenant_confirmed_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        tenant_confirmed_at = _parse_tenant_confirmed_at(
            d.pop("tenant_confirmed_at", UNSET)
        )

        def _parse_tenant_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        tenant_id = _parse_tenant_id(d.pop("tenant_id", UNSET))

        def _parse_tenant_proven_at(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                tenant_proven_at_type_0 = datetime.datetime.fromisoformat(data)

                return tenant_proven_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        tenant_proven_at = _parse_tenant_proven_at(d.pop("tenant_proven_at", UNSET))

        def _parse_tenant_checked(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        tenant_checked = _parse_tenant_checked(d.pop("tenant_checked", UNSET))

        linked_business_group = cls(
            allow_guests=allow_guests,
            created_at=created_at,
            id=id,
            identity_pinning=identity_pinning,
            mapping_count=mapping_count,
            name=name,
            number_ranges=number_ranges,
            revision=revision,
            tenant_confirmed_at=tenant_confirmed_at,
            tenant_id=tenant_id,
            tenant_proven_at=tenant_proven_at,
            tenant_checked=tenant_checked,
        )

        linked_business_group.additional_properties = d
        return linked_business_group

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
