"""Writing quizzes: their settings, their questions, and what single students get beyond the limits."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.actor import Actor
from core.errors import Invalid, NotFound
from core.transaction import Begin
from modules.learning.domain.attempts import Allowance
from modules.learning.domain.catalogue import (
    Content,
    ContentType,
    InUse,
    NotPublishable,
    same_members,
)
from modules.learning.domain.quizzes import MOST_QUESTIONS, Draft, Question, Quiz, question_gaps, quiz_gaps
from modules.learning.quiz_ports import QuizStore
from modules.learning.staff import demand_content, demand_same_version


@dataclass(frozen=True, slots=True)
class Quizzing:
    """Every method is for the course's staff. A quiz that students see must stay one that they can take.

    :raises NotFound: :raises NotStaff: :raises NotPublishable: from each of them.
    """

    begin: Begin[QuizStore]

    async def create(self, actor: Actor, content_id: int, **settings: Any) -> Quiz:
        """Give a quiz content its quiz, without questions yet.

        :raises Invalid: the content is none of a quiz. :raises QuizExists:
        """
        async with self.begin() as store:
            content = await demand_content(store, actor, content_id)
            if content.content_type is not ContentType.QUIZ:
                raise Invalid.field("content_id", "This content is no quiz.")
            return await store.add_quiz(content_id, **settings)

    async def edit(self, actor: Actor, quiz_id: int, changes: dict[str, Any], *, version: int | None = None) -> Quiz:
        """Change the settings. Attempts that are open keep theirs.

        :raises VersionConflict:
        """
        async with self.begin() as store:
            quiz, content = await _quiz(store, actor, quiz_id)
            demand_same_version(quiz.version, version)
            changed = await store.change_quiz(quiz_id, content.course_id, **changes)
            await _demand_takeable(store, changed, content)
            return changed

    async def remove(self, actor: Actor, quiz_id: int) -> None:
        """Delete a quiz that nobody has attempted; its content stays.

        :raises InUse:
        """
        async with self.begin() as store:
            _, content = await _quiz(store, actor, quiz_id)
            if await store.is_quiz_used(quiz_id):
                raise InUse
            if content.is_published:
                raise InUse("Unpublish its content first.")
            await store.change_quiz(quiz_id, content.course_id)
            await store.remove_quiz(quiz_id)

    async def add_questions(self, actor: Actor, quiz_id: int, drafts: Sequence[Draft]) -> list[int]:
        """Add questions at the end, all or none; their ids.

        :raises Invalid: naming what they lack; or the quiz has too many then.
        """
        if faults := [fault for draft in drafts for fault in question_gaps(draft)]:
            raise Invalid(faults=tuple(faults))
        async with self.begin() as store:
            _, content = await _quiz(store, actor, quiz_id)
            if len(await store.questions(quiz_id)) + len(drafts) > MOST_QUESTIONS:
                raise Invalid.field("quiz_id", f"A quiz has at most {MOST_QUESTIONS} questions.")
            added = await store.add_questions(quiz_id, drafts)
            await _demand_takeable(store, await store.change_quiz(quiz_id, content.course_id), content)
            return added

    async def edit_question(
        self, actor: Actor, question_id: int, changes: dict[str, Any], *, version: int | None = None
    ) -> None:
        """Change a question. Papers that have it already keep it as it was.

        :raises Invalid: :raises VersionConflict:
        """
        async with self.begin() as store:
            question, content = await _question(store, actor, question_id)
            demand_same_version(question.version, version)
            present = {name: getattr(question, name) for name in Draft.__struct_fields__}
            draft = Draft(**{**present, **changes})
            if faults := question_gaps(draft):
                raise Invalid(faults=tuple(faults))
            named = [option.id for option in draft.options if option.id]
            if not set(named) <= {option.id for option in question.options} or len(set(named)) < len(named):
                raise Invalid.field("options", "An option's id is not of this question, or is named twice.")
            await store.change_question(question, draft)
            await _demand_takeable(store, await store.change_quiz(question.quiz_id, content.course_id), content)

    async def remove_question(self, actor: Actor, question_id: int) -> None:
        """Take a question out. Papers that have it already keep it."""
        async with self.begin() as store:
            question, content = await _question(store, actor, question_id)
            await store.remove_question(question_id)
            await _demand_takeable(store, await store.change_quiz(question.quiz_id, content.course_id), content)

    async def order_questions(self, actor: Actor, quiz_id: int, ids: list[int]) -> None:
        """Put the questions in the order of `ids`, which must name each once.

        :raises Invalid:
        """
        async with self.begin() as store:
            _, content = await _quiz(store, actor, quiz_id)
            same_members(ids, [question.id for question in await store.questions(quiz_id)], "ids")
            await store.order_questions(ids)
            await store.change_quiz(quiz_id, content.course_id)

    async def allow(self, actor: Actor, quiz_id: int, user_id: int, allowance: Allowance) -> None:
        """Let a student have more time or attempts; the deadline of an open attempt moves with it.

        :raises NotFound: also if the user is not enrolled in the course.
        """
        async with self.begin() as store:
            _, content = await _quiz(store, actor, quiz_id)
            if await store.enrollment_id(user_id, content.course_id) is None:
                raise NotFound("There is no such student in this course.")
            await store.change_quiz(quiz_id, content.course_id)  # whoever starts an attempt now waits, or is waited for
            await store.set_allowance(quiz_id, user_id, allowance)
            await store.audit(
                actor_id=actor.user_id,
                action="quiz.allowance",
                target_type="quiz",
                target_id=quiz_id,
                user_id=user_id,
                extra_time=allowance.extra_time,
                extra_attempts=allowance.extra_attempts,
            )


async def _quiz(store: QuizStore, actor: Actor, quiz_id: int) -> tuple[Quiz, Content]:
    quiz = await store.quiz(quiz_id)
    if quiz is None:
        raise NotFound
    content = await demand_content(store, actor, quiz.content_id)
    quiz = await store.quiz(quiz_id)  # it may have changed meanwhile
    if quiz is None:
        raise NotFound
    return quiz, content


async def _question(store: QuizStore, actor: Actor, question_id: int) -> tuple[Question, Content]:
    question = await store.question(question_id)
    if question is None:
        raise NotFound
    _, content = await _quiz(store, actor, question.quiz_id)
    question = await store.question(question_id)
    if question is None:
        raise NotFound
    return question, content


async def _demand_takeable(store: QuizStore, quiz: Quiz, content: Content) -> None:
    if content.is_published and (gaps := quiz_gaps(quiz, await store.questions(quiz.id))):
        raise NotPublishable(
            "Students see this quiz, which would lack something then: mend that first, or unpublish it.",
            faults=tuple(gaps),
        )
