from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.number_range import NumberRange


T = TypeVar("T", bound="CreateBusinessGroup")


@_attrs_define
class CreateBusinessGroup:
    """A business group to be created.

    Attributes:
        id (str): Its id, for good. Example: abccompany.
        name (str): What people call it. Example: ABC Company.
        number_ranges (list[NumberRange] | Unset): The phone numbers that may be mapped; none if left out.
    """

    id: str
    name: str
    number_ranges: list[NumberRange] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        name = self.name

        number_ranges: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.number_ranges, Unset):
            number_ranges = []
            for number_ranges_item_data in self.number_ranges:
                number_ranges_item = number_ranges_item_data.to_dict()
                number_ranges.append(number_ranges_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "id": id,
                "name": name,
            }
        )
        if number_ranges is not UNSET:
            field_dict["number_ranges"] = number_ranges

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.number_range import NumberRange

        d = dict(src_dict)
        id = d.pop("id")

        name = d.pop("name")

        _number_ranges = d.pop("number_ranges", UNSET)
        number_ranges: list[NumberRange] | Unset = UNSET
        if _number_ranges is not UNSET:
            number_ranges = []
            for number_ranges_item_data in _number_ranges:
                number_ranges_item = NumberRange.from_dict(number_ranges_item_data)

                number_ranges.append(number_ranges_item)

        create_business_group = cls(
            id=id,
            name=name,
            number_ranges=number_ranges,
        )

        return create_business_group
