from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.actor_kind import ActorKind
from ..models.audit_outcome import AuditOutcome
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.audit_event_detail import AuditEventDetail


T = TypeVar("T", bound="AuditEvent")


@_attrs_define
class AuditEvent:
    """Something that was done, or refused.

    Attributes:
        action (str): What: the `operationId` of the call. Example: linkTenant.
        actor (str): Who: the name and the id of the API key, or the address and the `oid` of a person who signed in
            with Microsoft. Example: my laptop (0198f2c4-6a51-7c3e-9d2b-5f0f4f3a1b2c).
        actor_kind (ActorKind): What an actor is. Names don't tell: an API key can have the name of a person.
        at (datetime.datetime): When.
        detail (AuditEventDetail): What else there is to tell: names and texts.
        id (int): Its id: later ones are larger.
        outcome (AuditOutcome): Whether something was done.
        business_group (None | str | Unset): The business group that it was done to; null if it was done to none.
            Example: abccompany.
        refused_with (None | str | Unset): The slug of the problem, if it was refused. Example: tenant-taken.
        request_id (None | str | Unset): The `X-Request-Id` of the call.
    """

    action: str
    actor: str
    actor_kind: ActorKind
    at: datetime.datetime
    detail: AuditEventDetail
    id: int
    outcome: AuditOutcome
    business_group: None | str | Unset = UNSET
    refused_with: None | str | Unset = UNSET
    request_id: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        action = self.action

        actor = self.actor

        actor_kind = self.actor_kind.value

        at = self.at.isoformat()

        detail = self.detail.to_dict()

        id = self.id

        outcome = self.outcome.value

        business_group: None | str | Unset
        if isinstance(self.business_group, Unset):
            business_group = UNSET
        else:
            business_group = self.business_group

        refused_with: None | str | Unset
        if isinstance(self.refused_with, Unset):
            refused_with = UNSET
        else:
            refused_with = self.refused_with

        request_id: None | str | Unset
        if isinstance(self.request_id, Unset):
            request_id = UNSET
        else:
            request_id = self.request_id

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "action": action,
                "actor": actor,
                "actor_kind": actor_kind,
                "at": at,
                "detail": detail,
                "id": id,
                "outcome": outcome,
            }
        )
        if business_group is not UNSET:
            field_dict["business_group"] = business_group
        if refused_with is not UNSET:
            field_dict["refused_with"] = refused_with
        if request_id is not UNSET:
            field_dict["request_id"] = request_id

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.audit_event_detail import AuditEventDetail

        d = dict(src_dict)
        action = d.pop("action")

        actor = d.pop("actor")

        actor_kind = ActorKind(d.pop("actor_kind"))

        at = datetime.datetime.fromisoformat(d.pop("at"))

        detail = AuditEventDetail.from_dict(d.pop("detail"))

        id = d.pop("id")

        outcome = AuditOutcome(d.pop("outcome"))

        def _parse_business_group(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        business_group = _parse_business_group(d.pop("business_group", UNSET))

        def _parse_refused_with(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        refused_with = _parse_refused_with(d.pop("refused_with", UNSET))

        def _parse_request_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        request_id = _parse_request_id(d.pop("request_id", UNSET))

        audit_event = cls(
            action=action,
            actor=actor,
            actor_kind=actor_kind,
            at=at,
            detail=detail,
            id=id,
            outcome=outcome,
            business_group=business_group,
            refused_with=refused_with,
            request_id=request_id,
        )

        audit_event.additional_properties = d
        return audit_event

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
