from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..models.identity_pinning import IdentityPinning
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.number_range import NumberRange


T = TypeVar("T", bound="UpdateBusinessGroup")


@_attrs_define
class UpdateBusinessGroup:
    """What changes; what is left out stays.

    Attributes:
        allow_guests (bool | None | Unset): Whether guests of the tenant may sign in.
        identity_pinning (IdentityPinning | None | Unset):
        name (None | str | Unset): What people call it. From an administrator no name that people take for another
            group's: one that differs in
            nothing but case, spaces and letters that look alike.
        number_ranges (list[NumberRange] | None | Unset): All its ranges from now on. Operators alone may change them.
    """

    allow_guests: bool | None | Unset = UNSET
    identity_pinning: IdentityPinning | None | Unset = UNSET
    name: None | str | Unset = UNSET
    number_ranges: list[NumberRange] | None | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        allow_guests: bool | None | Unset
        if isinstance(self.allow_guests, Unset):
            allow_guests = UNSET
        else:
            allow_guests = self.allow_guests

        identity_pinning: None | str | Unset
        if isinstance(self.identity_pinning, Unset):
            identity_pinning = UNSET
        elif isinstance(self.identity_pinning, IdentityPinning):
            identity_pinning = self.identity_pinning.value
        else:
            identity_pinning = self.identity_pinning

        name: None | str | Unset
        if isinstance(self.name, Unset):
            name = UNSET
        else:
            name = self.name

        number_ranges: list[dict[str, Any]] | None | Unset
        if isinstance(self.number_ranges, Unset):
            number_ranges = UNSET
        elif isinstance(self.number_ranges, list):
            number_ranges = []
            for number_ranges_type_0_item_data in self.number_ranges:
                number_ranges_type_0_item = number_ranges_type_0_item_data.to_dict()
                number_ranges.append(number_ranges_type_0_item)

        else:
            number_ranges = self.number_ranges

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if allow_guests is not UNSET:
            field_dict["allow_guests"] = allow_guests
        if identity_pinning is not UNSET:
            field_dict["identity_pinning"] = identity_pinning
        if name is not UNSET:
            field_dict["name"] = name
        if number_ranges is not UNSET:
            field_dict["number_ranges"] = number_ranges

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.number_range import NumberRange

        d = dict(src_dict)

        def _parse_allow_guests(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        allow_guests = _parse_allow_guests(d.pop("allow_guests", UNSET))

        def _parse_identity_pinning(data: object) -> IdentityPinning | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                identity_pinning_type_0 = IdentityPinning(data)

                return identity_pinning_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(IdentityPinning | None | Unset, data)

        identity_pinning = _parse_identity_pinning(d.pop("identity_pinning", UNSET))

        def _parse_name(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        name = _parse_name(d.pop("name", UNSET))

        def _parse_number_ranges(data: object) -> list[NumberRange] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                number_ranges_type_0 = []
                _number_ranges_type_0 = data
                for number_ranges_type_0_item_data in _number_ranges_type_0:
                    number_ranges_type_0_item = NumberRange.from_dict(
                        number_ranges_type_0_item_data
                    )

                    number_ranges_type_0.append(number_ranges_type_0_item)

                return number_ranges_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[NumberRange] | None | Unset, data)

        number_ranges = _parse_number_ranges(d.pop("number_ranges", UNSET))

        update_business_group = cls(
            allow_guests=allow_guests,
            identity_pinning=identity_pinning,
            name=name,
            number_ranges=number_ranges,
        )

        return update_business_group
