from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.identity_pinning import IdentityPinning
from ..models.sign_in_outcome import SignInOutcome
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.last_change import LastChange
    from ..models.refused_sign_in import RefusedSignIn
    from ..models.similar_mapping import SimilarMapping


T = TypeVar("T", bound="SignInCheck")


@_attrs_define
class SignInCheck:
    """What an address would meet at sign-in, and why.

    Attributes:
        allow_guests (bool): Whether guests of the tenant may sign in.
        email (str): The address, in lower case. Example: bobsmith@abccompany.com.
        identity_pinning (IdentityPinning): What is done when another account comes with the address of a mapping.
        last_change (LastChange | None):
        outcome (SignInOutcome): What a sign-in would end with. A guest or another account of the address may be refused
            all the same.
        similar (list[SimilarMapping]): Where the address has no mapping: mappings whose address is much like it, the
            nearest first; five at most.
        unproven (bool): Whether the group is linked to a tenant and it is a proof of that link that is missing
            (`SIGNLINE_UNPROVEN_TENANTS`).
        phone_number (None | str | Unset): The number that is mapped to the address, in E.164. Example: +17635551111.
        phone_number_national (None | str | Unset): The same in the digits of the default region, or in E.164 if it is
            another region's. Example: 7635551111.
        pinned_at (datetime.datetime | None | Unset): When that account signed in for the first time.
        pinned_oid (None | str | Unset): The object id of the account that the mapping is pinned to: no other account of
            the address gets it.
        refused_sign_in (None | RefusedSignIn | Unset):
    """

    allow_guests: bool
    email: str
    identity_pinning: IdentityPinning
    last_change: LastChange | None
    outcome: SignInOutcome
    similar: list[SimilarMapping]
    unproven: bool
    phone_number: None | str | Unset = UNSET
    phone_number_national: None | str | Unset = UNSET
    pinned_at: datetime.datetime | None | Unset = UNSET
    pinned_oid: None | str | Unset = UNSET
    refused_sign_in: None | RefusedSignIn | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.last_change import LastChange
        from ..models.refused_sign_in import RefusedSignIn

        allow_guests = self.allow_guests

        email = self.email

        identity_pinning = self.identity_pinning.value

        last_change: dict[str, Any] | None
        if isinstance(self.last_change, LastChange):
            last_change = self.last_change.to_dict()
        else:
            last_change = self.last_change

        outcome = self.outcome.value

        similar = []
        for similar_item_data in self.similar:
            similar_item = similar_item_data.to_dict()
            similar.append(similar_item)

        unproven = self.unproven

        phone_number: None | str | Unset
        if isinstance(self.phone_number, Unset):
            phone_number = UNSET
        else:
            phone_number = self.phone_number

        phone_number_national: None | str | Unset
        if isinstance(self.phone_number_national, Unset):
            phone_number_national = UNSET
        else:
            phone_number_national = self.phone_number_national

        pinned_at: None | str | Unset
        if isinstance(self.pinned_at, Unset):
            pinned_at = UNSET
        elif isinstance(self.pinned_at, datetime.datetime):
            pinned_at = self.pinned_at.isoformat()
        else:
            pinned_at = self.pinned_at

        pinned_oid: None | str | Unset
        if isinstance(self.pinned_oid, Unset):
            pinned_oid = UNSET
        else:
            pinned_oid = self.pinned_oid

        refused_sign_in: dict[str, Any] | None | Unset
        if isinstance(self.refused_sign_in, Unset):
            refused_sign_in = UNSET
        elif isinstance(self.refused_sign_in, RefusedSignIn):
            refused_sign_in = self.refused_sign_in.to_dict()
        else:
            refused_sign_in = self.refused_sign_in

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "allow_guests": allow_guests,
                "email": email,
                "identity_pinning": identity_pinning,
                "last_change": last_change,
                "outcome": outcome,
                "similar": similar,
                "unproven": unproven,
            }
        )
        if phone_number is not UNSET:
            field_dict["phone_number"] = phone_number
        if phone_number_national is not UNSET:
            field_dict["phone_number_national"] = phone_number_national
        if pinned_at is not UNSET:
            field_dict["pinned_at"] = pinned_at
        if pinned_oid is not UNSET:
            field_dict["pinned_oid"] = pinned_oid
        if refused_sign_in is not UNSET:
            field_dict["refused_sign_in"] = refused_sign_in

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.last_change import LastChange
        from ..models.refused_sign_in import RefusedSignIn
        from ..models.similar_mapping import SimilarMapping

        d = dict(src_dict)
        allow_guests = d.pop("allow_guests")

        email = d.pop("email")

        identity_pinning = IdentityPinning(d.pop("identity_pinning"))

        def _parse_last_change(data: object) -> LastChange | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                last_change_type_0 = LastChange.from_dict(data)

                return last_change_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(LastChange | None, data)

        last_change = _parse_last_change(d.pop("last_change"))

        outcome = SignInOutcome(d.pop("outcome"))

        similar = []
        _similar = d.pop("similar")
        for similar_item_data in _similar:
            similar_item = SimilarMapping.from_dict(similar_item_data)

            similar.append(similar_item)

        unproven = d.pop("unproven")

        def _parse_phone_number(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        phone_number = _parse_phone_number(d.pop("phone_number", UNSET))

        def _parse_phone_number_national(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        phone_number_national = _parse_phone_number_national(
            d.pop("phone_number_national", UNSET)
        )

        def _parse_pinned_at(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                pinned_at_type_0 = datetime.datetime.fromisoformat(data)

                return pinned_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        pinned_at = _parse_pinned_at(d.pop("pinned_at", UNSET))

        def _parse_pinned_oid(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        pinned_oid = _parse_pinned_oid(d.pop("pinned_oid", UNSET))

        def _parse_refused_sign_in(data: object) -> None | RefusedSignIn | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                refused_sign_in_type_0 = RefusedSignIn.from_dict(data)

                return refused_sign_in_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | RefusedSignIn | Unset, data)

        refused_sign_in = _parse_refused_sign_in(d.pop("refused_sign_in", UNSET))

        sign_in_check = cls(
            allow_guests=allow_guests,
            email=email,
            identity_pinning=identity_pinning,
            last_change=last_change,
            outcome=outcome,
            similar=similar,
            unproven=unproven,
            phone_number=phone_number,
            phone_number_national=phone_number_national,
            pinned_at=pinned_at,
            pinned_oid=pinned_oid,
            refused_sign_in=refused_sign_in,
        )

        sign_in_check.additional_properties = d
        return sign_in_check

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
