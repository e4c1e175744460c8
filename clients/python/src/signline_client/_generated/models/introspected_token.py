from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.line_state import LineState
from ..types import UNSET, Unset

T = TypeVar("T", bound="IntrospectedToken")


@_attrs_define
class IntrospectedToken:
    """What a token says. One that is not active says nothing but that: all other members are left out.

    Attributes:
        active (bool): Whether the token is good, and one that the key may ask about.
        application (None | str | Unset): The name of the application that the user signed in to. Example: portal.
        aud (None | str | Unset): Whom it is for. Example: 0c11e470-1111-4222-8333-000000000001.
        business_group (None | str | Unset): The business group that the user's tenant is linked to. Example:
            abccompany.
        client_id (None | str | Unset): The client that it was given to. Example: 0c11e470-1111-4222-8333-000000000001.
        email (None | str | Unset): The user's e-mail address, in lower case. Example: bobsmith@abccompany.com.
        exp (int | None | Unset): When it ends, in seconds since 1970.
        iat (int | None | Unset): When it was issued, in seconds since 1970.
        iss (None | str | Unset): Who issued it. Example:
            https://login.microsoftonline.com/a1a1a1a1-0000-4000-8000-0000000000aa/v2.0.
        line (LineState | None | Unset):
        nbf (int | None | Unset): From when on it is valid, in seconds since 1970.
        oid (None | str | Unset): The user's object id in the tenant.
        phone_number (None | str | Unset): The user's number in E.164. Example: +17635551111.
        phone_number_national (None | str | Unset): The number in the digits of the default region, or in E.164 if it is
            another region's. Example: 7635551111.
        scope (None | str | Unset): The scopes of an access token, with spaces between them. Example: Line.Read.
        sub (None | str | Unset): Whom it is about, under a name that only the client knows them by.
        tid (None | str | Unset): The user's tenant.
        token_type (None | str | Unset): `Bearer`. Example: Bearer.
        username (None | str | Unset): What the user signs in with. Example: bobsmith@abccompany.com.
    """

    active: bool
    application: None | str | Unset = UNSET
    aud: None | str | Unset = UNSET
    business_group: None | str | Unset = UNSET
    client_id: None | str | Unset = UNSET
    email: None | str | Unset = UNSET
    exp: int | None | Unset = UNSET
    iat: int | None | Unset = UNSET
    iss: None | str | Unset = UNSET
    line: LineState | None | Unset = UNSET
    nbf: int | None | Unset = UNSET
    oid: None | str | Unset = UNSET
    phone_number: None | str | Unset = UNSET
    phone_number_national: None | str | Unset = UNSET
    scope: None | str | Unset = UNSET
    sub: None | str | Unset = UNSET
    tid: None | str | Unset = UNSET
    token_type: None | str | Unset = UNSET
    username: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        active = self.active

        application: None | str | Unset
        if isinstance(self.application, Unset):
            application = UNSET
        else:
            application = self.application

        aud: None | str | Unset
        if isinstance(self.aud, Unset):
            aud = UNSET
        else:
            aud = self.aud

        business_group: None | str | Unset
        if isinstance(self.business_group, Unset):
            business_group = UNSET
        else:
            business_group = self.business_group

        client_id: None | str | Unset
        if isinstance(self.client_id, Unset):
            client_id = UNSET
        else:
            client_id = self.client_id

        email: None | str | Unset
        if isinstance(self.email, Unset):
            email = UNSET
        else:
            email = self.email

        exp: int | None | Unset
        if isinstance(self.exp, Unset):
            exp = UNSET
        else:
            exp = self.exp

        iat: int | None | Unset
        if isinstance(self.iat, Unset):
            iat = UNSET
        else:
            iat = self.iat

        iss: None | str | Unset
        if isinstance(self.iss, Unset):
            iss = UNSET
        else:
            iss = self.iss

        line: None | str | Unset
        if isinstance(self.line, Unset):
            line = UNSET
        elif isinstance(self.line, LineState):
            line = self.line.value
        else:
            line = self.line

        nbf: int | None | Unset
        if isinstance(self.nbf, Unset):
            nbf = UNSET
        else:
            nbf = self.nbf

        oid: None | str | Unset
        if isinstance(self.oid, Unset):
            oid = UNSET
        else:
            oid = self.oid

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

        scope: None | str | Unset
        if isinstance(self.scope, Unset):
            scope = UNSET
        else:
            scope = self.scope

        sub: None | str | Unset
        if isinstance(self.sub, Unset):
            sub = UNSET
        else:
            sub = self.sub

        tid: None | str | Unset
        if isinstance(self.tid, Unset):
            tid = UNSET
        else:
            tid = self.tid

        token_type: None | str | Unset
        if isinstance(self.token_type, Unset):
            token_type = UNSET
        else:
            token_type = self.token_type

        username: None | str | Unset
        if isinstance(self.username, Unset):
            username = UNSET
        else:
            username = self.username

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "active": active,
            }
        )
        if application is not UNSET:
            field_dict["application"] = application
        if aud is not UNSET:
            field_dict["aud"] = aud
        if business_group is not UNSET:
            field_dict["business_group"] = business_group
        if client_id is not UNSET:
            field_dict["client_id"] = client_id
        if email is not UNSET:
            field_dict["email"] = email
        if exp is not UNSET:
            field_dict["exp"] = exp
        if iat is not UNSET:
            field_dict["iat"] = iat
        if iss is not UNSET:
            field_dict["iss"] = iss
        if line is not UNSET:
            field_dict["line"] = line
        if nbf is not UNSET:
            field_dict["nbf"] = nbf
        if oid is not UNSET:
            field_dict["oid"] = oid
        if phone_number is not UNSET:
            field_dict["phone_number"] = phone_number
        if phone_number_national is not UNSET:
            field_dict["phone_number_national"] = phone_number_national
        if scope is not UNSET:
            field_dict["scope"] = scope
        if sub is not UNSET:
            field_dict["sub"] = sub
        if tid is not UNSET:
            field_dict["tid"] = tid
        if token_type is not UNSET:
            field_dict["token_type"] = token_type
        if username is not UNSET:
            field_dict["username"] = username

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        active = d.pop("active")

        def _parse_application(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        application = _parse_application(d.pop("application", UNSET))

        def _parse_aud(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        aud = _parse_aud(d.pop("aud", UNSET))

        def _parse_business_group(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        business_group = _parse_business_group(d.pop("business_group", UNSET))

        def _parse_client_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        client_id = _parse_client_id(d.pop("client_id", UNSET))

        def _parse_email(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        email = _parse_email(d.pop("email", UNSET))

        def _parse_exp(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        exp = _parse_exp(d.pop("exp", UNSET))

        def _parse_iat(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        iat = _parse_iat(d.pop("iat", UNSET))

        def _parse_iss(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        iss = _parse_iss(d.pop("iss", UNSET))

        def _parse_line(data: object) -> LineState | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                line_type_0 = LineState(data)

                return line_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(LineState | None | Unset, data)

        line = _parse_line(d.pop("line", UNSET))

        def _parse_nbf(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        nbf = _parse_nbf(d.pop("nbf", UNSET))

        def _parse_oid(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        oid = _parse_oid(d.pop("oid", UNSET))

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

        def _parse_scope(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        scope = _parse_scope(d.pop("scope", UNSET))

        def _parse_sub(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        sub = _parse_sub(d.pop("sub", UNSET))

        def _parse_tid(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        tid = _parse_tid(d.pop("tid", UNSET))

        def _parse_token_type(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        token_type = _parse_token_type(d.pop("token_type", UNSET))

        def _parse_username(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        username = _parse_username(d.pop("username", UNSET))

        introspected_token = cls(
            active=active,
            application=application,
            aud=aud,
            business_group=business_group,
            client_id=client_id,
            email=email,
            exp=exp,
            iat=iat,
            iss=iss,
            line=line,
            nbf=nbf,
            oid=oid,
            phone_number=phone_number,
            phone_number_national=phone_number_national,
            scope=scope,
            sub=sub,
            tid=tid,
            token_type=token_type,
            username=username,
        )

        introspected_token.additional_properties = d
        return introspected_token

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
