from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.actor_kind import ActorKind
from ..models.change_source import ChangeSource
from ..types import UNSET, Unset

T = TypeVar("T", bound="Revision")


@_attrs_define
class Revision:
    """A revision of a group's mappings.

    Attributes:
        actor (str): Who made it: the name and the id of the API key, or the address and the `oid` of a person who
            signed in with
            Microsoft; `another business group` where a tenant was lost to one. Example: my laptop
            (0198f2c4-6a51-7c3e-9d2b-5f0f4f3a1b2c).
        actor_kind (ActorKind): What an actor is. Names don't tell: an API key can have the name of a person.
        added (int): Numbers that had no mapping.
        at (datetime.datetime): When it was made.
        changed (int): Numbers that got another address, and addresses that moved to a new number.
        removed (int): Mappings that went.
        revision (int): Its number: each is one more than the one before.
        source (ChangeSource): By which way mappings were changed.
        gained_tenant (None | str | Unset): The tenant that was taken over from another business group, if that is what
            was done; then nothing was added,
            changed or removed.
        lost_tenant (None | str | Unset): The tenant that another business group has taken over, if that is what was
            done; then the group has none, and
            nothing was added, changed or removed.
        released_pin (None | str | Unset): The number whose pin was released, if that is what was done; then nothing was
            added, changed or removed. Example: +17635551111.
    """

    actor: str
    actor_kind: ActorKind
    added: int
    at: datetime.datetime
    changed: int
    removed: int
    revision: int
    source: ChangeSource
    gained_tenant: None | str | Unset = UNSET
    lost_tenant: None | str | Unset = UNSET
    released_pin: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        actor = self.actor

        actor_kind = self.actor_kind.value

        added = self.added

        at = self.at.isoformat()

        changed = self.changed

        removed = self.removed

        revision = self.revision

        source = self.source.value

        gained_tenant: None | str | Unset
        if isinstance(self.gained_tenant, Unset):
            gained_tenant = UNSET
        else:
            gained_tenant = self.gained_tenant

        lost_tenant: None | str | Unset
        if isinstance(self.lost_tenant, Unset):
            lost_tenant = UNSET
        else:
            lost_tenant = self.lost_tenant

        released_pin: None | str | Unset
        if isinstance(self.released_pin, Unset):
            released_pin = UNSET
        else:
            released_pin = self.released_pin

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "actor": actor,
                "actor_kind": actor_kind,
                "added": added,
                "at": at,
                "changed": changed,
                "removed": removed,
                "revision": revision,
                "source": source,
            }
        )
        if gained_tenant is not UNSET:
            field_dict["gained_tenant"] = gained_tenant
        if lost_tenant is not UNSET:
            field_dict["lost_tenant"] = lost_tenant
        if released_pin is not UNSET:
            field_dict["released_pin"] = released_pin

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        actor = d.pop("actor")

        actor_kind = ActorKind(d.pop("actor_kind"))

        added = d.pop("added")

        at = datetime.datetime.fromisoformat(d.pop("at"))

        changed = d.pop("changed")

        removed = d.pop("removed")

        revision = d.pop("revision")

        source = ChangeSource(d.pop("source"))

        def _parse_gained_tenant(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        gained_tenant = _parse_gained_tenant(d.pop("gained_tenant", UNSET))

        def _parse_lost_tenant(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        lost_tenant = _parse_lost_tenant(d.pop("lost_tenant", UNSET))

        def _parse_released_pin(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        released_pin = _parse_released_pin(d.pop("released_pin", UNSET))

        revision = cls(
            actor=actor,
            actor_kind=actor_kind,
            added=added,
            at=at,
            changed=changed,
            removed=removed,
            revision=revision,
            source=source,
            gained_tenant=gained_tenant,
            lost_tenant=lost_tenant,
            released_pin=released_pin,
        )

        revision.additional_properties = d
        return revision

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
