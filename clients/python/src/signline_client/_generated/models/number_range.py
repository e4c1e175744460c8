from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="NumberRange")


@_attrs_define
class NumberRange:
    """All numbers from `first` to `last`.

    Attributes:
        first (str): The first number, in E.164. Example: +17635550000.
        last (str): The last number, in E.164. Example: +17635559999.
    """

    first: str
    last: str

    def to_dict(self) -> dict[str, Any]:
        first = self.first

        last = self.last

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "first": first,
                "last": last,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        first = d.pop("first")

        last = d.pop("last")

        number_range = cls(
            first=first,
            last=last,
        )

        return number_range
