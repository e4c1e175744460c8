from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.consent_state import ConsentState
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.consent_fault import ConsentFault


T = TypeVar("T", bound="Consent")


@_attrs_define
class Consent:
    """How it stands with an application's consent in the group's tenant.

    Attributes:
        application (str): The application's name. Example: portal.
        client_id (str): Its client id. Example: 0c11e470-1111-4222-8333-444455557777.
        error (ConsentFault | None):
        state (ConsentState): How far an application's consent is.
        confirmed_at (datetime.datetime | None | Unset): When somebody of the tenant first signed in to the application.
        link (None | str | Unset): What an administrator of the tenant opens to grant the application access for the
            whole company. It is another
            one each time, and good for one return. Null without a tenant, or where `SIGNLINE_PUBLIC_URL` is not set.
        link_expires_at (datetime.datetime | None | Unset): Until when a return from the link is taken.
        reported_at (datetime.datetime | None | Unset): When a return from Microsoft last said that there is consent.
    """

    application: str
    client_id: str
    error: ConsentFault | None
    state: ConsentState
    confirmed_at: datetime.datetime | None | Unset = UNSET
    link: None | str | Unset = UNSET
    link_expires_at: datetime.datetime | None | Unset = UNSET
    reported_at: datetime.datetime | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.consent_fault import ConsentFault

        application = self.application

        client_id = self.client_id

        error: dict[str, Any] | None
        if isinstance(self.error, ConsentFault):
            error = self.error.to_dict()
        else:
            error = self.error

        state = self.state.value

        confirmed_at: None | str | Unset
        if isinstance(self.confirmed_at, Unset):
            confirmed_at = UNSET
        elif isinstance(self.confirmed_at, datetime.datetime):
            confirmed_at = self.confirmed_at.isoformat()
        else:
            confirmed_at = self.confirmed_at

        link: None | str | Unset
        if isinstance(self.link, Unset):
            link = UNSET
        else:
            link = self.link

        link_expires_at: None | str | Unset
        if isinstance(self.link_expires_at, Unset):
            link_expires_at = UNSET
        elif isinstance(self.link_expires_at, datetime.datetime):
            link_expires_at = self.link_expires_at.isoformat()
        else:
            link_expires_at = self.link_expires_at

        reported_at: None | str | Unset
        if isinstance(self.reported_at, Unset):
            reported_at = UNSET
        elif isinstance(self.reported_at, datetime.datetime):
            reported_at = self.reported_at.isoformat()
        else:
            reported_at = self.reported_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "application": application,
                "client_id": client_id,
                "error": error,
                "state": state,
            }
        )
        if confirmed_at is not UNSET:
            field_dict["confirmed_at"] = confirmed_at
        if link is not UNSET:
            field_dict["link"] = link
        if link_expires_at is not UNSET:
            field_dict["link_expires_at"] = link_expires_at
        if reported_at is not UNSET:
            field_dict["reported_at"] = reported_at

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.consent_fault import ConsentFault

        d = dict(src_dict)
        application = d.pop("application")

        client_id = d.pop("client_id")

        def _parse_error(data: object) -> ConsentFault | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                error_type_0 = ConsentFault.from_dict(data)

                return error_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ConsentFault | None, data)

        error = _parse_error(d.pop("error"))

        state = ConsentState(d.pop("state"))

        def _parse_confirmed_at(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                confirmed_at_type_0 = datetime.datetime.fromisoformat(data)

                return confirmed_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        confirmed_at = _parse_confirmed_at(d.pop("confirmed_at", UNSET))

        def _parse_link(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        link = _parse_link(d.pop("link", UNSET))

        def _parse_link_expires_at(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                link_expires_at_type_0 = datetime.datetime.fromisoformat(data)

                return link_expires_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        link_expires_at = _parse_link_expires_at(d.pop("link_expires_at", UNSET))

        def _parse_reported_at(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                reported_at_type_0 = datetime.datetime.fromisoformat(data)

                return reported_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        reported_at = _parse_reported_at(d.pop("reported_at", UNSET))

        consent = cls(
            application=application,
            client_id=client_id,
            error=error,
            state=state,
            confirmed_at=confirmed_at,
            link=link,
            link_expires_at=link_expires_at,
            reported_at=reported_at,
        )

        consent.additional_properties = d
        return consent

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
