from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="FoundMapping")


@_attrs_define
class FoundMapping:
    """A mapping that was looked up.

    Attributes:
        business_group (str): The business group that it is of. Example: abccompany.
        email (str): The Microsoft e-mail address, in lower case. Example: bobsmith@abccompany.com.
        phone_number (str): The number in E.164. Example: +17635551111.
    """

    business_group: str
    email: str
    phone_number: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        business_group = self.business_group

        email = self.email

        phone_number = self.phone_number

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "business_group": business_group,
                "email": email,
                "phone_number": phone_number,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        business_group = d.pop("business_group")

        email = d.pop("email")

        phone_number = d.pop("phone_number")

        found_mapping = cls(
            business_group=business_group,
            email=email,
            phone_number=phone_number,
        )

        found_mapping.additional_properties = d
        return found_mapping

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
