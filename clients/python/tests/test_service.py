"""The client and the service: `tests/clients` starts one, and says in the environment where it is."""

import os
import unittest

from signline_client import ProblemError, Progress, Signline, answer, calls, each, models, pages

GROUP = "python"
RANGE = models.NumberRange(first="+17635560000", last="+17635569999")


def sheet(rows: int) -> bytes:
    """A sheet of so many rows; `bob` has the first number."""
    emails = [os.environ["TEST_USER_EMAIL"], *(f"user{row}@abccompany.com" for row in range(1, rows))]
    lines = [f"763556{row:04},{email}\n" for row, email in enumerate(emails)]
    return "".join(["PhoneNumber,MEEmailAddress\n", *lines]).encode()


class Company(unittest.TestCase):
    """One company: each test goes on where the one before it ended."""

    def setUp(self) -> None:
        self.signline = Signline(os.environ["SIGNLINE_URL"], lambda: os.environ["SIGNLINE_API_KEY"])
        self.addCleanup(self.signline.close)
        self.client = self.signline.client

    def count(self) -> int:
        return answer(calls.get_business_group.sync(GROUP, client=self.client)).mapping_count

    def test_1_a_business_group_is_made_and_linked(self) -> None:
        new = models.CreateBusinessGroup(id=GROUP, name="Python", number_ranges=[RANGE])
        made = calls.create_business_group.sync_detailed(client=self.client, body=new)
        self.assertEqual((made.status_code, answer(made.parsed).mapping_count), (201, 0))
        tenant = models.LinkTenant(tenant_id=os.environ["TEST_TENANT"])
        linked = answer(calls.link_tenant.sync(GROUP, client=self.client, body=tenant))
        self.assertEqual(linked.tenant_id, os.environ["TEST_TENANT"])

    def test_2_a_sheet_is_uploaded_previewed_and_applied(self) -> None:
        told: list[Progress] = []
        text = sheet(2_500)
        preview = self.signline.upload(GROUP, text, on_progress=told.append)
        self.assertEqual((preview.state, preview.added, self.count()), (models.ImportState.READY, 2_500, 0))
        self.assertGreater(len(told), 1)
        self.assertEqual(told[-1], Progress(len(text), len(text)))
        for _ in range(2):
            # Twice is as once.
            applied = answer(calls.apply_import.sync(GROUP, preview.id, client=self.client))
            self.assertEqual((applied.state, applied.revision), (models.ImportState.APPLIED, 1))

    def test_3_the_mappings_come_in_pages(self) -> None:
        sizes = [len(page) for page in pages(calls.list_mappings.sync, GROUP, client=self.client, limit=1000)]
        self.assertEqual(sizes, [1000, 1000, 500])
        found = each(calls.list_mappings.sync, GROUP, client=self.client, limit=1000)
        self.assertEqual(len({mapping.phone_number for mapping in found}), 2_500)

    def test_4_a_users_token_resolves_to_their_line(self) -> None:
        with Signline(os.environ["SIGNLINE_URL"], lambda: os.environ["TEST_USER_TOKEN"]) as portal:
            line = answer(calls.resolve_line.sync(client=portal.client))
        self.assertEqual((line.phone_number, line.business_group), ("+17635560000", GROUP))

    def test_5_what_is_wrong_with_a_sheet_is_told_by_line_and_column(self) -> None:
        with self.assertRaises(ProblemError) as caught:
            self.signline.upload(GROUP, b"PhoneNumber,MEEmailAddress\n7.63556E+09,bob@abccompany.com\n")
        self.assertEqual(caught.exception.slug, "import-rejected")
        assert caught.exception.problem and caught.exception.problem.problems
        first = caught.exception.problem.problems[0]
        self.assertEqual((first.line, first.column, first.code), (2, "PhoneNumber", "scientific_notation"))

    def test_6_a_change_that_came_meanwhile_is_not_overwritten(self) -> None:
        exported = calls.export_mappings.sync_detailed(GROUP, client=self.client)
        self.assertEqual(len(exported.content.splitlines()), 2_501)
        late = models.PutMapping(email="late@abccompany.com")
        calls.put_mapping.sync(GROUP, "+17635569999", client=self.client, body=late)
        with self.assertRaises(ProblemError) as caught:
            self.signline.upload(GROUP, exported.content, if_match=exported.headers["ETag"])
        self.assertEqual((caught.exception.status, caught.exception.slug), (412, "revision-moved"))

    def test_7_an_upload_that_is_given_up_changes_nothing(self) -> None:
        def give_up(_: Progress) -> None:
            raise KeyboardInterrupt

        before = self.count()
        with self.assertRaises(KeyboardInterrupt):
            self.signline.upload(GROUP, sheet(10_000), apply=True, on_progress=give_up)
        self.assertEqual(self.count(), before)

    def test_8_a_mapping_is_taken_away(self) -> None:
        gone = calls.delete_mapping.sync_detailed(GROUP, "+17635569999", client=self.client)
        self.assertEqual(gone.status_code, 204)
        with self.assertRaises(ProblemError) as caught:
            calls.get_mapping.sync(GROUP, "+17635569999", client=self.client)
        self.assertEqual(caught.exception.slug, "not-found")

    def test_9_a_bad_credential_is_told(self) -> None:
        with (
            Signline(os.environ["SIGNLINE_URL"], lambda: "slk_nobody") as stranger,
            self.assertRaises(ProblemError) as caught,
        ):
            calls.get_session.sync(client=stranger.client)
        self.assertEqual((caught.exception.status, caught.exception.slug), (401, "invalid-token"))


if __name__ == "__main__":
    unittest.main()
