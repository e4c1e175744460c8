from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.problem_slug import ProblemSlug
from ..models.problem_type import ProblemType

if TYPE_CHECKING:
    from ..models.problem import Problem
    from ..models.problem_member import ProblemMember


T = TypeVar("T", bound="ProblemDescription")


@_attrs_define
class ProblemDescription:
    """A kind of problem.

    Attributes:
        example (Problem): An error (RFC 9457, `application/problem+json`).
        meaning (str): What it means.
        members (list[ProblemMember]): The members that such a problem may have besides those of all problems.
        remedy (str): What to do about it.
        slug (ProblemSlug): A kind of problem: the last part of its `type`.
        status (int): The HTTP status.
        title (str): What the kind is called.
        type_ (ProblemType): What names the kind of a problem: `/problems/` and the slug of the kind, on every host.
    """

    example: Problem
    meaning: str
    members: list[ProblemMember]
    remedy: str
    slug: ProblemSlug
    status: int
    title: str
    type_: ProblemType
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        example = self.example.to_dict()

        meaning = self.meaning

        members = []
        for members_item_data in self.members:
            members_item = members_item_data.to_dict()
            members.append(members_item)

        remedy = self.remedy

        slug = self.slug.value

        status = self.status

        title = self.title

        type_ = self.type_.value

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "example": example,
                "meaning": meaning,
                "members": members,
                "remedy": remedy,
                "slug": slug,
                "status": status,
                "title": title,
                "type": type_,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.problem import Problem
        from ..models.problem_member import ProblemMember

        d = dict(src_dict)
        example = Problem.from_dict(d.pop("example"))

        meaning = d.pop("meaning")

        members = []
        _members = d.pop("members")
        for members_item_data in _members:
            members_item = ProblemMember.from_dict(members_item_data)

            members.append(members_item)

        remedy = d.pop("remedy")

        slug = ProblemSlug(d.pop("slug"))

        status = d.pop("status")

        title = d.pop("title")

        type_ = ProblemType(d.pop("type"))

        problem_description = cls(
            example=example,
            meaning=meaning,
            members=members,
            remedy=remedy,
            slug=slug,
            status=status,
            title=title,
            type_=type_,
        )

        problem_description.additional_properties = d
        return problem_description

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
