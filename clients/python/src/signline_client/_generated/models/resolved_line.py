from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="ResolvedLine")


@_attrs_define
class ResolvedLine:
    """The line of a signed-in user.

    Attributes:
        application (str): The name of the application that the user signed in to. Example: portal.
        business_group (str): The business group. Example: abccompany.
        email (str): The user's e-mail address, in lower case. Example: bobsmith@abccompany.com.
        oid (str): The user's object id in the tenant.
        phone_number (str): The number in E.164. Example: +17635551111.
        phone_number_national (str): The number in the digits of the default region, or in E.164 if it is another
            region's. Example: 7635551111.
        tid (str): The user's tenant.
    """

    application: str
    business_group: str
    email: str
    oid: str
    phone_number: str
    phone_number_national: str
    tid: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        application = self.application

        business_group = self.business_group

        email = self.email

        oid = self.oid

        phone_number = self.phone_number

        phone_number_national = self.phone_number_national

        tid = self.tid

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "application": application,
                "business_group": business_group,
                "email": email,
                "oid": oid,
                "phone_number": phone_number,
                "phone_number_national": phone_number_national,
                "tid": tid,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        application = d.pop("application")

        business_group = d.pop("business_group")

        email = d.pop("email")

        oid = d.pop("oid")

        phone_number = d.pop("phone_number")

        phone_number_national = d.pop("phone_number_national")

        tid = d.pop("tid")

        resolved_line = cls(
            application=application,
            business_group=business_group,
            email=email,
            oid=oid,
            phone_number=phone_number,
            phone_number_national=phone_number_national,
            tid=tid,
        )

        resolved_line.additional_properties = d
        return resolved_line

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
