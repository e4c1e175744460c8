#!/usr/bin/env python3
"""Keeps the mappings of a business group equal to a sheet, such as a nightly export of a directory.

It prints what changes. What the service takes for a mistake - a sheet that removes more than half of the mappings, or
gives as many people somebody else's number - is refused, unless it is told how many. The service is SIGNLINE_URL, the
key SIGNLINE_API_KEY.

The exit status is 0 if the mappings are equal to the sheet (with --dry-run: if they could be), 1 if something else
went wrong, 3 if the sheet has problems, 4 if the mappings changed meanwhile, 5 if a large change was not confirmed.
"""

import argparse
import os
import sys
from pathlib import Path

import httpx

from signline_client import ProblemError, Progress, Signline, calls, each, models

SIGNS = {models.ChangeKind.ADDED: "+", models.ChangeKind.CHANGED: "~", models.ChangeKind.REMOVED: "-"}

EXIT_STATUS = {"import-rejected": 3, "stale-import": 4, "confirm-removals": 5, "confirm-changes": 5}


def main() -> int:
    asked = arguments().parse_args()
    url, key = os.environ.get("SIGNLINE_URL"), os.environ.get("SIGNLINE_API_KEY")
    if not url or not key:
        print("Set SIGNLINE_URL and SIGNLINE_API_KEY.", file=sys.stderr)
        return 1
    with Signline(url, lambda: key) as signline:
        try:
            keep_equal(signline, asked)
        except ProblemError as error:
            explain(error)
            return EXIT_STATUS.get(error.slug or "", 1)
        except (OSError, httpx.HTTPError) as error:
            print(f"{url} or the sheet can't be reached: {error}", file=sys.stderr)
            return 1
    return 0


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Keeps the mappings of a business group equal to a sheet.")
    parser.add_argument("sheet", type=Path, help="a CSV file or an Excel workbook")
    parser.add_argument("--business-group", required=True, metavar="ID")
    parser.add_argument("--dry-run", action="store_true", help="print what would change, and change nothing")
    parser.add_argument("--confirm-removals", type=int, metavar="N", help="so many mappings may go")
    parser.add_argument("--confirm-changes", type=int, metavar="N", help="so many people may get another's number")
    return parser


def keep_equal(signline: Signline, asked: argparse.Namespace) -> None:
    """Previews the sheet, prints what it changes, and applies it."""
    group: str = asked.business_group
    preview = signline.upload(group, asked.sheet, on_progress=show if sys.stderr.isatty() else None)
    for change in each(calls.list_import_changes.sync, group, preview.id, client=signline.client, limit=1000):
        print(describe(change))
    print(f"{preview.added} added, {preview.changed} changed, {preview.removed} removed, {preview.unchanged} unchanged")
    if asked.dry_run:
        drop(signline, group, preview.id)
        return
    try:
        calls.apply_import.sync(
            group,
            preview.id,
            client=signline.client,
            confirm_removals=given(asked.confirm_removals),
            confirm_changes=given(asked.confirm_changes),
        )
    except ProblemError:
        drop(signline, group, preview.id)
        raise


def given(count: int | None) -> int | models.Unset:
    return models.UNSET if count is None else count


def drop(signline: Signline, group: str, preview: str) -> None:
    """A preview that is not applied would wait for a day."""
    calls.drop_import.sync_detailed(group, preview, client=signline.client)


def describe(change: models.MappingChange) -> str:
    """A change on a line: `~ +17635551111 bob@abccompany.com -> robert@abccompany.com`."""
    emails = [email for email in (change.old_email, change.new_email) if email]
    moved = f" (from {change.old_phone_number})" if change.old_phone_number else ""
    return f"{SIGNS[change.kind]} {change.phone_number}{moved} {' -> '.join(emails)}"


def explain(error: ProblemError) -> None:
    print(error, file=sys.stderr)
    problem = error.problem
    for wrong in (problem and problem.problems) or []:
        print(f"line {wrong.line}, {wrong.column or 'the row'}: {wrong.message}", file=sys.stderr)
    if error.slug in {"confirm-removals", "confirm-changes"}:
        asked = {"--confirm-removals": error.body.get("removed"), "--confirm-changes": error.body.get("reassigned")}
        options = " ".join(f"{option} {count}" for option, count in asked.items() if count)
        print(f"If it is meant, add {options}", file=sys.stderr)


def show(progress: Progress) -> None:
    print(f"\r{progress.sent} of {progress.total} bytes", end="", file=sys.stderr)
    if progress.sent == progress.total:
        print(file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
