from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="LookUpRequest")


@_attrs_define
class LookUpRequest:
    """Whom to look up: either by their addresses or by their numbers.

    Attributes:
        business_group (None | str | Unset): The business group in which to look; if it is left out, in all that the
            credential is for. Example: abccompany.
        emails (list[str] | None | Unset): Microsoft e-mail addresses, 1 to 10,000 of them. Example:
            ['bobsmith@abccompany.com'].
        phone_numbers (list[str] | None | Unset): Phone numbers, 1 to 10,000 of them, as people write them: in E.164, or
            as they are dialled in the default region,
            also with spaces, dots, dashes and brackets.
    """

    business_group: None | str | Unset = UNSET
    emails: list[str] | None | Unset = UNSET
    phone_numbers: list[str] | None | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        business_group: None | str | Unset
        if isinstance(self.business_group, Unset):
            business_group = UNSET
        else:
            business_group = self.business_group

        emails: list[str] | None | Unset
        if isinstance(self.emails, Unset):
            emails = UNSET
        elif isinstance(self.emails, list):
            emails = self.emails

        else:
            emails = self.emails

        phone_numbers: list[str] | None | Unset
        if isinstance(self.phone_numbers, Unset):
            phone_numbers = UNSET
        elif isinstance(self.phone_numbers, list):
            phone_numbers = self.phone_numbers

        else:
            phone_numbers = self.phone_numbers

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if business_group is not UNSET:
            field_dict["business_group"] = business_group
        if emails is not UNSET:
            field_dict["emails"] = emails
        if phone_numbers is not UNSET:
            field_dict["phone_numbers"] = phone_numbers

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)

        def _parse_business_group(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        business_group = _parse_business_group(d.pop("business_group", UNSET))

        def _parse_emails(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                emails_type_0 = cast(list[str], data)

                return emails_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | Unset, data)

        emails = _parse_emails(d.pop("emails", UNSET))

        def _parse_phone_numbers(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                phone_numbers_type_0 = cast(list[str], data)

                return phone_numbers_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | Unset, data)

        phone_numbers = _parse_phone_numbers(d.pop("phone_numbers", UNSET))

        look_up_request = cls(
            business_group=business_group,
            emails=emails,
            phone_numbers=phone_numbers,
        )

        return look_up_request
