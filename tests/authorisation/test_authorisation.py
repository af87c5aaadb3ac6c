"""The matrix is what docs/authorisation.md says, it has every route, and some things happen nowhere in it."""

import difflib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from authorisation.matrix import Cell, Route, by_row, cells, page, routes
from authorisation.recipes import RECIPES
from authorisation.school import ACTORS, ANONYMOUS, FOREIGN, MISSING, OWN, School, school
from entrypoints.http.app import create_litestar
from entrypoints.http.policy import Policy
from worlds import PUBLIC

pytestmark = pytest.mark.xdist_group("matrix")  # one worker makes it, once
PAGE = Path(__file__).parents[2] / "docs" / "authorisation.md"
STUDENTS = {"student", "enrolled", "expired"}
ACCOUNTS, COURSES, COMMUNITY = "/api/accounts", "/api/courses", "/api/community"
ATTENDANCE = "/api/attendance"
# what changes somebody's account, access or work leaves exactly one row, whoever does it
AUDITED: set[Route] = {
    ("DELETE", f"{ACCOUNTS}/me"),
    ("PATCH", f"{ACCOUNTS}/users/{{user_id}}"),
    ("POST", f"{ACCOUNTS}/users/{{user_id}}/logout-all"),
    ("DELETE", f"{COURSES}/courses/{{course_id}}"),
    ("POST", f"{COURSES}/courses/{{course_id}}/instructors"),
    ("DELETE", f"{COURSES}/courses/{{course_id}}/instructors/{{user_id}}"),
    ("POST", f"{COURSES}/courses/{{course_id}}/enrollments/import"),
    ("POST", f"{COURSES}/enrollments/grant"),
    ("PATCH", f"{COURSES}/enrollments/{{enrollment_id}}"),
    *(("POST", f"{COURSES}/reviews/{{review_id}}/{decision}") for decision in ("hide", "keep")),
    ("POST", f"{COURSES}/courses/import"),
    ("POST", f"{COURSES}/certificates/{{number}}/revoke"),
    ("PUT", f"{COURSES}/quizzes/{{quiz_id}}/allowances/{{user_id}}"),
    *(("POST", f"/api/payments/refunds/{{refund_id}}/{decision}") for decision in ("approve", "reject")),
    ("POST", "/api/payments/reconciliation/{review_id}/resolve"),
    ("POST", "/api/payments/payouts"),
    ("PUT", "/api/payments/shares/{course_id}/{user_id}"),
    ("POST", "/api/payments/bundles"),
    ("PATCH", "/api/payments/bundles/{bundle_id}"),
    ("POST", "/api/payments/instalment-plans"),
    ("PATCH", "/api/payments/instalment-plans/{plan_id}"),
    ("POST", "/api/payments/coupons"),
    ("PATCH", "/api/payments/coupons/{coupon_id}"),
    ("POST", f"{ATTENDANCE}/sessions"),
    ("PATCH", f"{ATTENDANCE}/sessions/{{session_id}}"),
    *(("POST", f"{ATTENDANCE}/sessions/{{session_id}}/{what}") for what in ("cancel", "close", "reopen")),
    ("POST", f"{COMMUNITY}/groups"),
    ("PATCH", f"{COMMUNITY}/groups/{{community_id}}"),
    ("PATCH", f"{COMMUNITY}/groups/{{community_id}}/members/{{user_id}}"),
    ("POST", f"{COMMUNITY}/groups/{{community_id}}/members/{{user_id}}/silence"),
    ("DELETE", f"{COMMUNITY}/groups/{{community_id}}/members/{{user_id}}/silence"),
    ("POST", f"{COMMUNITY}/groups/{{community_id}}/members/{{user_id}}/ban"),
    *(("POST", f"{COMMUNITY}/posts/{{post_id}}/{decision}") for decision in ("approve", "reject", "pin")),
}
BY_MODERATORS: set[Route] = {
    ("DELETE", f"{COMMUNITY}/posts/{{post_id}}"),
    ("DELETE", f"{COMMUNITY}/messages/{{message_id}}"),
    ("WS", "/ws/community/chat"),
    ("WS", "/ws/notifications"),
}
"""What leaves a row when it is done to somebody else's."""
# administrators read these of anybody; what is left of OWNER (logins, proofs of payment) is nobody else's
READ_BY_ADMINS: set[Route] = {
    ("GET", f"{COURSES}/enrollments/{{enrollment_id}}"),
    ("GET", "/api/payments/payments/{payment_id}"),
    *(("GET", f"/api/payments/payments/{{payment_id}}/{what}") for what in ("receipt", "invoice", "credit-notes")),
    ("GET", "/api/payments/payments/{payment_id}/invoice/pdf"),
    ("GET", "/api/payments/refunds/{refund_id}"),
    ("GET", "/api/payments/refunds/{refund_id}/credit-note/pdf"),
}


@pytest.fixture(scope="module")
async def founded(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[School]:
    async with school(tmp_path_factory.mktemp("school")) as made:
        yield made


@pytest.fixture(scope="module")
async def found(founded: School) -> list[Cell]:
    return await cells(founded)


def none_of(found: list[Cell]) -> None:
    said = [f"{' '.join(c.route)} {c.recipe.variant}: {c.actor}, {c.whose or 'no id'}: {c}" for c in found]
    assert not found, "\n" + "\n".join(said)


async def test_every_route_has_a_recipe_and_every_recipe_a_route(founded: School) -> None:
    known = {route for route, _ in routes(create_litestar(founded.world.house))}
    assert not [" ".join(route) for route in sorted(known - RECIPES.keys())], "add them to recipes.py"
    assert not [" ".join(route) for route in sorted(RECIPES.keys() - known)], "these are gone"


async def test_the_page_is_what_the_application_does(found: list[Cell]) -> None:
    before, now = PAGE.read_text().splitlines(), page(found).splitlines()
    difference = list(difflib.unified_diff(before, now, "docs/authorisation.md", "the application", lineterm="", n=0))
    assert not difference, "make docs writes it anew; read what changes:\n" + "\n".join(difference)


async def test_every_recipe_succeeds_for_somebody(found: list[Cell]) -> None:
    """A call that nobody can make would prove nothing about who may not."""
    rows = [row for row in by_row(found) if row[0].recipe.succeeds]
    assert len(rows) > 50
    assert {c.actor for c in found} == set(ACTORS)
    none_of([row[0] for row in rows if not any(c.succeeded for c in row)])


async def test_nothing_is_answered_with_a_fault_of_ours(found: list[Cell]) -> None:
    none_of([c for c in found if c.status >= 500])


async def test_without_a_token_nothing_but_the_open_routes_answers(found: list[Cell]) -> None:
    closed = {Policy.USER, Policy.ADMIN, Policy.STAFF, Policy.OWNER, Policy.ENROLLED}
    none_of([c for c in found if c.actor == ANONYMOUS and c.policy in closed and c.status != 401])


async def test_a_banned_users_token_opens_nothing(found: list[Cell]) -> None:
    heads = {c.route for c in found if c.route[0] == "HEAD"}
    banned = [c for c in found if c.actor == "banned"]
    none_of([c for c in banned if c.status != 403 or (c.code != "account_disabled" and c.route not in heads)])


async def test_administrators_routes_answer_nobody_else(found: list[Cell]) -> None:
    none_of([c for c in found if c.policy is Policy.ADMIN and c.actor != "admin" and c.status not in {401, 403}])


async def test_staff_routes_answer_no_student(found: list[Cell]) -> None:
    none_of([c for c in found if c.policy is Policy.STAFF and c.actor in STUDENTS and c.status != 403])


async def test_instructors_reach_no_course_but_their_own(found: list[Cell]) -> None:
    staff = [c for c in found if c.policy is Policy.STAFF and c.succeeded]
    none_of([c for c in staff if c.actor == "other instructor" or (c.actor == "own instructor" and c.whose != OWN)])


async def test_what_is_anothers_is_not_even_there(found: list[Cell]) -> None:
    foreign = [c for c in found if c.policy is Policy.OWNER and c.whose == FOREIGN and c.actor != ANONYMOUS]
    allowed = [c for c in foreign if c.actor == "admin" and c.route in READ_BY_ADMINS]
    assert {c.status for c in allowed} == {200}
    rest = [c for c in foreign if c not in allowed and c.actor != "banned"]
    none_of([c for c in rest if c.status != 404])


async def test_lessons_open_for_the_enrolled_only(found: list[Cell]) -> None:
    routes = [c for c in found if c.policy is Policy.ENROLLED and c.route[1].startswith(COURSES)]
    enrolled = [c for c in routes if c.succeeded and c.recipe.variant != "a student's"]
    reading = [c for c in enrolled if c.actor == "expired" and c.route[0] == "GET"]  # what one has learnt stays to see
    none_of([c for c in enrolled if not (c.actor == "enrolled" and c.whose == OWN) and c not in reading])


async def test_a_community_is_open_to_its_course_only(found: list[Cell]) -> None:
    inside = [c for c in found if c.policy is Policy.ENROLLED and c.route[1].startswith(COMMUNITY) and c.succeeded]
    own = [c for c in inside if c.whose == OWN and c.actor in {"enrolled", "own instructor"}]
    assert own
    none_of([c for c in inside if c not in own and c.actor != "admin"])


async def test_what_does_not_exist_is_never_answered(found: list[Cell]) -> None:
    none_of([c for c in found if c.whose == MISSING and c.succeeded])


async def test_accountable_calls_leave_exactly_one_row_and_others_none(found: list[Cell]) -> None:
    accountable = [c for c in found if c.route in AUDITED and c.succeeded]
    assert {c.route for c in accountable} == AUDITED
    none_of([c for c in accountable if c.audited != 1])
    rest = [c for c in found if c not in accountable]
    none_of([c for c in rest if c.audited and not (c.route in BY_MODERATORS and c.whose == FOREIGN)])


@pytest.mark.parametrize(
    ("path", "owner"),
    [(f"{COURSES}/enrollments/", "user_id"), ("/api/payments/payments/", "user_id")],
)
async def test_naming_somebody_else_lists_ones_own_things(founded: School, path: str, owner: str) -> None:
    """Only administrators see what others have, whatever is asked for."""
    stranger = founded.stranger.id
    for actor in (*STUDENTS, "other instructor", "own instructor"):
        caller = founded.cast[actor]
        for asked in (stranger, 0):
            answer = await caller.get(path, params={owner: asked, "limit": 100})
            assert {row[owner] for row in answer.json()["results"]} == {caller.id}, actor
    answer = await founded.cast["admin"].get(path, params={owner: stranger, "limit": 100})
    assert {row[owner] for row in answer.json()["results"]} == {stranger}


async def test_drafts_are_listed_for_nobody_but_staff(founded: School) -> None:
    draft = (await founded.target("draft_course", "admin", None, OWN))["course_id"]
    for actor in ACTORS:
        if actor == "banned":
            continue
        caller = await founded.caller(actor, anew="")
        ids, page = list[int](), f"{COURSES}/courses/?limit=100"
        while page:
            answer = await founded.world.http.get(page, headers=caller.headers if caller else {})
            ids += [row["id"] for row in answer.json()["results"]]
            page = (answer.json()["next"] or "").removeprefix(PUBLIC)
        assert founded.course.id in ids
        assert draft not in ids or actor in {"admin", "own instructor"}, actor
