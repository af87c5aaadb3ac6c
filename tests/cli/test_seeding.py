"""Demo data: small and complete, and large in batches; on both databases."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import text

from core.actor import Actor, Role
from core.clock import INDIA
from core.paging import PageRequest
from core.text import words
from entrypoints.compose import House, compose, schema
from entrypoints.seeding import demo_world as demo_courses
from entrypoints.seeding import many as bulk_seeding
from entrypoints.seeding import seed_demo, seed_many
from entrypoints.seeding.demo import COMPLETED
from entrypoints.settings import load
from modules.attendance.domain.sessions import SessionStatus
from modules.attendance.queries import SessionFilter
from modules.learning.domain.catalogue import content_gaps, course_gaps
from modules.learning.queries import CourseFilter, EnrollmentFilter

EMAILS = ("admin@example.com", "teacher@example.com", "student@example.com", "newcomer@example.com")
PAGE = PageRequest(limit=100, want_count=True)


def house_of(database_url: str, directory: Path) -> House:
    return compose(
        load(
            {
                "SHALA_DATABASE_URL": database_url,
                "SHALA_DATA_DIR": str(directory / "data"),
                "SHALA_PASSWORD_MEMORY_KIB": "64",
            }
        )
    )


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    built = house_of(database_url, tmp_path)
    yield built
    await built.close()


async def ask(house: House, statement: str, **values: Any) -> list[Any]:
    return [tuple(row) for row in await house.database.rows(text(statement), values)]


async def one(house: House, statement: str, **values: Any) -> Any:
    return (await ask(house, statement, **values))[0][0]


def files_of(house: House) -> list[Path]:
    """What lies in the private store."""
    return sorted(path for path in (house.settings.data_path / "media" / "private").rglob("*") if path.is_file())


async def catalogue_ids(house: House) -> dict[str, int]:
    return {title: id_ for id_, title in await ask(house, "SELECT id, title FROM courses")}


# --- the demo ---------------------------------------------------------------------------------------------------------


async def test_the_demo_has_four_people_who_can_log_in(house: House) -> None:
    assert await seed_demo(house)

    for email, role in zip(EMAILS, (Role.ADMIN, Role.INSTRUCTOR, Role.STUDENT, Role.STUDENT), strict=True):
        user = (await house.workflows.logins.login(email, "learn-by-doing-1", device="test")).user
        assert user.role is role
        assert user.email_verified_at is not None
        assert user.full_name


async def test_the_main_course_has_33_published_contents(house: House) -> None:
    await seed_demo(house)
    course_id = (await catalogue_ids(house))["Spoken English: From Zero to Fluent"]

    outline = await house.workflows.catalogue.outline(course_id, None)

    assert outline is not None
    assert outline.course.price_paise == 499_00
    assert [len(module.contents) for module in outline.modules] == [6, 6, 6, 5, 5, 5]
    contents = [content for module in outline.modules for content in module.contents]
    assert all(content.is_published for content in contents)
    assert [content.is_preview for content in contents] == [True] + 32 * [False]
    kinds = [content.content_type.value for content in contents]
    assert kinds[0] == "text"
    assert (kinds.count("text"), kinds.count("video"), kinds.count("document")) == (22, 9, 2)
    assert await one(house, "SELECT enrolled_count FROM courses WHERE id = :id", id=course_id) == 1


async def test_what_is_shown_is_complete(house: House) -> None:
    """By the rules that the workflows apply before they publish."""
    await seed_demo(house)
    do = house.workflows

    async with do.outlining.begin() as store:
        contents = [
            content for (id_,) in await ask(house, "SELECT id FROM contents") if (content := await store.content(id_))
        ]
        courses = [await store.course(id_) for id_ in (await catalogue_ids(house)).values()]

    assert [gap for content in contents if content.is_published for gap in content_gaps(content)] == []
    for course in courses:
        assert course is not None
        shown = sum(content.course_id == course.id and content.is_published for content in contents)
        assert not course.is_published or course_gaps(course, shown) == []
    for content in contents:
        assert content.text_html == do.outlining.markdown.render(content.text_content)


async def test_there_is_a_course_of_each_kind(house: House) -> None:
    await seed_demo(house)

    assert await one(house, "SELECT count(*) FROM courses") == 7
    assert await one(house, "SELECT count(*) FROM courses WHERE NOT is_published") == 1
    assert await one(house, "SELECT count(*) FROM courses WHERE price_paise = 0") == 2
    assert await one(house, "SELECT count(*) FROM courses WHERE access_days = 90") == 1
    assert await one(house, "SELECT count(DISTINCT course_id) FROM contents WHERE available_after_days > 0") == 1
    assert await one(house, "SELECT count(DISTINCT user_id) FROM course_instructors") == 1


async def test_the_student_has_begun_and_the_newcomer_has_not(house: House) -> None:
    await seed_demo(house)
    people = {email: id_ for id_, email in await ask(house, "SELECT id, email FROM users")}

    cards = {
        email: (await house.workflows.study.enrollments(PAGE, EnrollmentFilter(), user_id=people[email])).results
        for email in EMAILS
    }

    (card,) = cards["student@example.com"]
    assert card.tally.completed == COMPLETED
    assert card.tally.total == 33
    assert card.last_content_title == "Watch: a morning in the village"
    assert [len(cards[email]) for email in EMAILS] == [0, 0, 1, 0]


async def test_the_student_has_classes_behind_and_ahead(house: House) -> None:
    await seed_demo(house)
    student_id = await one(house, "SELECT id FROM users WHERE email = 'student@example.com'")
    course_id = (await catalogue_ids(house))["Spoken English: From Zero to Fluent"]

    report = await house.workflows.attendance.student(course_id, student_id)
    actor, chosen = Actor(student_id, Role.STUDENT, 0), SessionFilter(status=SessionStatus.SCHEDULED)
    ahead = (await house.workflows.classes.sessions(PAGE, actor, chosen)).results

    assert report is not None
    assert (report.counts["present"], report.counts["late"], report.attendance.percentage) == (1, 1, 75.0)
    assert len(ahead) == 6
    assert all(card.session.starts_at.astimezone(INDIA).hour == 19 for card in ahead)


async def test_the_students_documents_open(house: House) -> None:
    await seed_demo(house)
    student_id = await one(house, "SELECT id FROM users WHERE email = 'student@example.com'")
    document_id = await one(house, "SELECT id FROM contents WHERE title LIKE 'Sheet: fifty%'")

    opened = await house.workflows.viewing.open(document_id, Actor(student_id, Role.STUDENT, 0))

    media = opened.sight.content.media
    assert media is not None
    file = house.settings.data_path / "media" / "private" / media.ref
    assert file.read_text().startswith("# Fifty sentences")
    assert file.stat().st_size == media.size_bytes


async def test_the_demo_is_found_by_search_in_both_scripts(house: House) -> None:
    await seed_demo(house)

    async def titles(q: str) -> list[str]:
        page = await house.workflows.catalogue.courses(PAGE, CourseFilter(q=q), None)
        return [card.title for card in page.results]

    assert demo_courses.MAIN.title in await titles("spoken")
    assert await titles("हिन्दी") == [demo_courses.FREE.title]


async def test_a_second_time_nothing_is_done(house: House) -> None:
    assert await seed_demo(house)
    files = files_of(house)

    assert not await seed_demo(house)

    assert await one(house, "SELECT count(*) FROM users") == 4
    assert files_of(house) == files
    assert len(files) == 3


async def test_two_processes_at_once_make_one_demo(database_url: str, tmp_path: Path) -> None:
    houses = [house_of(database_url, tmp_path) for _ in range(2)]
    try:
        made = await asyncio.gather(*(seed_demo(house) for house in houses))

        assert sorted(made) == [False, True]
        assert await one(houses[0], "SELECT count(*) FROM users") == 4
        assert await one(houses[0], "SELECT count(*) FROM courses") == 7
        assert len(files_of(houses[0])) == 3
    finally:
        for house in houses:
            await house.close()


async def test_a_demo_that_is_broken_off_leaves_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patched:
        patched.setattr("entrypoints.seeding.demo._enrol", broken)
        with pytest.raises(OSError, match="no space"):
            await seed_demo(house)

    assert await one(house, "SELECT count(*) FROM users") == 0
    assert files_of(house) == []
    assert await seed_demo(house)


# --- many -------------------------------------------------------------------------------------------------------------

SIZES = {"courses": 7, "students": 25}


@pytest.fixture
async def school(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """In several batches each."""
    monkeypatch.setattr(bulk_seeding, "COURSES_A_BATCH", 3)
    monkeypatch.setattr(bulk_seeding, "STUDENTS_A_BATCH", 10)
    await seed_many(house, **SIZES, random=Random(5))
    return house


async def test_as_many_are_made_as_were_asked_for(school: House) -> None:
    assert await one(school, "SELECT count(*) FROM courses") == 7
    assert await one(school, "SELECT count(*) FROM users WHERE role = 'student'") == 25
    assert await one(school, "SELECT count(*) FROM users WHERE role = 'instructor'") == 3
    sizes = [count for (count,) in await ask(school, "SELECT count(*) FROM contents GROUP BY course_id")]
    assert all(12 <= count <= 33 for count in sizes)
    enrolled = [count for (count,) in await ask(school, "SELECT count(*) FROM enrollments GROUP BY user_id")]
    assert len(enrolled) == 25
    assert set(enrolled) <= {1, 2, 3, 4, 5}
    assert await one(school, "SELECT count(*) FROM progress") > 0


async def test_counts_and_terms_are_exact(school: House) -> None:
    counted = "SELECT count(*) FROM enrollments WHERE course_id = courses.id"
    assert await ask(school, f"SELECT id FROM courses WHERE enrolled_count <> ({counted})") == []
    for title, terms in await ask(school, "SELECT title, title_terms FROM courses"):
        assert terms == " ".join(words(title))
    everything = (await ask(school, "SELECT title FROM courses ORDER BY id LIMIT 1"))[0][0]
    page = await school.workflows.catalogue.courses(PAGE, CourseFilter(q=words(everything)[0]), None)
    assert page.results


async def test_progress_is_such_as_could_have_happened(school: House) -> None:
    stray = """SELECT p.id FROM progress p JOIN enrollments e ON e.id = p.enrollment_id
               JOIN contents c ON c.id = p.content_id WHERE c.course_id <> e.course_id"""
    too_early = """SELECT p.id FROM progress p JOIN enrollments e ON e.id = p.enrollment_id
                   WHERE p.completion_date < e.enrollment_date"""
    half = """SELECT e.id FROM enrollments e WHERE (e.completed_at IS NOT NULL) <>
              ((SELECT count(*) FROM progress p WHERE p.enrollment_id = e.id AND p.is_completed)
               = (SELECT count(*) FROM contents c WHERE c.course_id = e.course_id))"""
    assert await ask(school, stray) == []
    assert await ask(school, too_early) == []
    assert await ask(school, half) == []


async def test_what_was_made_can_be_used(school: House) -> None:
    """Ids go on after the reserved ones, the password opens, the progress reads."""
    email = await one(school, "SELECT email FROM users WHERE role = 'student' LIMIT 1")
    assert (await school.workflows.logins.login(email, "learn-by-doing-1", device="test")).user.full_name

    newcomer = await school.workflows.registration.register(
        username="after.all", email="after@example.com", password="quite-another-1"
    )
    category_id = await school.workflows.authoring.add_category(slug="new", title="New")

    assert newcomer.id == await one(school, "SELECT max(id) FROM users")
    assert category_id == await one(school, "SELECT max(id) FROM categories")
    for enrollment_id, user_id, course_id in await ask(school, "SELECT id, user_id, course_id FROM enrollments"):
        progress = await school.workflows.study.progress(user_id, course_id)
        assert progress is not None
        assert progress.enrollment.id == enrollment_id
        assert 0 <= progress.tally.percentage <= 100


async def test_another_run_adds_others(school: House) -> None:
    await seed_many(school, **SIZES, random=Random(5))

    assert await one(school, "SELECT count(*) FROM courses") == 14
    assert await one(school, "SELECT count(DISTINCT email) FROM users WHERE role = 'student'") == 50
    assert await one(school, "SELECT count(*) FROM categories") <= 6


async def test_the_same_randomness_makes_the_same_school(school: House, tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'other.db'}"
    await schema.upgrade(url)
    other = house_of(url, tmp_path)
    try:
        await seed_many(other, **SIZES, random=Random(5))
        for statement in (
            "SELECT title, price_paise, level FROM courses ORDER BY id",
            "SELECT full_name, username FROM users ORDER BY id",
            "SELECT user_id, course_id FROM enrollments ORDER BY id",
        ):
            assert await ask(other, statement) == await ask(school, statement)
    finally:
        await other.close()


async def test_the_demos_lessons_can_be_asked_about(house: House) -> None:
    await seed_demo(house)
    while await house.workflows.indexing.sweep():
        pass
    done = [step async for step in house.workflows.indexing.rebuild()]
    student_id = await one(house, "SELECT id FROM users WHERE email = 'student@example.com'")
    course_id = (await catalogue_ids(house))["Spoken English: From Zero to Fluent"]
    actor = Actor(student_id, Role.STUDENT, 0)

    conversation = await house.workflows.conversing.start(actor, course_id, title="")
    answer_id = await house.workflows.asking.ask(actor, conversation, "How do I introduce myself?")
    answer = await house.workflows.conversations.message(answer_id, student_id)

    assert done[-1] == (len(done), len(done))
    assert answer is not None
    assert answer.citations[0].title == "Introduce yourself in four sentences"
