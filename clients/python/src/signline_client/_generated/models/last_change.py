from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.actor_kind import ActorKind
from ..models.change_kind import ChangeKind

T = TypeVar("T", bound="LastChange")


@_attrs_define
class LastChange:
    """The change that an address went through last.

    Attributes:
        actor (str): Who made it. Example: my laptop (0198f2c4-6a51-7c3e-9d2b-5f0f4f3a1b2c).
        actor_kind (ActorKind): What an actor is. Names don't tell: an API key can have the name of a person.
        at (datetime.datetime): When it was made.
        kind (ChangeKind): What happens to a mapping.
        phone_number (str): The number. Example: +17635551111.
        revision (int): The revision.
    """

    actor: str
    actor_kind: ActorKind
    at: datetime.datetime
    kind: ChangeKind
    phone_number: str
    revision: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        actor = self.actor

        actor_kind = self.actor_kind.value

        at = self.at.isoformat()

        kind = self.kind.value

        phone_number = self.phone_number

        revision = self.revision

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "actor": actor,
                "actor_kind": actor_kind,
                "at": at,
                "kind": kind,
                "phone_number": phone_number,
                "revision": revision,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        actor = d.pop("actor")

        actor_kind = ActorKind(d.pop("actor_kind"))

        at = datetime.datetime.fromisoformat(d.pop("at"))

        kind = ChangeKind(d.pop("kind"))

        phone_number = d.pop("phone_number")

        revision = d.pop("revision")

        last_change = cls(
            actor=actor,
            actor_kind=actor_kind,
            at=at,
            kind=kind,
            phone_number=phone_number,
            revision=revision,
        )

        last_change.additional_properties = d
        return last_change

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
