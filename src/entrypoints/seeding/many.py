"""Large demo data: courses and students by the thousand, in batches of a fixed size."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import accumulate, chain
from random import Random

from msgspec import Struct
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from core.actor import Role
from entrypoints.compose import House
from entrypoints.seeding import courses as seed_courses
from entrypoints.seeding import random_school
from entrypoints.seeding import rows as seed_rows
from entrypoints.seeding.courses import Outline, Plan, Rows
from entrypoints.seeding.demo_films import FILMS
from entrypoints.seeding.demo_world import PASSWORD
from entrypoints.seeding.rows import Lesson, Presentation, Row
from modules.learning.domain.enrolment import Source, expiry
from modules.learning.domain.media import hosted_video

SEED = 1947
COURSES_A_BATCH, STUDENTS_A_BATCH = 200, 1_000
COURSES_A_TEACHER = 25
OLDEST, NEWEST = timedelta(days=730), timedelta(days=5)
SHORTEST = timedelta(days=2)
HOW_MANY_COURSES, THEIR_WEIGHTS = (1, 2, 3, 4, 5), (40, 28, 16, 10, 6)
IDLE_SHARE, DONE_SHARE = 0.2, 0.08


async def seed_many(house: House, *, courses: int, students: int, random: Random | None = None) -> None:
    """Add that many courses, and students in one to five of them each, beside whatever is there.

    Each batch is one transaction and leaves everything true; a run that is broken off leaves fewer of both. The same
    `random` gives the same names, courses and enrolments.
    """
    school = _School(house, random or Random(SEED))  # noqa: S311 - believable, not secret
    await school.prepare()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        written, enrolled = bar.add_task("Courses", total=courses), bar.add_task("Students", total=students)
        outlines: list[Outline] = []
        for size in _batches(courses, COURSES_A_BATCH):
            outlines += await school.add_courses(size)
            bar.advance(written, size)
        crowd = _Crowd(outlines, school.random)
        for size in _batches(students, STUDENTS_A_BATCH):
            await school.add_students(size, crowd)
            bar.advance(enrolled, size)
    await house.bulk.analyze()


def _batches(total: int, most: int) -> Iterator[int]:
    for start in range(0, total, most):
        yield min(most, total - start)


class _Crowd:
    """Chooses courses as crowds do: a few of them for most people."""

    def __init__(self, outlines: Sequence[Outline], random: Random) -> None:
        self._outlines = outlines
        self._random = random
        self._weights = list(accumulate(random.paretovariate(1.2) for _ in outlines))

    def choose(self) -> list[Outline]:
        """One to five different courses."""
        wanted = min(len(self._outlines), self._random.choices(HOW_MANY_COURSES, THEIR_WEIGHTS)[0])
        chosen: dict[int, Outline] = {}
        while len(chosen) < wanted:
            one = self._random.choices(self._outlines, cum_weights=self._weights)[0]
            chosen[one.course_id] = one
        return list(chosen.values())


class _Choice(Struct, frozen=True):
    """A student's place in a course."""

    course: Outline
    since: datetime
    done: int
    """So many lessons, from the first."""


class _School:
    def __init__(self, house: House, random: Random) -> None:
        self.random = random
        self._house = house
        self._now = house.clock.now()
        self._password_hash = ""
        self._texts: list[str] = []
        self._html: dict[str, str] = {}
        self._media = {url: hosted_video(url) for url, _ in FILMS.values()}

    async def prepare(self) -> None:
        """What is costly and the same for all: the password's hash, the lessons' HTML."""
        registration, markdown = self._house.workflows.registration, self._house.workflows.outlining.markdown
        self._password_hash = await registration.hasher.hash(PASSWORD)
        self._texts = random_school.texts(self.random)
        self._html = {text: markdown.render(text) for text in self._texts}

    async def add_courses(self, count: int) -> list[Outline]:
        """Courses with their teachers, in one transaction."""
        async with self._house.bulk.begin() as rows:
            teacher_ids = await rows.reserve("users", -(-count // COURSES_A_TEACHER))
            teachers = [self._user(id_, Role.INSTRUCTOR, self._now - OLDEST) for id_ in teacher_ids]
            await rows.insert("users", teachers)
            plans = {id_: self._plan(id_, teacher_ids) for id_ in await rows.reserve("courses", count)}
            category_ids = await seed_courses.categories(rows, random_school.CATEGORIES)
            return await seed_courses.write(rows, plans, category_ids=category_ids, present=self._present)

    async def add_students(self, count: int, crowd: _Crowd) -> None:
        """Students with their enrolments and progress, in one transaction; the courses' counts follow."""
        async with self._house.bulk.begin() as rows:
            choices = {
                id_: [self._choice(course) for course in crowd.choose()] for id_ in await rows.reserve("users", count)
            }
            joined = {id_: min(one.since for one in chosen) for id_, chosen in choices.items()}
            await rows.insert("users", [self._user(id_, Role.STUDENT, since) for id_, since in joined.items()])
            await self._enrol(rows, choices)

    async def _enrol(self, rows: Rows, choices: dict[int, list[_Choice]]) -> None:
        places = [(student_id, choice) for student_id, chosen in choices.items() for choice in chosen]
        ids = await rows.reserve("enrollments", len(places))
        enrolled = [self._enrollment(id_, *place) for id_, place in zip(ids, places, strict=True)]
        await rows.insert("enrollments", enrolled)
        reached = (self._progress(id_, choice) for id_, (_, choice) in zip(ids, places, strict=True))
        await rows.insert("progress", list(chain.from_iterable(reached)))
        await rows.add("courses", "enrolled_count", Counter(row["course_id"] for row in enrolled))

    def _user(self, id_: int, role: Role, created_at: datetime) -> Row:
        name = random_school.name(self.random, id_)
        return seed_rows.user(
            id_,
            email=f"{name.username}@{role.value}s.example.com",
            username=name.username,
            full_name=name.full_name,
            role=role,
            password_hash=self._password_hash,
            created_at=created_at,
        )

    def _plan(self, course_id: int, teacher_ids: Sequence[int]) -> Plan:
        teacher_id = self.random.choice(teacher_ids)
        offer = random_school.offer(self.random, course_id)
        sections = random_school.sections(self.random, self._texts)
        created_at = self._between(self._now - OLDEST, self._now - NEWEST)
        return Plan(offer, sections, teacher_id, teacher_id, created_at)

    def _present(self, lesson: Lesson) -> Presentation:
        return (None, self._html[lesson.text]) if lesson.video is None else (self._media[lesson.video], "")

    def _choice(self, course: Outline) -> _Choice:
        lessons, luck = len(course.content_ids), self.random.random()
        done = lessons if luck < DONE_SHARE else self.random.randrange(lessons)
        is_idle = luck > 1 - IDLE_SHARE
        return _Choice(course, self._between(course.created_at, self._now - SHORTEST), 0 if is_idle else done)

    def _enrollment(self, id_: int, student_id: int, choice: _Choice) -> Row:
        """Given by hand where it costs something: there is no payment to point to."""
        course = choice.course
        return seed_rows.enrollment(
            id_,
            student_id,
            course.course_id,
            since=choice.since,
            access_days=course.access_days,
            source=Source.MANUAL if course.price_paise else Source.FREE,
            started_at=choice.since if choice.done else None,
            completed_at=self._end(choice) if choice.done == len(course.content_ids) else None,
        )

    def _progress(self, enrollment_id: int, choice: _Choice) -> Iterator[Row]:
        """A lesson after the other, evenly until the access ended."""
        course, pace = choice.course, (self._end(choice) - choice.since) / max(1, choice.done)
        for number in range(choice.done):
            content_id, seconds = course.content_ids[number], course.seconds[number]
            yield seed_rows.progress(enrollment_id, content_id, seconds, at=choice.since + (number + 1) * pace)

    def _end(self, choice: _Choice) -> datetime:
        """When the student was here last."""
        ends_at = expiry(choice.since, choice.course.access_days)
        return min(self._now, ends_at) if ends_at else self._now

    def _between(self, first: datetime, last: datetime) -> datetime:
        return first + (last - first) * self.random.random()
