from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.problem_type import ProblemType
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.field_error import FieldError
    from ..models.import_problem import ImportProblem
    from ..models.revision import Revision


T = TypeVar("T", bound="Problem")


@_attrs_define
class Problem:
    """An error (RFC 9457, `application/problem+json`).

    Attributes:
        detail (str): What went wrong this time, and what to do.
        request_id (str): The `X-Request-Id` of the answer.
        status (int): The HTTP status. Example: 404.
        title (str): What the kind is called.
        type_ (ProblemType): What names the kind of a problem: `/problems/` and the slug of the kind, on every host.
        base_revision (int | None | Unset): The revision that the file was compared with (`stale-import`).
        business_group (None | str | Unset): The business group that has the tenant; the operator alone is told
            (`tenant-taken`).
        errors (list[FieldError] | None | Unset): The wrong fields (`invalid-request`, `unknown-tenant`).
        mapping_count (int | None | Unset): How many mappings there are; where they are fewer than ten, how many the
            import would leave (`confirm-removals`,
            `confirm-changes`).
        number_count (int | None | Unset): How many numbers lie outside (`outside-ranges`).
        phone_numbers (list[str] | None | Unset): The first 100 of these numbers (`outside-ranges`).
        problem_count (int | None | Unset): How many problems the file has (`import-rejected`).
        problems (list[ImportProblem] | None | Unset): The first 1,000 problems of the file (`import-rejected`).
        reassigned (int | None | Unset): How many people the import gives a number that is or was somebody else's
            (`confirm-changes`, and
            `confirm-removals` where both must be confirmed).
        removed (int | None | Unset): How many mappings the import removes (`confirm-removals`).
        revision (int | None | Unset): The revision that the mappings are of now (`revision-moved`, `stale-import`).
        revisions (list[Revision] | None | Unset): The first 20 revisions since that one (`stale-import`).
        unproven (bool | None | Unset): Whether a proof is all that is missing: it would take the tenant over (`tenant-
            taken`), or make the link count
            (`tenant-not-linked`).
    """

    detail: str
    request_id: str
    status: int
    title: str
    type_: ProblemType
    base_revision: int | None | Unset = UNSET
    business_group: None | str | Unset = UNSET
    errors: list[FieldError] | None | Unset = UNSET
    mapping_count: int | None | Unset = UNSET
    number_count: int | None | Unset = UNSET
    phone_numbers: list[str] | None | Unset = UNSET
    problem_count: int | None | Unset = UNSET
    problems: list[ImportProblem] | None | Unset = UNSET
    reassigned: int | None | Unset = UNSET
    removed: int | None | Unset = UNSET
    revision: int | None | Unset = UNSET
    revisions: list[Revision] | None | Unset = UNSET
    unproven: bool | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        detail = self.detail

        request_id = self.request_id

        status = self.status

        title = self.title

        type_ = self.type_.value

        base_revision: int | None | Unset
        if isinstance(self.base_revision, Unset):
            base_revision = UNSET
        else:
            base_revision = self.base_revision

        business_group: None | str | Unset
        if isinstance(self.business_group, Unset):
            business_group = UNSET
        else:
            business_group = self.business_group

        errors: list[dict[str, Any]] | None | Unset
        if isinstance(self.errors, Unset):
            errors = UNSET
        elif isinstance(self.errors, list):
            errors = []
            for errors_type_0_item_data in self.errors:
                errors_type_0_item = errors_type_0_item_data.to_dict()
                errors.append(errors_type_0_item)

        else:
            errors = self.errors

        mapping_count: int | None | Unset
        if isinstance(self.mapping_count, Unset):
            mapping_count = UNSET
        else:
            mapping_count = self.mapping_count

        number_count: int | None | Unset
        if isinstance(self.number_count, Unset):
            number_count = UNSET
        else:
            number_count = self.number_count

        phone_numbers: list[str] | None | Unset
        if isinstance(self.phone_numbers, Unset):
            phone_numbers = UNSET
        elif isinstance(self.phone_numbers, list):
            phone_numbers = self.phone_numbers

        else:
            phone_numbers = self.phone_numbers

        problem_count: int | None | Unset
        if isinstance(self.problem_count, Unset):
            problem_count = UNSET
        else:
            problem_count = self.problem_count

        problems: list[dict[str, Any]] | None | Unset
        if isinstance(self.problems, Unset):
            problems = UNSET
        elif isinstance(self.problems, list):
            problems = []
            for problems_type_0_item_data in self.problems:
                problems_type_0_item = problems_type_0_item_data.to_dict()
                problems.append(problems_type_0_item)

        else:
            problems = self.problems

        reassigned: int | None | Unset
        if isinstance(self.reassigned, Unset):
            reassigned = UNSET
        else:
            reassigned = self.reassigned

        removed: int | None | Unset
        if isinstance(self.removed, Unset):
            removed = UNSET
        else:
            removed = self.removed

        revision: int | None | Unset
        if isinstance(self.revision, Unset):
            revision = UNSET
        else:
            revision = self.revision

        revisions: list[dict[str, Any]] | None | Unset
        if isinstance(self.revisions, Unset):
            revisions = UNSET
        elif isinstance(self.revisions, list):
            revisions = []
            for revisions_type_0_item_data in self.revisions:
                revisions_type_0_item = revisions_type_0_item_data.to_dict()
                revisions.append(revisions_type_0_item)

        else:
            revisions = self.revisions

        unproven: bool | None | Unset
        if isinstance(self.unproven, Unset):
            unproven = UNSET
        else:
            unproven = self.unproven

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "detail": detail,
                "request_id": request_id,
                "status": status,
                "title": title,
                "type": type_,
            }
        )
        if base_revision is not UNSET:
            field_dict["base_revision"] = base_revision
        if business_group is not UNSET:
            field_dict["business_group"] = business_group
        if errors is not UNSET:
            field_dict["errors"] = errors
        if mapping_count is not UNSET:
            field_dict["mapping_count"] = mapping_count
        if number_count is not UNSET:
            field_dict["number_count"] = number_count
        if phone_numbers is not UNSET:
            field_dict["phone_numbers"] = phone_numbers
        if problem_count is not UNSET:
            field_dict["problem_count"] = problem_count
        if problems is not UNSET:
            field_dict["problems"] = problems
        if reassigned is not UNSET:
            field_dict["reassigned"] = reassigned
        if removed is not UNSET:
            field_dict["removed"] = removed
        if revision is not UNSET:
            field_dict["revision"] = revision
        if revisions is not UNSET:
            field_dict["revisions"] = revisions
        if unproven is not UNSET:
            field_dict["unproven"] = unproven

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.field_error import FieldError
        from ..models.import_problem import ImportProblem
        from ..models.revision import Revision

        d = dict(src_dict)
        detail = d.pop("detail")

        request_id = d.pop("request_id")

        status = d.pop("status")

        title = d.pop("title")

        type_ = ProblemType(d.pop("type"))

        def _parse_base_revision(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        base_revision = _parse_base_revision(d.pop("base_revision", UNSET))

        def _parse_business_group(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        business_group = _parse_business_group(d.pop("business_group", UNSET))

        def _parse_errors(data: object) -> list[FieldError] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                errors_type_0 = []
                _errors_type_0 = data
                for errors_type_0_item_data in _errors_type_0:
                    errors_type_0_item = FieldError.from_dict(errors_type_0_item_data)

                    errors_type_0.append(errors_type_0_item)

                return errors_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[FieldError] | None | Unset, data)

        errors = _parse_errors(d.pop("errors", UNSET))

        def _parse_mapping_count(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        mapping_count = _parse_mapping_count(d.pop("mapping_count", UNSET))

        def _parse_number_count(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        number_count = _parse_number_count(d.pop("number_count", UNSET))

        def _parse_phone_numbers(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                phone_numbers_type_0 = cast(list[str], data)

                return phone_numbers_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | Unset, data)

        phone_numbers = _parse_phone_numbers(d.pop("phone_numbers", UNSET))

        def _parse_problem_count(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        problem_count = _parse_problem_count(d.pop("problem_count", UNSET))

        def _parse_problems(data: object) -> list[ImportProblem] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                problems_type_0 = []
                _problems_type_0 = data
                for problems_type_0_item_data in _problems_type_0:
                    problems_type_0_item = ImportProblem.from_dict(
                        problems_type_0_item_data
                    )

                    problems_type_0.append(problems_type_0_item)

                return problems_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[ImportProblem] | None | Unset, data)

        problems = _parse_problems(d.pop("problems", UNSET))

        def _parse_reassigned(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        reassigned = _parse_reassigned(d.pop("reassigned", UNSET))

        def _parse_removed(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        removed = _parse_removed(d.pop("removed", UNSET))

        def _parse_revision(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        revision = _parse_revision(d.pop("revision", UNSET))

        def _parse_revisions(data: object) -> list[Revision] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                revisions_type_0 = []
                _revisions_type_0 = data
                for revisions_type_0_item_data in _revisions_type_0:
                    revisions_type_0_item = Revision.from_dict(
                        revisions_type_0_item_data
                    )

                    revisions_type_0.append(revisions_type_0_item)

                return revisions_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[Revision] | None | Unset, data)

        revisions = _parse_revisions(d.pop("revisions", UNSET))

        def _parse_unproven(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        unproven = _parse_unproven(d.pop("unproven", UNSET))

        problem = cls(
            detail=detail,
            request_id=request_id,
            status=status,
            title=title,
            type_=type_,
            base_revision=base_revision,
            business_group=business_group,
            errors=errors,
            mapping_count=mapping_count,
            number_count=number_count,
            phone_numbers=phone_numbers,
            problem_count=problem_count,
            problems=problems,
            reassigned=reassigned,
            removed=removed,
            revision=revision,
            revisions=revisions,
            unproven=unproven,
        )

        problem.additional_properties = d
        return problem

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
