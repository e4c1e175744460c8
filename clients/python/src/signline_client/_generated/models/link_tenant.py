from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="LinkTenant")


@_attrs_define
class LinkTenant:
    """A tenant to be linked.

    Attributes:
        tenant_id (str): The tenant's GUID. Example: a1a1a1a1-0000-4000-8000-0000000000aa.
        proof (None | str | Unset): That the tenant is the group's own: a Microsoft Entra token of somebody of that
            tenant, who is not a guest there
            and has the app role `BusinessGroup.Admin`. It is checked and not kept. Who has signed in with such a token
            needs none besides.
    """

    tenant_id: str
    proof: None | str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        tenant_id = self.tenant_id

        proof: None | str | Unset
        if isinstance(self.proof, Unset):
            proof = UNSET
        else:
            proof = self.proof

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "tenant_id": tenant_id,
            }
        )
        if proof is not UNSET:
            field_dict["proof"] = proof

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        tenant_id = d.pop("tenant_id")

        def _parse_proof(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        proof = _parse_proof(d.pop("proof", UNSET))

        link_tenant = cls(
            tenant_id=tenant_id,
            proof=proof,
        )

        return link_tenant
