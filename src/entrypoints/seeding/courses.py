"""Writing whole courses, of the demo and made-up ones alike."""

from array import array
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct

from entrypoints.seeding import rows as seed_rows
from entrypoints.seeding.rows import Lesson, Offer, Presentation, Row, Section


class Rows(Protocol):
    """An open transaction that takes rows by the thousand."""

    async def claim_empty(self, table: str) -> bool: ...

    async def reserve(self, table: str, count: int) -> list[int]: ...

    async def ids_by(self, table: str, column: str) -> dict[Any, int]: ...

    async def insert(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None: ...

    async def add(self, table: str, column: str, amounts: Mapping[int, int]) -> None: ...


class Plan(Struct, frozen=True):
    """A course to be written."""

    offer: Offer
    sections: Sequence[Section]
    teacher_id: int
    author_id: int
    created_at: datetime


class Outline(Struct, frozen=True):
    """What enrolling students needs to know of a course: the length of a video in seconds, of anything else 0."""

    course_id: int
    price_paise: int
    access_days: int | None
    created_at: datetime
    content_ids: Sequence[int]
    seconds: Sequence[int]


async def categories(rows: Rows, wanted: Mapping[str, str]) -> dict[str, int]:
    """The ids of categories by their slugs; what does not exist is made."""
    known = await rows.ids_by("categories", "slug")
    missing = [slug for slug in wanted if slug not in known]
    for slug, id_ in zip(missing, await rows.reserve("categories", len(missing)), strict=True):
        known[slug] = id_
    await rows.insert("categories", [{"id": known[slug], "slug": slug, "title": wanted[slug]} for slug in missing])
    return known


async def write(
    rows: Rows,
    plans: Mapping[int, Plan],
    *,
    category_ids: Mapping[str, int],
    present: Callable[[Lesson], Presentation],
) -> list[Outline]:
    """Insert courses, each under its reserved id, with all that is in them."""
    sections = [section for plan in plans.values() for section in plan.sections]
    module_ids = iter(await rows.reserve("modules", len(sections)))
    content_ids = iter(await rows.reserve("contents", sum(len(section.lessons) for section in sections)))
    made: dict[str, list[Row]] = {"courses": [], "course_instructors": [], "modules": [], "contents": []}
    outlines = []
    for course_id, plan in plans.items():
        made["courses"].append(seed_rows.course(course_id, plan.offer, category_ids, plan.author_id, plan.created_at))
        made["course_instructors"].append(seed_rows.instructor(course_id, plan.teacher_id, plan.created_at))
        contents = []
        for position, section in enumerate(plan.sections, 1):
            module = seed_rows.module(next(module_ids), course_id, section, position)
            made["modules"].append(module)
            contents += [
                seed_rows.content(next(content_ids), module, lesson, present(lesson), place, plan.created_at)
                for place, lesson in enumerate(section.lessons, 1)
            ]
        made["contents"] += contents
        outlines.append(_outline(course_id, plan, contents))
    for table, inserted in made.items():
        await rows.insert(table, inserted)
    await _write_quizzes(rows, sections, [content["id"] for content in made["contents"]])
    return outlines


async def _write_quizzes(rows: Rows, sections: Sequence[Section], content_ids: Sequence[int]) -> None:
    lessons = [lesson for section in sections for lesson in section.lessons]
    asked = {id_: lesson.questions for id_, lesson in zip(content_ids, lessons, strict=True) if lesson.questions}
    made: dict[str, list[Row]] = {"quizzes": [], "questions": [], "question_options": []}
    question_ids = iter(await rows.reserve("questions", sum(len(drafts) for drafts in asked.values())))
    for quiz_id, (content_id, drafts) in zip(await rows.reserve("quizzes", len(asked)), asked.items(), strict=True):
        made["quizzes"].append(seed_rows.quiz(quiz_id, content_id))
        for position, draft in enumerate(drafts, 1):
            question = seed_rows.question(next(question_ids), quiz_id, draft, position)
            made["questions"].append(question)
            # not in their order: ids grow, and would tell it
            made["question_options"] += sorted(seed_rows.options(question["id"], draft), key=lambda o: o["option_text"])
    for table, inserted in made.items():
        if inserted:
            await rows.insert(table, inserted)


def _outline(course_id: int, plan: Plan, contents: list[Row]) -> Outline:
    shown = [content for content in contents if content["is_published"]]
    return Outline(
        course_id,
        plan.offer.price_paise,
        plan.offer.access_days,
        plan.created_at,
        array("q", (content["id"] for content in shown)),
        array("l", (content["video_duration"] or 0 for content in shown)),
    )
