from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.import_code import ImportCode

T = TypeVar("T", bound="ImportCodeDescription")


@_attrs_define
class ImportCodeDescription:
    """A code of import files.

    Attributes:
        code (ImportCode): What is wrong with a row of an import file, or with the whole file.
        meaning (str): What it means.
        remedy (str): What to do about it.
    """

    code: ImportCode
    meaning: str
    remedy: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        code = self.code.value

        meaning = self.meaning

        remedy = self.remedy

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "code": code,
                "meaning": meaning,
                "remedy": remedy,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        code = ImportCode(d.pop("code"))

        meaning = d.pop("meaning")

        remedy = d.pop("remedy")

        import_code_description = cls(
            code=code,
            meaning=meaning,
            remedy=remedy,
        )

        import_code_description.additional_properties = d
        return import_code_description

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
