from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="RefusedSignIn")


@_attrs_define
class RefusedSignIn:
    """A sign-in that was refused because the address and the sign-in name of the account are mapped to two different
    numbers.

        Attributes:
            at (datetime.datetime): When.
            email (str): Its address. Example: bobsmith@abccompany.com.
            oid (str): The object id of the account.
            phone_number (str): The number that is mapped to the address now, in E.164. Example: +17635551111.
            sign_in_name (str): Its sign-in name. Example: johndavidson@abccompany.com.
            sign_in_phone_number (str): The number that is mapped to the sign-in name now, in E.164. Example: +17635552222.
            request_id (None | str | Unset): The `X-Request-Id` of the answer.
    """

    at: datetime.datetime
    email: str
    oid: str
    phone_number: str
    sign_in_name: str
    sign_in_phone_number: str
    request_id: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        at = self.at.isoformat()

        email = self.email

        oid = self.oid

        phone_number = self.phone_number

        sign_in_name = self.sign_in_name

        sign_in_phone_number = self.sign_in_phone_number

        request_id: None | str | Unset
        if isinstance(self.request_id, Unset):
            request_id = UNSET
        else:
            request_id = self.request_id

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "at": at,
                "email": email,
                "oid": oid,
                "phone_number": phone_number,
                "sign_in_name": sign_in_name,
                "sign_in_phone_number": sign_in_phone_number,
            }
        )
        if request_id is not UNSET:
            field_dict["request_id"] = request_id

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        at = datetime.datetime.fromisoformat(d.pop("at"))

        email = d.pop("email")

        oid = d.pop("oid")

        phone_number = d.pop("phone_number")

        sign_in_name = d.pop("sign_in_name")

        sign_in_phone_number = d.pop("sign_in_phone_number")

        def _parse_request_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        request_id = _parse_request_id(d.pop("request_id", UNSET))

        refused_sign_in = cls(
            at=at,
            email=email,
            oid=oid,
            phone_number=phone_number,
            sign_in_name=sign_in_name,
            sign_in_phone_number=sign_in_phone_number,
            request_id=request_id,
        )

        refused_sign_in.additional_properties = d
        return refused_sign_in

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
