from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.problem_slug import ProblemSlug
from ..models.problem_type import ProblemType

T = TypeVar("T", bound="ProblemSummary")


@_attrs_define
class ProblemSummary:
    """A kind of problem in short.

    Attributes:
        slug (ProblemSlug): A kind of problem: the last part of its `type`.
        status (int): The HTTP status.
        title (str): What the kind is called.
        type_ (ProblemType): What names the kind of a problem: `/problems/` and the slug of the kind, on every host.
    """

    slug: ProblemSlug
    status: int
    title: str
    type_: ProblemType
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        slug = self.slug.value

        status = self.status

        title = self.title

        type_ = self.type_.value

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "slug": slug,
                "status": status,
                "title": title,
                "type": type_,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        slug = ProblemSlug(d.pop("slug"))

        status = d.pop("status")

        title = d.pop("title")

        type_ = ProblemType(d.pop("type"))

        problem_summary = cls(
            slug=slug,
            status=status,
            title=title,
            type_=type_,
        )

        problem_summary.additional_properties = d
        return problem_summary

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
