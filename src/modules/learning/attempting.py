"""Taking quizzes: a paper is frozen, answers are saved, and it is graded once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from core.actor import Actor
from core.clock import Clock
from core.errors import NotFound
from core.idempotency import Once
from core.ids import Randomness
from core.transaction import Begin
from modules.learning.domain.attempts import (
    Attempt,
    AttemptClosed,
    AttemptsExhausted,
    AttemptStatus,
    deadline_of,
)
from modules.learning.domain.enrolment import EnrolmentExpired, demand_access
from modules.learning.domain.grading import Answer, check_answers, graded, points_of
from modules.learning.domain.quizzes import paper
from modules.learning.events import ScoreReached
from modules.learning.lessons import MOST_TRIES, Busy, demand_lesson, tallied, untouched
from modules.learning.ports import Lesson
from modules.learning.quiz_ports import AttemptBook, AttemptSight, AttemptStore, Place, QuizQueries

SWEPT_AT_ONCE = 100


class Started(Struct, frozen=True):
    attempt_id: int
    is_new: bool


class Saved(Struct, frozen=True):
    """What became of a save, and the revision that is stored now."""

    is_kept: bool
    revision: int
    deadline: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Attempting:
    begin: Begin[AttemptStore]
    book: AttemptBook
    queries: QuizQueries
    randomness: Randomness
    clock: Clock

    async def start(self, actor: Actor, quiz_id: int, *, once: Once | None = None) -> "Started":
        """Open an attempt, or find the one that is open.

        :raises NotFound: :raises NotEnrolled: :raises EnrolmentExpired: :raises ContentLocked:
        :raises AttemptsExhausted:
        """
        now = self.clock.now()
        async with self.begin() as store:
            if known := await store.answered(once, Started):
                return known
            quiz = await store.quiz(quiz_id)
            if quiz is None:
                raise NotFound
            lesson, enrollment = demand_lesson(await store.lesson(actor.user_id, quiz.content_id), now)
            standing = await store.standing(enrollment.id, quiz_id)
            if standing.open_attempt_id is not None:
                found = await store.attempt(standing.open_attempt_id)
                if not found.is_over(now):
                    await store.answer(once, started := Started(found.id, False))
                    return started
                await _close(store, found, lesson, found.saved, now)
            if standing.attempts_left(quiz) == 0:
                raise AttemptsExhausted
            asked = paper(quiz, await store.questions(quiz_id), self.randomness)
            opened_id = await store.add_attempt(
                enrollment_id=enrollment.id,
                quiz=quiz,
                number=standing.attempts_used + 1,
                paper=asked,
                points_total=points_of(asked),
                started_at=now,
                deadline=deadline_of(quiz, standing.allowance, now),
            )
            if lesson.progress is None:  # it has been opened, which is what a resumed course goes by
                await store.note(*[untouched(lesson, enrollment)] * 2)
            await store.answer(once, started := Started(opened_id, True))
            return started

    async def save(
        self, actor: Actor, attempt_id: int, answers: Sequence[Answer], *, revision: int | None = None
    ) -> "Saved":
        """Keep the answers so far, in place of those before.

        A `revision` lower than the last one was overtaken on its way, and is not kept.

        :raises NotFound: :raises EnrolmentExpired: :raises Invalid: an answer that the paper cannot have.
        :raises AttemptClosed: submitted, or the deadline and the grace are over.
        """
        now = self.clock.now()
        found = await self.book.paper(attempt_id)
        if found is None or found[0].user_id != actor.user_id:
            raise NotFound
        _, attempt, has_access = found
        if attempt.is_over(now):
            raise AttemptClosed
        _demand(has_access)
        check_answers(attempt.paper, answers)
        stored = await self.book.save(attempt_id, answers, revision=revision, now=now)
        if stored is None:
            raise AttemptClosed
        return Saved(is_kept=revision is None or revision >= stored, revision=stored, deadline=attempt.deadline, at=now)

    async def submit(self, actor: Actor, attempt_id: int, answers: Sequence[Answer]) -> None:
        """Grade the saved answers, those given now in their place. A repeat changes nothing, whatever it says; what
        comes after the deadline and its grace does not count.

        :raises NotFound: :raises EnrolmentExpired: :raises Invalid: an answer that the paper cannot have.
        """
        now = self.clock.now()
        async with self.begin() as store:
            place = await store.place(attempt_id)
            if place is None or place.user_id != actor.user_id:
                raise NotFound
            lesson, attempt = await _locked(store, place)
            if not attempt.is_open:
                return
            if attempt.is_over(now):
                await _close(store, attempt, lesson, attempt.saved, now, late=True)
                return
            demand_access(lesson.enrollment, now)
            check_answers(attempt.paper, answers)
            given = {answer.question_id: answer for answer in (*attempt.saved, *answers)}
            await _close(store, attempt, lesson, tuple(given.values()), now)

    async def look(self, actor: Actor, attempt_id: int) -> AttemptSight:
        """An attempt as its student or the course's staff see it now; one whose time is over is closed.

        :raises NotFound:
        """
        now = self.clock.now()
        sight = await self.queries.attempt(attempt_id, actor)
        if sight is not None and sight.attempt.is_open and sight.attempt.is_over(now):
            await self._close_overdue(attempt_id, now)
            sight = await self.queries.attempt(attempt_id, actor)
        if sight is None:
            raise NotFound
        return sight

    async def close_overdue(self) -> None:
        """Close what was not submitted in time, with the answers saved and the deadline as its end.

        One that cannot be closed holds up no other; what it raised is raised when all have been tried.
        """
        now, failures = self.clock.now(), dict[int, Exception]()
        while found := [id_ for id_ in await self.book.overdue(now, SWEPT_AT_ONCE) if id_ not in failures]:
            for attempt_id in found:
                try:
                    await self._close_overdue(attempt_id, now)
                except Exception as error:  # noqa: BLE001 - it is raised below
                    failures[attempt_id] = error
        if failures:
            raise next(iter(failures.values()))

    async def _close_overdue(self, attempt_id: int, now: datetime) -> None:
        async with self.begin() as store:
            place = await store.place(attempt_id)
            if place is None:
                return
            lesson, attempt = await _locked(store, place)
            if attempt.is_open and attempt.is_over(now):
                await _close(store, attempt, lesson, attempt.saved, now)


def _demand(has_access: bool) -> None:
    if not has_access:
        raise EnrolmentExpired


async def _locked(store: AttemptStore, place: Place) -> tuple[Lesson, Attempt]:
    """The enrolment first, as whoever starts an attempt does."""
    lesson = await store.lesson(place.user_id, place.content_id)
    if lesson is None:
        raise NotFound
    return lesson, await store.attempt(place.attempt_id)


async def _close(
    store: AttemptStore,
    attempt: Attempt,
    lesson: Lesson,
    answers: Sequence[Answer],
    now: datetime,
    *,
    late: bool = False,
) -> None:
    score = graded(attempt.paper, answers, attempt.passing_score)
    status = AttemptStatus.EXPIRED if attempt.is_over(now) else AttemptStatus.SUBMITTED
    ended = attempt.ended(now)
    await store.close(attempt, status=status, score=score, completed_at=ended, late=late)
    if score.passed:
        await _complete(store, lesson, ended, now)
    if lesson.enrollment is not None and lesson.enrollment.completed_at is not None:
        await store.emit(ScoreReached(enrollment_id=lesson.enrollment.id))


async def _complete(store: AttemptStore, lesson: Lesson, ended: datetime, now: datetime) -> None:
    """Passing completes the content, and with the last one the course."""
    enrollment = lesson.enrollment
    if enrollment is None:
        raise LookupError("an attempt without its enrolment")
    for _ in range(MOST_TRIES):
        before = lesson.progress or untouched(lesson, enrollment)
        after = replace(before, is_completed=True, completion_date=before.completion_date or ended)
        noted = before if after == before else await store.note(before, after)
        if noted is not None:
            await tallied(store, lesson, enrollment, noted, now)
            return
        again = await store.lesson(enrollment.user_id, lesson.content_id)  # a report of the app was faster
        lesson = again or lesson
    raise Busy(retry_after=1)
