"""Writes the demo's people, courses and beginnings (demo_world.py) into an empty database, in one transaction."""

from collections.abc import AsyncGenerator
from datetime import datetime, timedelta

from entrypoints.compose import House
from entrypoints.seeding import courses as seed_courses
from entrypoints.seeding import demo_world as demo
from entrypoints.seeding import rows as seed_rows
from entrypoints.seeding.community import write_community
from entrypoints.seeding.courses import Outline, Plan, Rows
from entrypoints.seeding.demo_world import Account
from entrypoints.seeding.lessons import write_classes
from entrypoints.seeding.rows import Lesson, Presentation
from modules.learning.domain.catalogue import ContentType, Media, Provider
from modules.learning.domain.enrolment import Source
from modules.learning.domain.media import hosted_video

MARKDOWN_TYPE = "text/markdown"
OPENED = timedelta(days=120)
BETWEEN_COURSES = timedelta(days=15)
STUDENT_SINCE = timedelta(days=18)
COMPLETED = 7
"""So many lessons of the main course the demo's student has done."""


async def seed_demo(house: House) -> bool:
    """Put the demo's people and courses into a database without users, all or nothing; False if it has some.

    Several processes may do this at once: one of them does it.
    """
    if not await house.bulk.is_empty("users"):
        return False
    password_hash = await house.workflows.registration.hasher.hash(demo.PASSWORD)
    documents = await _keep_documents(house)
    is_written = False
    try:
        async with house.bulk.begin() as rows:
            is_ours = await rows.claim_empty("users")
            if is_ours:
                await _write(house, rows, password_hash, documents)
        is_written = is_ours
    finally:
        if not is_written:
            for media in documents.values():
                await house.library.discard(media.ref)
    return is_written


async def open_demo_accounts(house: House) -> list[Account]:
    """Those of the demo's people who are in the database and may log in; everybody knows their password."""
    async with house.workflows.logins.begin() as store:
        users = [await store.user_by_email(account.email) for account in demo.ACCOUNTS]
    return [account for account, user in zip(demo.ACCOUNTS, users, strict=True) if user is not None and user.is_active]


async def _keep_documents(house: House) -> dict[str, Media]:
    """The files of all documents, by their names."""
    kept = {}
    for lesson in (lesson for _, sections in demo.COURSES for section in sections for lesson in section.lessons):
        if lesson.content_type is ContentType.DOCUMENT and lesson.file_name:
            body = lesson.text.strip().encode() + b"\n"
            ref, size = await house.library.keep(
                "contents/demo", _chunks(body), mime_type=MARKDOWN_TYPE, limit=len(body)
            )
            kept[lesson.file_name] = Media(Provider.STORAGE, ref, lesson.file_name, MARKDOWN_TYPE, size)
    return kept


async def _chunks(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body


async def _write(house: House, rows: Rows, password_hash: str, documents: dict[str, Media]) -> None:
    now = house.clock.now()
    ids = dict(zip(demo.ACCOUNTS, await rows.reserve("users", len(demo.ACCOUNTS)), strict=True))
    people = [
        seed_rows.user(
            id_,
            email=account.email,
            username=account.username,
            full_name=account.full_name,
            role=account.role,
            password_hash=password_hash,
            created_at=now - OPENED,
        )
        for account, id_ in ids.items()
    ]
    await rows.insert("users", people)

    def present(lesson: Lesson) -> Presentation:
        if lesson.video is not None:
            return hosted_video(lesson.video), ""
        if lesson.file_name is not None:
            return documents[lesson.file_name], ""
        return None, house.workflows.outlining.markdown.render(lesson.text)

    course_ids = await rows.reserve("courses", len(demo.COURSES))
    plans = {
        id_: Plan(offer, sections, ids[demo.TEACHER], ids[demo.ADMIN], now - OPENED + age * BETWEEN_COURSES)
        for age, (id_, (offer, sections)) in enumerate(zip(course_ids, demo.COURSES, strict=True))
    }
    category_ids = await seed_courses.categories(rows, demo.CATEGORIES)
    outlines = await seed_courses.write(rows, plans, category_ids=category_ids, present=present)
    await _enrol(rows, ids[demo.STUDENT], outlines[-1], now)
    await rows.insert("coupons", [seed_rows.coupon(demo.COUPON, percent_bp=1000, created_at=now - OPENED)])
    await write_community(
        rows,
        outlines[-1].course_id,
        teacher_id=ids[demo.TEACHER],
        student_id=ids[demo.STUDENT],
        since=now - STUDENT_SINCE,
    )
    await write_classes(
        rows, outlines[-1].course_id, teacher_id=ids[demo.TEACHER], student_id=ids[demo.STUDENT], now=now
    )


async def _enrol(rows: Rows, student_id: int, course: Outline, now: datetime) -> None:
    """The demo's student in the main course: some lessons done, and in the middle of the next, a video."""
    (enrollment_id,) = await rows.reserve("enrollments", 1)
    since = now - STUDENT_SINCE
    begun = list(zip(course.content_ids, course.seconds, strict=True))[: COMPLETED + 1]
    enrolled = seed_rows.enrollment(
        enrollment_id,
        student_id,
        course.course_id,
        since=since,
        access_days=course.access_days,
        source=Source.MANUAL,
        started_at=since,
    )
    reached = [
        seed_rows.progress(
            enrollment_id, content_id, seconds, share=min(1, (COMPLETED - day) + 0.5), at=since + timedelta(days=day)
        )
        for day, (content_id, seconds) in enumerate(begun)
    ]
    await rows.insert("enrollments", [enrolled])
    await rows.insert("progress", reached)
    await rows.add("courses", "enrolled_count", {course.course_id: 1})
