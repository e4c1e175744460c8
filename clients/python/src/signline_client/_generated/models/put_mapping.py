from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="PutMapping")


@_attrs_define
class PutMapping:
    """The address of a mapping.

    Attributes:
        email (str): The Microsoft e-mail address. Example: bobsmith@abccompany.com.
    """

    email: str

    def to_dict(self) -> dict[str, Any]:
        email = self.email

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "email": email,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        email = d.pop("email")

        put_mapping = cls(
            email=email,
        )

        return put_mapping
