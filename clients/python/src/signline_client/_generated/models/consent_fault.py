from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="ConsentFault")


@_attrs_define
class ConsentFault:
    """Why there was no consent.

    Attributes:
        at (datetime.datetime): When.
        code (str): Microsoft's error, or `other_tenant` (consent was given in another tenant) or `unclear_answer`.
            Example: access_denied.
        aadsts (None | str | Unset): Microsoft's number of it. Example: AADSTS65004.
    """

    at: datetime.datetime
    code: str
    aadsts: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        at = self.at.isoformat()

        code = self.code

        aadsts: None | str | Unset
        if isinstance(self.aadsts, Unset):
            aadsts = UNSET
        else:
            aadsts = self.aadsts

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "at": at,
                "code": code,
            }
        )
        if aadsts is not UNSET:
            field_dict["aadsts"] = aadsts

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        at = datetime.datetime.fromisoformat(d.pop("at"))

        code = d.pop("code")

        def _parse_aadsts(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        aadsts = _parse_aadsts(d.pop("aadsts", UNSET))

        consent_fault = cls(
            at=at,
            code=code,
            aadsts=aadsts,
        )

        consent_fault.additional_properties = d
        return consent_fault

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
