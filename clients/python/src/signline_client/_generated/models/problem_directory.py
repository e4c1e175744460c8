from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.import_code_description import ImportCodeDescription
    from ..models.problem_summary import ProblemSummary


T = TypeVar("T", bound="ProblemDirectory")


@_attrs_define
class ProblemDirectory:
    """All kinds of problem, and all codes of import files.

    Attributes:
        import_codes (list[ImportCodeDescription]): The codes that a row of an import file can have, or the whole file:
            `code` of a problem in an `import-rejected`.
        problems (list[ProblemSummary]): The kinds, by their status.
    """

    import_codes: list[ImportCodeDescription]
    problems: list[ProblemSummary]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        import_codes = []
        for import_codes_item_data in self.import_codes:
            import_codes_item = import_codes_item_data.to_dict()
            import_codes.append(import_codes_item)

        problems = []
        for problems_item_data in self.problems:
            problems_item = problems_item_data.to_dict()
            problems.append(problems_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "import_codes": import_codes,
                "problems": problems,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.import_code_description import ImportCodeDescription
        from ..models.problem_summary import ProblemSummary

        d = dict(src_dict)
        import_codes = []
        _import_codes = d.pop("import_codes")
        for import_codes_item_data in _import_codes:
            import_codes_item = ImportCodeDescription.from_dict(import_codes_item_data)

            import_codes.append(import_codes_item)

        problems = []
        _problems = d.pop("problems")
        for problems_item_data in _problems:
            problems_item = ProblemSummary.from_dict(problems_item_data)

            problems.append(problems_item)

        problem_directory = cls(
            import_codes=import_codes,
            problems=problems,
        )

        problem_directory.additional_properties = d
        return problem_directory

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
