"""/api/courses/quiz-attempts/: taking quizzes."""

from datetime import datetime
from typing import Annotated

from litestar import Response, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta, Struct

from core.errors import NotFound
from core.paging import DEFAULT_LIMIT
from entrypoints.http.answers import Answer as HttpAnswer
from entrypoints.http.calls import Call, Count, Cursor, Limit, Listing, caller, do, house, listing, once, page_request
from entrypoints.http.policy import Policy
from entrypoints.http.quizzes_wire import AttemptInfo, AttemptSummary, attempt_info, attempt_summary
from modules.learning.domain.grading import Answer
from modules.learning.domain.quizzes import MOST_OPTIONS, MOST_QUESTIONS
from modules.learning.quiz_ports import Which


class Start(Struct, frozen=True, forbid_unknown_fields=True):
    quiz_id: int


class AnswerBody(Struct, frozen=True, forbid_unknown_fields=True):
    """`selected_opt_id` of a single choice or true/false, `selected_opt_ids` of a multiple choice, `answer_text` of a
    number (`3.5`) or short text.
    """

    question_id: int
    selected_opt_id: int | None = None
    selected_opt_ids: Annotated[list[int], Meta(max_length=MOST_OPTIONS)] = []
    answer_text: str = ""


Answers = Annotated[list[AnswerBody], Meta(max_length=MOST_QUESTIONS)]


class Saving(Struct, frozen=True, forbid_unknown_fields=True):
    """All answers so far. A `revision` that the app counts up protects against a save that is overtaken by the next."""

    answers: Answers
    revision: Annotated[int, Meta(ge=0, le=2**31 - 1)] | None = None


class Submission(Struct, frozen=True, forbid_unknown_fields=True):
    """Answers that take the place of the saved ones, question by question."""

    answers: Answers = []


class Saved(Struct, frozen=True):
    """`saved` is false for a revision that was overtaken; the app goes on from `saved_revision`."""

    id: int
    answered_count: int
    saved_at: datetime
    deadline: datetime | None
    server_time: datetime
    saved: bool
    saved_revision: int


@post("/quiz-attempts/start/", policy=Policy.ENROLLED)
async def start_attempt(request: Call, data: JSONBody[Start]) -> Response[AttemptInfo]:
    """Open an attempt: 201. If one is open: 200, and that one."""
    key = await once(request, "start_attempt")
    started = await do(request).attempting.start(caller(request), data.quiz_id, once=key)
    return HttpAnswer(await _attempt(request, started.attempt_id), status_code=201 if started.is_new else 200)


@put("/quiz-attempts/{attempt_id:int}/answers/", policy=Policy.OWNER)
async def save_answers(request: Call, attempt_id: FromPath[int], data: JSONBody[Saving]) -> Saved:
    """Keep the answers so far, in place of those kept before."""
    answers = [_answer(body) for body in data.answers]
    save = do(request).attempting.save(caller(request), attempt_id, answers, revision=data.revision)
    kept = await save
    return Saved(attempt_id, len(answers), kept.at, kept.deadline, kept.at, kept.is_kept, kept.revision)


@post("/quiz-attempts/{attempt_id:int}/submit/", policy=Policy.OWNER, status_code=200)
async def submit_attempt(request: Call, attempt_id: FromPath[int], data: JSONBody[Submission]) -> AttemptInfo:
    """Hand the paper in. A repeat gives the same result, whatever it says."""
    await do(request).attempting.submit(caller(request), attempt_id, [_answer(body) for body in data.answers])
    return await _attempt(request, attempt_id)


@get("/quiz-attempts/{attempt_id:int}/", policy=Policy.USER)
async def attempt(request: Call, attempt_id: FromPath[int]) -> AttemptInfo:
    """An attempt, for its student and the course's staff: the paper with what was saved, or the result."""
    return await _attempt(request, attempt_id)


@get("/quiz-attempts/", policy=Policy.USER)
async def attempts(
    request: Call,
    quiz_id: FromQuery[int],
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    count: Count = False,
    which: FromQuery[Which] = Which.ALL,
    user_id: FromQuery[int | None] = None,
) -> Listing[AttemptSummary]:
    """One's own attempts at a quiz, newest first. The course's staff see all students', or those of one `user_id`."""
    actor = caller(request)
    is_staff = await do(request).quizzes.is_staff(quiz_id, actor)
    if is_staff is None or (not is_staff and user_id not in {None, actor.user_id}):
        raise NotFound
    found = await do(request).quizzes.attempts(
        page_request(limit, cursor, count=count),
        quiz_id,
        user_id=user_id if is_staff else actor.user_id,
        which=which,
    )
    return listing(request, found, attempt_summary)


async def _attempt(request: Call, attempt_id: int) -> AttemptInfo:
    return attempt_info(await do(request).attempting.look(caller(request), attempt_id), house(request).clock.now())


def _answer(body: AnswerBody) -> Answer:
    chosen = {*body.selected_opt_ids, *([] if body.selected_opt_id is None else [body.selected_opt_id])}
    return Answer(body.question_id, tuple(sorted(chosen)), body.answer_text)


HANDLERS = [start_attempt, save_answers, submit_attempt, attempt, attempts]
