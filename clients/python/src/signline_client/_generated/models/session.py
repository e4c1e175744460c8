from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.credential_kind import CredentialKind
from ..models.session_role import SessionRole
from ..models.tenant_state import TenantState
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.number_range import NumberRange


T = TypeVar("T", bound="Session")


@_attrs_define
class Session:
    """The session of a caller.

    Attributes:
        administrator_role (bool): Whether the token has the app role `BusinessGroup.Admin`, whatever it is worth.
        credential (CredentialKind): What a caller came with.
        name (str): The name of the API key; a person's e-mail address, or `Microsoft account` if the token has none.
            Example: admin@abccompany.com.
        number_ranges (list[NumberRange] | None): The phone numbers that it may map, in order; null without a business
            group. No administrator can choose them, so
            they tell which company it is, as its id does and its name does not.
        role (SessionRole): What a caller may do.
        application (None | str | Unset): The name of the application that they signed in to. Example: portal.
        business_group (None | str | Unset): The business group that the key is for, or that the tenant of a token with
            the app role `BusinessGroup.Admin` is
            linked to. Example: abccompany.
        business_group_name (None | str | Unset): What people call it, as its administrators may have chosen. Example:
            ABC Company.
        email (None | str | Unset): The e-mail address of the token, in lower case, if it has one.
        oid (None | str | Unset): The person in it.
        tenant (None | TenantState | Unset):
        tid (None | str | Unset): The tenant.
    """

    administrator_role: bool
    credential: CredentialKind
    name: str
    number_ranges: list[NumberRange] | None
    role: SessionRole
    application: None | str | Unset = UNSET
    business_group: None | str | Unset = UNSET
    business_group_name: None | str | Unset = UNSET
    email: None | str | Unset = UNSET
    oid: None | str | Unset = UNSET
    tenant: None | TenantState | Unset = UNSET
    tid: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        administrator_role = self.administrator_role

        credential = self.credential.value

        name = self.name

        number_ranges: list[dict[str, Any]] | None
        if isinstance(self.number_ranges, list):
            number_ranges = []
            for number_ranges_type_0_item_data in self.number_ranges:
                number_ranges_type_0_item = number_ranges_type_0_item_data.to_dict()
                number_ranges.append(number_ranges_type_0_item)

        else:
            number_ranges = self.number_ranges

        role = self.role.value

        application: None | str | Unset
        if isinstance(self.application, Unset):
            application = UNSET
        else:
            application = self.application

        business_group: None | str | Unset
        if isinstance(self.business_group, Unset):
            business_group = UNSET
        else:
            business_group = self.business_group

        business_group_name: None | str | Unset
        if isinstance(self.business_group_name, Unset):
            business_group_name = UNSET
        else:
            business_group_name = self.business_group_name

        email: None | str | Unset
        if isinstance(self.email, Unset):
            email = UNSET
        else:
            email = self.email

        oid: None | str | Unset
        if isinstance(self.oid, Unset):
            oid = UNSET
        else:
            oid = self.oid

        tenant: None | str | Unset
        if isinstance(self.tenant, Unset):
            tenant = UNSET
        elif isinstance(self.tenant, TenantState):
            tenant = self.tenant.value
        else:
            tenant = self.tenant

        tid: None | str | Unset
        if isinstance(self.tid, Unset):
            tid = UNSET
        else:
            tid = self.tid

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "administrator_role": administrator_role,
                "credential": credential,
                "name": name,
                "number_ranges": number_ranges,
                "role": role,
            }
        )
        if application is not UNSET:
            field_dict["application"] = application
        if business_group is not UNSET:
            field_dict["business_group"] = business_group
        if business_group_name is not UNSET:
            field_dict["business_group_name"] = business_group_name
        if email is not UNSET:
            field_dict["email"] = email
        if oid is not UNSET:
            field_dict["oid"] = oid
        if tenant is not UNSET:
            field_dict["tenant"] = tenant
        if tid is not UNSET:
            field_dict["tid"] = tid

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.number_range import NumberRange

        d = dict(src_dict)
        administrator_role = d.pop("administrator_role")

        credential = CredentialKind(d.pop("credential"))

        name = d.pop("name")

        def _parse_number_ranges(data: object) -> list[NumberRange] | None:
            if data is None:
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                number_ranges_type_0 = []
                _number_ranges_type_0 = data
                for number_ranges_type_0_item_data in _number_ranges_type_0:
                    number_ranges_type_0_item = NumberRange.from_dict(
                        number_ranges_type_0_item_data
                    )

                    number_ranges_type_0.append(number_ranges_type_0_item)

                return number_ranges_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[NumberRange] | None, data)

        number_ranges = _parse_number_ranges(d.pop("number_ranges"))

        role = SessionRole(d.pop("role"))

        def _parse_application(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        application = _parse_application(d.pop("application", UNSET))

        def _parse_business_group(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        business_group = _parse_business_group(d.pop("business_group", UNSET))

        def _parse_business_group_name(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        business_group_name = _parse_business_group_name(
            d.pop("business_group_name", UNSET)
        )

        def _parse_email(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        email = _parse_email(d.pop("email", UNSET))

        def _parse_oid(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        oid = _parse_oid(d.pop("oid", UNSET))

        def _parse_tenant(data: object) -> None | TenantState | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                tenant_type_0 = TenantState(data)

                return tenant_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | TenantState | Unset, data)

        tenant = _parse_tenant(d.pop("tenant", UNSET))

        def _parse_tid(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        tid = _parse_tid(d.pop("tid", UNSET))

        session = cls(
            administrator_role=administrator_role,
            credential=credential,
            name=name,
            number_ranges=number_ranges,
            role=role,
            application=application,
            business_group=business_group,
            business_group_name=business_group_name,
            email=email,
            oid=oid,
            tenant=tenant,
            tid=tid,
        )

        session.additional_properties = d
        return session

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
