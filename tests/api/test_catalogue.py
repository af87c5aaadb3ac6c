"""The catalogue as everybody reads it: lists, filters, orderings, pages, search, outlines."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from adapters.sql.learning.rows import COURSES
from core.actor import Role
from modules.learning.domain.catalogue import ContentType
from worlds import Person, World

COURSES_URL = "/api/courses/courses/"
COURSE_KEYS = {
    "id", "title", "slug", "description", "price", "price_paise", "currency", "thumbnail", "category", "category_info",
    "level", "language", "is_published", "is_trending", "rating", "rating_count", "enrolled_count", "access_days",
    "is_sequential", "has_certificate", "certificate_min_score",
    "certificate_min_attendance", "created_by_id", "created_by", "created_at", "version",
}  # fmt: skip
LOCKED_KEYS = {
    "id", "title", "content_type", "video_duration", "is_preview", "order", "is_locked", "lock_reason", "available_at",
}  # fmt: skip
OPEN_KEYS = LOCKED_KEYS | {"module_id", "is_published", "progress"}
ORDERINGS = {
    "created_at": "created_at",
    "price": "price_paise",
    "rating": "rating",
    "enrolled_count": "enrolled_count",
    "title": "title",
}
DAWN = datetime(2026, 1, 1, tzinfo=UTC)


async def shelve(world: World, count: int, **values: object) -> list[int]:
    """Published courses, with many ties in every column that a list can be ordered by."""
    do, admin, ids = world.house.workflows, await world.admin(), []
    for number in range(count):
        fixed = {
            "price_paise": number % 5 * 10_050,
            "level": "beginner",
            "language": "en",
            "access_days": None,
            "is_sequential": False,
        }
        texts = {"title": f"Course {number % 7}", "description": "About it.", "is_trending": False}
        rules = {"is_sequential": False, "has_certificate": True, "certificate_min_score": None}
        rules["certificate_min_attendance"] = None
        made = await do.authoring.create(admin.actor, category=None, slug=None, **{**fixed, **texts, **rules, **values})
        ids.append(made.id)
    async with world.house.database.transaction() as transaction:
        for number, id_ in enumerate(ids):
            await transaction.execute(
                update(COURSES)
                .where(COURSES.c.id == id_)
                .values(
                    is_published=True,
                    created_at=DAWN + timedelta(microseconds=number % 6),
                    rating=number % 4 + number % 3 / 3,
                    enrolled_count=number % 3,
                )
            )
    return ids


def moment(value: Any) -> Any:
    """Times of answers have fractions only where they need one: as texts they do not sort."""
    return datetime.fromisoformat(value) if str(value).startswith("2026-") else value


async def listed(world: World, person: Person | None = None, **params: Any) -> list[dict]:
    answer = await (person or world.http).get(COURSES_URL, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()["results"]


async def titles(world: World, **params: Any) -> set[str]:
    return {course["title"] for course in await listed(world, **params)}


async def pages(world: World, address: str, follow: str = "next") -> list[dict]:
    """All pages from an address on, along the addresses that the pages themselves give."""
    found: list[dict] = []
    following: str | None = address
    while following:
        answer = await world.http.get(following)
        assert answer.status_code == 200, answer.text
        found.append(answer.json())
        following = found[-1][follow]
        assert len(found) < 100
    return found


def rows(found: list[dict]) -> list[dict]:
    return [row for page in found for row in page["results"]]


async def test_a_course_has_exactly_the_keys_of_the_wire_format(world: World) -> None:
    made = await world.course(price_paise=49_900, access_days=30)
    (course,) = await listed(world)
    assert course.keys() == COURSE_KEYS
    assert (course["id"], course["price"], course["price_paise"], course["currency"]) == (
        made.id,
        "499.00",
        49_900,
        "INR",
    )
    assert course["category_info"].keys() == {"id", "title"}
    assert course["created_by"].keys() == {"id", "username", "full_name", "profile_image"}
    assert course["created_by_id"] == course["created_by"]["id"]
    assert course["created_at"].endswith("Z")
    answer = await world.http.get(COURSES_URL)
    assert answer.json().keys() == {"results", "next", "previous", "next_cursor"}
    assert '"rating":0.0' in answer.text  # a double for Dart


async def test_every_ordering_pages_forwards_and_backwards_over_ties(world: World) -> None:
    ids = await shelve(world, 57)
    for name, column in ORDERINGS.items():
        for sign in ("", "-"):
            address = f"{COURSES_URL}?ordering={sign}{name}&limit=10"
            forwards = await pages(world, address)
            found = rows(forwards)
            assert [len(page["results"]) for page in forwards] == [10, 10, 10, 10, 10, 7], address
            keys = [(moment(row[column]), row["id"]) for row in found]
            assert keys == sorted(keys, reverse=sign == "-"), address
            assert sorted(row["id"] for row in found) == sorted(ids), address
            assert forwards[0]["previous"] is None
            assert (forwards[-1]["next"], forwards[-1]["next_cursor"]) == (None, None)
            backwards = await pages(world, forwards[-1]["previous"], "previous")
            assert [row["id"] for page in reversed(backwards) for row in page["results"]] == [
                row["id"] for row in found[:50]
            ], address
            assert backwards[-1]["next"] is not None


async def test_the_next_cursor_is_the_one_of_next_and_filters_stay(world: World) -> None:
    await shelve(world, 9)
    first = (await world.http.get(COURSES_URL, params={"limit": 2, "ordering": "price", "max_price": "201"})).json()
    assert f"cursor={first['next_cursor']}" in first["next"]
    assert first["next"].startswith("http://testserver/api/courses/courses/?")
    params = {"limit": 2, "ordering": "price", "max_price": "201", "cursor": first["next_cursor"]}
    by_cursor = await listed(world, **params)
    by_address = (await world.http.get(first["next"])).json()["results"]
    assert [row["id"] for row in by_cursor] == [row["id"] for row in by_address]
    assert all(row["price_paise"] <= 20_100 for row in rows(await pages(world, first["next"])))


async def test_the_number_of_rows_is_told_only_when_asked(world: World) -> None:
    await shelve(world, 12)
    assert "count" not in (await world.http.get(COURSES_URL)).json()
    counted = await pages(world, f"{COURSES_URL}?count=true&limit=5")
    assert [page["count"] for page in counted] == [12, 12, 12]
    searched = (await world.http.get(COURSES_URL, params={"q": "course", "count": "true", "limit": 5})).json()
    assert searched["count"] == 12


def cursor(*keys: object) -> str:
    return base64.urlsafe_b64encode(json.dumps([0, *keys]).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"cursor": "x"}, "invalid_cursor"),
        ({"cursor": "é"}, "invalid_cursor"),
        ({"cursor": cursor()}, "invalid_cursor"),
        ({"cursor": cursor("2026-01-01T00:00:00", 1)}, "invalid_cursor"),
        ({"cursor": cursor("2026-01-01T00:00:00Z", "1")}, "invalid_cursor"),
        ({"cursor": cursor(1, 1), "ordering": "title"}, "invalid_cursor"),
        ({"cursor": cursor("a", 1), "ordering": "price"}, "invalid_cursor"),
        ({"cursor": cursor("a", 1), "q": "course"}, "invalid_cursor"),
        ({"cursor": cursor(2**80, 1), "ordering": "price"}, "invalid_cursor"),
        ({"cursor": cursor("0001-01-01T00:00:00+14:00", 1)}, "invalid_cursor"),
        ({"cursor": cursor("2026-01-01T00:00:00Z", 2**70)}, "invalid_cursor"),
        ({"cursor": cursor("\0", 1), "ordering": "title"}, "invalid_cursor"),
        ({"ordering": "description"}, "invalid_input"),
        ({"ordering": "--price"}, "invalid_input"),
        ({"ordering": "id;drop"}, "invalid_input"),
        ({"limit": 0}, "invalid_input"),
        ({"limit": 101}, "invalid_input"),
        ({"limit": "many"}, "invalid_input"),
        ({"level": "expert"}, "invalid_input"),
        ({"is_trending": "perhaps"}, "invalid_input"),
        ({"min_price": "cheap"}, "invalid_input"),
        ({"min_price": "NaN"}, "invalid_input"),
        ({"max_price": "1.005"}, "invalid_input"),
        ({"max_price": "1e400000"}, "invalid_input"),
        ({"max_price": "1e999999"}, "invalid_input"),
        ({"min_price": "-1"}, "invalid_input"),
        ({"q": "x" * 201}, "invalid_input"),
    ],
)
async def test_a_wrong_parameter_is_a_400(sqlite_world: World, params: dict, code: str) -> None:
    answer = await sqlite_world.http.get(COURSES_URL, params=params)
    assert (answer.status_code, answer.json()["code"]) == (400, code), answer.text


async def test_filters_narrow_the_list(world: World) -> None:
    await world.course(title="Free", price_paise=0, level="advanced")
    await world.course(title="Cheap", price_paise=10_000, is_trending=True)
    await world.course(title="Dear", price_paise=500_050, language="hi")
    assert await titles(world, free="true") == {"Free"}
    assert await titles(world, free="false") == {"Cheap", "Dear"}
    assert await titles(world, level="advanced") == {"Free"}
    assert await titles(world, language="hi") == {"Dear"}
    assert await titles(world, is_trending="true") == {"Cheap"}
    assert await titles(world, is_trending="false") == {"Free", "Dear"}
    assert await titles(world, min_price="100") == {"Cheap", "Dear"}
    assert await titles(world, min_price="100.01") == {"Dear"}
    assert await titles(world, max_price="5000.50") == {"Free", "Cheap", "Dear"}
    assert await titles(world, max_price="5000.49") == {"Free", "Cheap"}
    assert await titles(world, min_price="1", max_price="200", level="beginner") == {"Cheap"}
    category = (await listed(world, language="hi"))[0]["category"]
    assert await titles(world, category=category) == {"Dear"}
    assert await titles(world, category="none-such") == set()
    assert await titles(world, q="cheap", free="true") == set()


async def test_search_ranks_titles_over_descriptions(world: World) -> None:
    await world.course(title="Grammar of English", description="All about it.")
    for number in range(4):
        await world.course(title=f"Speaking {number}", description="With some grammar for English people.")
    assert (await listed(world, q="grammar"))[0]["title"] == "Grammar of English"
    assert (await listed(world, q="english gram"))[0]["title"] == "Grammar of English"
    assert len(await listed(world, q="grammar")) == 5


async def test_search_wants_every_word_and_takes_the_last_as_a_beginning(world: World) -> None:
    await world.course(title="Basic Grammar", description="Tenses and articles.")
    await world.course(title="Basic Speaking", description="Sounds.")
    assert await titles(world, q="gram") == {"Basic Grammar"}
    assert await titles(world, q="basic") == {"Basic Grammar", "Basic Speaking"}
    assert await titles(world, q="BASIC tens") == {"Basic Grammar"}
    assert await titles(world, q="basic grammar speaking") == set()
    assert await titles(world, q="gram basic") == set()
    assert await titles(world, q="rammar") == set()


async def test_search_knows_devanagari(world: World) -> None:
    await world.course(title="हिन्दी व्याकरण", description="Hindi for beginners.")
    await world.course(title="Other", description="यह हिंसा नहीं है")
    assert await titles(world, q="हिन्दी") == {"हिन्दी व्याकरण"}
    assert await titles(world, q="हिन्द") == {"हिन्दी व्याकरण"}
    assert await titles(world, q="हिंदी") == {"हिन्दी व्याकरण"}  # the other usual spelling
    assert await titles(world, q="हिन्दी व्या") == {"हिन्दी व्याकरण"}
    assert await titles(world, q="हन्दी") == set()


async def test_search_folds_forms_and_case(world: World) -> None:
    await world.course(title="Ｆｕｌｌ Straße", description="Text.")
    assert await titles(world, q="full STRASSE") == {"Ｆｕｌｌ Straße"}


@pytest.mark.parametrize(
    "q",
    [
        '"', "'", "`", "*", "&", "|", ":", "(", ")", "\\", "%", "_", "-", "!", "<->", "''", '""', "a'b", "؟",
        'grammar" OR "zebra', "grammar' | 'zebra", "grammar & !speaking", "NOT grammar", "title_terms:grammar",
        "NEAR(grammar zebra)", "grammar:*B", "^grammar", "grammar\\' | zebra", "grammar); DROP TABLE courses;--",
    ],
)  # fmt: skip
async def test_search_takes_no_operators(world: World, q: str) -> None:
    await world.course(title="Grammar", description="No animals.")
    answer = await world.http.get(COURSES_URL, params={"q": q})
    assert answer.status_code == 200, answer.text
    has_foreign_word = any(c.isalpha() for c in q.casefold().replace("grammar", ""))
    assert (answer.json()["results"] == []) == (has_foreign_word or q == "_"), q


async def test_search_pages_hold_every_row_once_and_without_words_the_list_is_whole(world: World) -> None:
    ids = await shelve(world, 25, title="Spoken words", description="Words and words.")
    for q in ("words", "spoken wor", "***"):
        forwards = await pages(world, f"{COURSES_URL}?q={q}&limit=7")
        assert [len(page["results"]) for page in forwards] == [7, 7, 7, 4], q
        assert sorted(row["id"] for row in rows(forwards)) == ids, q
        backwards = await pages(world, forwards[-1]["previous"], "previous")
        assert [row["id"] for page in reversed(backwards) for row in page["results"]] == [
            row["id"] for row in rows(forwards)[:21]
        ], q


async def test_a_word_without_end_can_be_stored_and_found(world: World) -> None:
    await world.course(title="Long", description="ab" * 90_000)
    assert await titles(world, q="ab" * 60) == {"Long"}


async def test_unpublished_courses_are_seen_by_those_who_edit_them(world: World) -> None:
    own, other = await world.person(Role.INSTRUCTOR), await world.person(Role.INSTRUCTOR)
    made = await world.course(title="Draft", publish=False, instructor=own)
    student, admin = await world.person(), await world.admin()
    for person, sees in ((None, False), (student, False), (other, False), (own, True), (admin, True)):
        assert [row["id"] for row in await listed(world, person)] == [made.id] * sees
        assert [row["id"] for row in await listed(world, person, q="draft")] == [made.id] * sees
        answer = await (person or world.http).get(f"{COURSES_URL}{made.id}/")
        assert answer.status_code == (200 if sees else 404)


async def test_an_outline_shows_of_locked_contents_only_what_draws_their_row(world: World) -> None:
    course, student = await world.course(texts=2), await world.person()
    video: dict[str, Any] = {"video_url": "https://youtu.be/dQw4w9WgXcQ", "video_duration": 630}
    await world.content(course, ContentType.VIDEO, title="Film", **video)
    await world.text(course, title="Draft", publish=False)
    answer = await world.http.get(f"{COURSES_URL}{course.id}/")
    detail = answer.json()
    assert detail.keys() == COURSE_KEYS | {"modules", "content_count", "total_duration", "enrollment"}
    assert (detail["content_count"], detail["total_duration"], detail["enrollment"]) == (3, 630, None)
    (module,) = detail["modules"]
    assert module.keys() == {"id", "course_id", "title", "description", "order", "contents"}
    preview, text, film = module["contents"]
    assert preview.keys() == OPEN_KEYS
    assert (preview["is_locked"], preview["lock_reason"], preview["progress"]) == (False, None, None)
    assert text.keys() == film.keys() == LOCKED_KEYS
    assert {one["lock_reason"] for one in (text, film)} == {"not_enrolled"}
    assert film["video_duration"] == 630
    assert "youtu" not in answer.text
    assert "Hello" not in answer.text
    await world.enrol(student, course)
    opened = (await student.get(f"{COURSES_URL}{course.id}/")).json()
    assert all(one.keys() == OPEN_KEYS and not one["is_locked"] for one in opened["modules"][0]["contents"])
    assert opened["enrollment"]["has_access"] is True


async def test_an_outline_says_why_a_content_is_locked(world: World) -> None:
    course, student = await world.course(texts=1, access_days=30), await world.person()
    await world.text(course, title="Later", available_after_days=7)
    await world.enrol(student, course)

    async def later() -> dict:
        return (await student.get(f"{COURSES_URL}{course.id}/")).json()["modules"][0]["contents"][1]

    locked = await later()
    assert (locked.keys(), locked["lock_reason"]) == (LOCKED_KEYS, "not_yet_available")
    due = datetime.fromisoformat(locked["available_at"])
    assert timedelta(days=6, hours=23) < due - world.clock.now() <= timedelta(days=7)
    world.clock.advance(days=8)
    student = await relogin(world, student)
    assert (await later())["is_locked"] is False
    world.clock.advance(days=30)
    student = await relogin(world, student)
    assert (await later())["lock_reason"] == "enrolment_expired"


async def relogin(world: World, person: Person) -> Person:
    tokens = await world.house.workflows.logins.login(person.email, "learn-by-doing-1", device="test")
    person.token = tokens.access_token
    return person


async def test_reads_are_conditional(world: World) -> None:
    made = await world.course()
    admin = await world.admin()
    for address in (COURSES_URL, f"{COURSES_URL}{made.id}/", "/api/courses/categories/"):
        first = await world.http.get(address)
        tag = first.headers["etag"]
        assert "Authorization" in first.headers["vary"]
        for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            again = await world.http.get(address, headers={"If-None-Match": known})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag), (address, known)
        assert (await world.http.get(address, headers={"If-None-Match": '"other"'})).status_code == 200
    course = f"{COURSES_URL}{made.id}/"
    before = (await world.http.get(course)).headers["etag"]
    assert (await admin.patch(course, {"title": "New"})).status_code == 200
    after = await world.http.get(course, headers={"If-None-Match": before})
    assert (after.status_code, after.json()["title"]) == (200, "New")


async def test_the_trailing_slash_is_optional_and_never_redirected(sqlite_world: World) -> None:
    made = await sqlite_world.course()
    for address in (COURSES_URL, f"{COURSES_URL}{made.id}/", "/api/courses/categories/"):
        with_slash, without = await sqlite_world.http.get(address), await sqlite_world.http.get(address.rstrip("/"))
        assert (with_slash.status_code, without.status_code) == (200, 200)
        assert with_slash.json() == without.json()


@pytest.mark.parametrize("course_id", ["0", "999999"])
async def test_there_is_no_such_course(world: World, course_id: str) -> None:
    answer = await world.http.get(f"{COURSES_URL}{course_id}/")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("application/problem+json")
