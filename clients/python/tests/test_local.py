"""What the client does by itself, against a server that answers as a test says."""

import io
import itertools
import json
import tempfile
import time
import unittest
from http import HTTPStatus
from pathlib import Path

import httpx
from server import Canned, problem, serving

from signline_client import ProblemError, Progress, Retry, Signline, answer, async_each, calls, each, models

ME = {
    "phone_number": "+17635551111",
    "phone_number_national": "7635551111",
    "email": "bob@abccompany.com",
    "business_group": "abccompany",
    "application": "portal",
    "tid": "t",
    "oid": "o",
}
BOB = models.PutMapping(email="bob@abccompany.com")
BOBS = {"phone_number": "+17635551111", "email": "bob@abccompany.com", "updated_at": "2026-11-26T06:52:40Z"}
GROUP = models.CreateBusinessGroup(id="abccompany", name="ABC Company", number_ranges=[])
PREVIEW = {
    "id": "01a216af-3115-7536-8791-796723826d23",
    "state": "ready",
    "mode": "merge",
    "base_revision": 3,
    "row_count": 1,
    "added": 1,
    "changed": 0,
    "removed": 0,
    "reassigned": 0,
    "unchanged": 0,
    "created_at": "2026-11-26T07:08:29Z",
    "expires_at": "2026-11-27T07:08:29Z",
}


def me(signline: Signline) -> models.ResolvedLine:
    return answer(calls.resolve_line.sync(client=signline.client))


def put(signline: Signline) -> models.PhoneMapping:
    return answer(calls.put_mapping.sync("abccompany", "+17635551111", client=signline.client, body=BOB))


class Credentials(unittest.TestCase):
    def test_the_token_is_asked_for_each_time_that_a_call_is_sent(self) -> None:
        numbers = itertools.count(1)
        busy = problem(429, "too-many-requests", retry_after="0")
        with serving(busy, Canned(200, ME), token=lambda: f"token-{next(numbers)}") as (signline, seen):
            self.assertEqual(me(signline).phone_number, "+17635551111")
        sent = [(call.path, call.headers["Authorization"]) for call in seen]
        self.assertEqual(sent, [("/signline/v1/me", "Bearer token-1"), ("/signline/v1/me", "Bearer token-2")])

    def test_a_credential_that_a_call_is_given_stands(self) -> None:
        with serving(Canned(200, ME)) as (signline, seen):
            signline.http.get("/v1/me", headers={"Authorization": "Bearer a-user's"})
        self.assertEqual(seen[0].headers["Authorization"], "Bearer a-user's")


class Problems(unittest.TestCase):
    def test_a_problem_is_an_exception_with_its_kind_and_its_members(self) -> None:
        rejected = problem(422, "invalid-request")
        rejected.body["errors"] = [{"field": "name", "message": "is empty"}]
        with serving(rejected) as (signline, _), self.assertRaises(ProblemError) as caught:
            me(signline)
        error = caught.exception
        self.assertEqual((error.status, error.slug, str(error)), (422, "invalid-request", "It is invalid-request."))
        self.assertEqual(error.request_id, "r-1")
        assert error.problem and error.problem.errors
        self.assertEqual(error.problem.errors[0].field, "name")

    def test_an_answer_of_something_else_than_the_service_has_no_kind(self) -> None:
        page = Canned(502, "<h1>Bad gateway</h1>", {"X-Request-Id": "r-2"})
        with serving(page) as (signline, _), self.assertRaises(ProblemError) as caught:
            me(signline)
        error = caught.exception
        self.assertEqual((error.status, error.slug, error.request_id, error.problem), (502, None, "r-2", None))

    def test_nothing_is_followed_to_another_place(self) -> None:
        moved = Canned(307, "", {"Location": "/elsewhere"})
        with serving(moved) as (signline, seen), self.assertRaises(ProblemError):
            me(signline)
        self.assertEqual(len(seen), 1)


class Retries(unittest.TestCase):
    def test_429_and_503_are_waited_out_as_long_as_retry_after_says(self) -> None:
        for status, slug in [(429, "too-many-requests"), (503, "unavailable")]:
            with (
                self.subTest(status),
                serving(problem(status, slug, retry_after="1"), Canned(200, ME)) as (signline, seen),
            ):
                begun = time.monotonic()
                me(signline)
                self.assertGreaterEqual(time.monotonic() - begun, 1)
                self.assertEqual(len(seen), 2)

    def test_retry_after_may_be_a_date(self) -> None:
        past = problem(503, "unavailable", retry_after="Wed, 21 Oct 2015 07:28:00 GMT")
        with serving(past, Canned(200, ME)) as (signline, seen):
            me(signline)
        self.assertEqual(len(seen), 2)

    def test_retries_end_after_so_many_attempts(self) -> None:
        busy = [problem(503, "unavailable", retry_after="0")] * 9
        with serving(*busy, retry=Retry(attempts=3)) as (signline, seen), self.assertRaises(ProblemError) as caught:
            me(signline)
        self.assertEqual((caught.exception.slug, caught.exception.retry_after), ("unavailable", 0))
        self.assertEqual(len(seen), 3)

    def test_who_would_have_to_wait_for_too_long_is_told_at_once(self) -> None:
        busy = problem(429, "too-many-requests", retry_after="31")
        with serving(busy) as (signline, seen), self.assertRaises(ProblemError) as caught:
            me(signline)
        self.assertEqual(caught.exception.retry_after, 31)
        self.assertEqual(len(seen), 1)

    def test_a_change_that_may_have_been_made_is_not_repeated(self) -> None:
        away = problem(503, "unavailable", retry_after="0")
        with serving(away, away) as (signline, seen):
            with self.assertRaises(ProblemError):
                calls.create_business_group.sync(client=signline.client, body=GROUP)
            with self.assertRaises(ProblemError):
                path = "/v1/business-groups/abccompany/mappings/7635551111"
                signline.http.put(path, json=BOB.to_dict(), headers={"If-Match": '"1"'})
        self.assertEqual(len(seen), 2)

    def test_a_change_that_met_a_proxys_503_is_not_repeated(self) -> None:
        away = Canned(503, "<h1>Away</h1>", {"Retry-After": "0"})
        with serving(away) as (signline, seen), self.assertRaises(ProblemError) as caught:
            calls.create_business_group.sync(client=signline.client, body=GROUP)
        self.assertEqual((caught.exception.status, caught.exception.slug), (503, None))
        self.assertEqual(len(seen), 1)

    def test_a_change_that_was_not_made_or_may_be_made_twice_is_repeated_with_its_body(self) -> None:
        busy = problem(429, "too-many-requests", retry_after="0")
        keyless = problem(503, "keys-unavailable", retry_after="0")
        away = problem(503, "unavailable", retry_after="0")
        taken = problem(409, "conflict")
        applied = Canned(200, {**PREVIEW, "state": "applied"})
        with serving(busy, keyless, taken, away, Canned(200, BOBS), away, applied) as (signline, seen):
            with self.assertRaises(ProblemError):
                calls.create_business_group.sync(client=signline.client, body=GROUP)
            put(signline)
            calls.apply_import.sync("abccompany", str(PREVIEW["id"]), client=signline.client)
        bodies = [json.loads(call.body) for call in seen[:5]]
        self.assertEqual(bodies, [GROUP.to_dict()] * 3 + [BOB.to_dict()] * 2)
        self.assertEqual(len(seen), 7)


class Lists(unittest.TestCase):
    def test_a_list_is_read_page_by_page_with_what_it_was_asked_with(self) -> None:
        first = Canned(200, {"items": [BOBS, BOBS], "next_cursor": "n/1"})
        last = Canned(200, {"items": [BOBS], "next_cursor": None})
        with serving(first, last) as (signline, seen):
            found = list(each(calls.list_mappings.sync, "abccompany", client=signline.client, q="x", limit=2))
        self.assertEqual([mapping.email for mapping in found], ["bob@abccompany.com"] * 3)
        path = "/signline/v1/business-groups/abccompany/mappings?q=x&limit=2"
        self.assertEqual([call.path for call in seen], [path, f"{path}&cursor=n%2F1"])

    def test_who_leaves_a_list_early_asks_for_no_further_page(self) -> None:
        with serving(Canned(200, {"items": [BOBS], "next_cursor": "n"})) as (signline, seen):
            next(each(calls.list_mappings.sync, "abccompany", client=signline.client))
        self.assertEqual(len(seen), 1)


class Asynchronous(unittest.IsolatedAsyncioTestCase):
    async def test_calls_have_the_credential_the_retries_and_the_exceptions(self) -> None:
        numbers = itertools.count(1)
        busy = problem(503, "unavailable", retry_after="0")
        answers = [busy, Canned(200, ME), problem(404, "no-mapping")]
        with serving(*answers, token=lambda: f"token-{next(numbers)}") as (signline, seen):
            async with signline:
                line = answer(await calls.resolve_line.asyncio(client=signline.client))
                with self.assertRaises(ProblemError) as caught:
                    await calls.resolve_line.asyncio(client=signline.client)
        self.assertEqual((line.email, caught.exception.slug), ("bob@abccompany.com", "no-mapping"))
        self.assertEqual([call.headers["Authorization"] for call in seen], [f"Bearer token-{n}" for n in (1, 2, 3)])

    async def test_lists_are_read_page_by_page(self) -> None:
        first = Canned(200, {"items": [BOBS, BOBS], "next_cursor": "n/1"})
        last = Canned(200, {"items": [BOBS], "next_cursor": None})
        with serving(first, last) as (signline, seen):
            async with signline:
                listed = async_each(calls.list_mappings.asyncio, "abccompany", client=signline.client, limit=2)
                emails = [mapping.email async for mapping in listed]
        self.assertEqual(emails, ["bob@abccompany.com"] * 3)
        self.assertTrue(seen[1].path.endswith("?limit=2&cursor=n%2F1"), seen[1].path)


class Uploads(unittest.TestCase):
    def test_an_upload_is_repeated_whole_and_tells_each_time_how_far_it_is(self) -> None:
        sheet = b"PhoneNumber,MEEmailAddress\n".ljust(200_000, b"x")
        told: list[Progress] = []
        busy = problem(429, "too-many-requests", retry_after="0")
        with serving(busy, Canned(201, PREVIEW)) as (signline, seen):
            taken = signline.upload(
                "abc/company", sheet, mode="merge", confirm_removals=3, if_match='"7"', on_progress=told.append
            )
        self.assertEqual(taken.added, 1)
        self.assertEqual(len(seen), 2)
        for call in seen:
            path = "/signline/v1/business-groups/abc%2Fcompany/imports"
            query = "mode=merge&apply=false&on_problem=reject&confirm_removals=3"
            self.assertEqual(call.path, f"{path}?{query}")
            self.assertEqual(call.body, sheet)
            self.assertEqual((call.headers["Content-Type"], call.headers["If-Match"]), ("text/csv", '"7"'))
        self.assertEqual({at.total for at in told}, {200_000})
        self.assertEqual([at.sent for at in told].count(200_000), 2)
        self.assertGreater(len(told), 4)

    def test_what_cannot_be_sought_is_sent_once(self) -> None:
        class Pipe(io.BytesIO):
            def seekable(self) -> bool:
                return False

        told: list[Progress] = []
        busy = problem(429, "too-many-requests", retry_after="0")
        with serving(busy) as (signline, seen), self.assertRaises(ProblemError):
            signline.upload("abccompany", Pipe(b"sheet"), on_progress=told.append)
        self.assertEqual([call.body for call in seen], [b"sheet"])
        self.assertEqual(told, [Progress(5, None)])

    def test_a_body_that_is_a_stream_is_sent_once(self) -> None:
        busy = problem(429, "too-many-requests", retry_after="0")
        with serving(busy) as (signline, seen), self.assertRaises(ProblemError):
            signline.http.put("/v1/business-groups/a/mappings/1", content=iter([b"a", b"b"]))
        self.assertEqual([call.body for call in seen], [b"ab"])

    def test_an_upload_ends_if_its_progress_raises(self) -> None:
        class Enough(Exception):
            pass

        def raise_enough(_: Progress) -> None:
            raise Enough

        with serving() as (signline, seen), self.assertRaises(Enough):
            signline.upload("abccompany", b"x" * 1_000_000, on_progress=raise_enough)
        self.assertEqual(seen[0].body if seen else b"", b"")

    def test_a_workbook_is_sent_as_one_from_where_it_stands(self) -> None:
        with (
            tempfile.TemporaryDirectory() as folder,
            serving(Canned(201, PREVIEW), Canned(201, PREVIEW)) as (signline, seen),
        ):
            path = Path(folder) / "Sheet.XLSX"
            path.write_bytes(b"..PK")
            signline.upload("abccompany", path)
            with path.open("rb") as file:
                file.seek(2)
                signline.upload("abccompany", file)
        self.assertEqual([call.body for call in seen], [b"..PK", b"PK"])
        self.assertTrue(all("spreadsheetml" in call.headers["Content-Type"] for call in seen))


class Options(unittest.TestCase):
    def test_httpx_takes_what_it_is_given(self) -> None:
        transport = httpx.MockTransport(lambda _: httpx.Response(HTTPStatus.OK, json=ME))
        with Signline("https://voice.example", transport=transport) as signline:
            self.assertEqual(me(signline).email, "bob@abccompany.com")


if __name__ == "__main__":
    unittest.main()
