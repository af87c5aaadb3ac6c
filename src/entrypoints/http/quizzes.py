"""/api/courses/quizzes/ and /questions/: writing quizzes."""

import asyncio
from decimal import Decimal
from typing import Annotated, Any

from litestar import Response, delete, get, patch, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import UNSET, Meta, Struct, UnsetType

from core.errors import Invalid, NotFound
from entrypoints.http.calls import Call, caller, do, expected_version, given
from entrypoints.http.contents import Order
from entrypoints.http.courses import Percent
from entrypoints.http.policy import Policy
from entrypoints.http.quizzes_wire import QuizInfo, WrittenQuestion, quiz_info, written_question
from entrypoints.http.uploads import MIB, one_file, text_of
from modules.learning.domain.attempts import Allowance
from modules.learning.domain.quizzes import (
    LONGEST_ANSWER,
    LONGEST_LIMIT,
    LONGEST_POOL,
    LONGEST_TEXT,
    MOST_ATTEMPTS,
    MOST_OPTIONS,
    MOST_POINTS,
    MOST_QUESTIONS,
    SHORTEST_LIMIT,
    Draft,
    Option,
    QuestionType,
    ShowAnswers,
    number,
)
from modules.learning.question_files import FileKind, read_questions, write_questions
from modules.learning.quiz_ports import AllowanceLine, WrittenQuiz

TimeLimit = Annotated[int, Meta(ge=SHORTEST_LIMIT, le=LONGEST_LIMIT)]
Attempts = Annotated[int, Meta(ge=1, le=MOST_ATTEMPTS)]
PoolName = Annotated[str, Meta(max_length=LONGEST_POOL)]
PoolToDraw = Annotated[str, Meta(min_length=1, max_length=LONGEST_POOL)]
Drawn = Annotated[int, Meta(ge=1, le=MOST_QUESTIONS)]
QuestionText = Annotated[str, Meta(min_length=1, max_length=LONGEST_TEXT, pattern=r"\S")]
Explanation = Annotated[str, Meta(max_length=LONGEST_TEXT)]
Points = Annotated[int, Meta(ge=1, le=MOST_POINTS)]
Tolerance = str | float
Kind = Annotated[FileKind | None, QueryParameter(name="format", description="gift or csv; else by the file's name")]
FILE_BODY = 2 * MIB
MEDIA_TYPES = {FileKind.GIFT: "text/plain", FileKind.CSV: "text/csv"}


class NewQuiz(Struct, frozen=True, forbid_unknown_fields=True):
    """`passing_score` in percent, `time_limit` in seconds; null is no limit. `pools`: how many of each are drawn."""

    content_id: int
    passing_score: Percent = 50.0
    time_limit: TimeLimit | None = None
    max_attempts: Attempts | None = None
    shuffle_questions: bool = False
    shuffle_options: bool = False
    show_answers: ShowAnswers = ShowAnswers.ONCE_OVER
    pools: dict[PoolToDraw, Drawn] = {}


class QuizChanges(Struct, frozen=True, forbid_unknown_fields=True):
    """What is not sent stays. The rest of a quiz may be sent back and is ignored."""

    passing_score: Percent | UnsetType = UNSET
    time_limit: TimeLimit | UnsetType | None = UNSET
    max_attempts: Attempts | UnsetType | None = UNSET
    shuffle_questions: bool | UnsetType = UNSET
    shuffle_options: bool | UnsetType = UNSET
    show_answers: ShowAnswers | UnsetType = UNSET
    pools: dict[PoolToDraw, Drawn] | UnsetType = UNSET
    id: Any = UNSET
    content_id: Any = UNSET
    course_id: Any = UNSET
    title: Any = UNSET
    is_published: Any = UNSET
    version: Any = UNSET
    questions: Any = UNSET


class OptionBody(Struct, frozen=True, forbid_unknown_fields=True):
    """Of a number or short text: an accepted answer. With its `id` an option stays the same one."""

    option_text: Annotated[str, Meta(min_length=1, max_length=LONGEST_ANSWER)]
    is_correct: bool = True
    id: int = 0
    question_id: Any = UNSET
    order: Any = UNSET


Options = Annotated[list[OptionBody], Meta(max_length=MOST_OPTIONS)]


class NewQuestion(Struct, frozen=True, forbid_unknown_fields=True):
    """`pool` names the pool that it is drawn from; without one it is on every paper."""

    quiz_id: int
    question_text: QuestionText
    question_type: QuestionType
    options: Options
    points: Points = 1
    explanation: Explanation = ""
    tolerance: Tolerance = 0
    pool: PoolName = ""


class QuestionChanges(Struct, frozen=True, forbid_unknown_fields=True):
    """What is not sent stays; `options` are all of them, in their order."""

    question_text: QuestionText | UnsetType = UNSET
    question_type: QuestionType | UnsetType = UNSET
    options: Options | UnsetType = UNSET
    points: Points | UnsetType = UNSET
    explanation: Explanation | UnsetType = UNSET
    tolerance: Tolerance | UnsetType = UNSET
    pool: PoolName | UnsetType = UNSET
    id: Any = UNSET
    quiz_id: Any = UNSET
    order: Any = UNSET
    version: Any = UNSET


class AllowanceBody(Struct, frozen=True, forbid_unknown_fields=True):
    """`extra_time` in seconds."""

    extra_time: Annotated[int, Meta(ge=0, le=86_400)] = 0
    extra_attempts: Annotated[int, Meta(ge=0, le=1_000)] = 0


class AllowanceInfo(Struct, frozen=True):
    user_id: int
    username: str
    full_name: str
    extra_time: int
    extra_attempts: int


class AllowanceList(Struct, frozen=True):
    results: list[AllowanceInfo]


class Imported(Struct, frozen=True):
    question_ids: list[int]


class QuizList(Struct, frozen=True):
    results: list[QuizInfo]


@get("/quizzes/", policy=Policy.STAFF)
async def quizzes(request: Call, course_id: FromQuery[int]) -> QuizList:
    """The quizzes of a course in its order, without their questions."""
    found = await do(request).quizzes.of_course(course_id, caller(request))
    if found is None:
        raise NotFound
    return QuizList([quiz_info(one, with_questions=False) for one in found])


@get("/quizzes/{quiz_id:int}/", policy=Policy.STAFF)
async def quiz(request: Call, quiz_id: FromPath[int]) -> QuizInfo:
    """A quiz with its questions and their keys."""
    return quiz_info(await written(request, quiz_id), with_questions=True)


@post("/quizzes/", policy=Policy.STAFF)
async def create_quiz(request: Call, data: JSONBody[NewQuiz]) -> QuizInfo:
    """Give a content of type `quiz` its quiz."""
    settings = {name: getattr(data, name) for name in NewQuiz.__struct_fields__}
    created = await do(request).quizzing.create(caller(request), **settings)
    return quiz_info(await written(request, created.id), with_questions=True)


@patch("/quizzes/{quiz_id:int}/", policy=Policy.STAFF)
async def edit_quiz(request: Call, quiz_id: FromPath[int], data: JSONBody[QuizChanges]) -> QuizInfo:
    """Change a quiz's settings. Attempts that are open keep theirs."""
    names = ("passing_score", "time_limit", "max_attempts", "shuffle_questions", "shuffle_options", "show_answers")
    changes = given(data, *names, "pools")
    await do(request).quizzing.edit(caller(request), quiz_id, changes, version=expected_version(request))
    return quiz_info(await written(request, quiz_id), with_questions=True)


@delete("/quizzes/{quiz_id:int}/", policy=Policy.STAFF, status_code=204)
async def remove_quiz(request: Call, quiz_id: FromPath[int]) -> None:
    """Delete a quiz that nobody has attempted; its content stays."""
    await do(request).quizzing.remove(caller(request), quiz_id)


@post("/quizzes/{quiz_id:int}/questions/reorder/", policy=Policy.STAFF, status_code=204)
async def order_questions(request: Call, quiz_id: FromPath[int], data: JSONBody[Order]) -> None:
    """Put a quiz's questions in order."""
    await do(request).quizzing.order_questions(caller(request), quiz_id, data.ids)


@post(
    "/quizzes/{quiz_id:int}/questions/import/",
    policy=Policy.STAFF,
    takes_file=True,
    request_max_body_size=FILE_BODY,
)
async def import_questions(request: Call, quiz_id: FromPath[int], kind: Kind = None) -> Imported:
    """Add the questions of a GIFT or CSV file (multipart field `file`, UTF-8), or hear of each fault by its line."""
    file = await one_file(request)
    text, wanted = await text_of(file), _kind(kind, file.filename)
    drafts = await asyncio.to_thread(read_questions, text, wanted)  # two megabytes take a while to read
    return Imported(await do(request).quizzing.add_questions(caller(request), quiz_id, drafts))


@get("/quizzes/{quiz_id:int}/questions/export/", policy=Policy.STAFF)
async def export_questions(request: Call, quiz_id: FromPath[int], kind: Kind = None) -> Response[bytes]:
    """The questions as a file that can be imported again."""
    wanted = kind or FileKind.GIFT
    body = write_questions((await written(request, quiz_id)).questions, wanted).encode()
    headers = {"Content-Disposition": f'attachment; filename="quiz-{quiz_id}.{wanted}"'}
    return Response(body, media_type=MEDIA_TYPES[wanted], headers=headers)


@get("/questions/{question_id:int}/", policy=Policy.STAFF)
async def question(request: Call, question_id: FromPath[int]) -> WrittenQuestion:
    """A question with its key."""
    return await _question(request, question_id)


@post("/questions/", policy=Policy.STAFF)
async def create_question(request: Call, data: JSONBody[NewQuestion]) -> WrittenQuestion:
    """Add a question at the end of a quiz."""
    plain = {name: getattr(data, name) for name in ("question_text", "question_type", "points", "explanation", "pool")}
    draft = Draft(options=_options(data.options), tolerance=_tolerance(data.tolerance), **plain)
    (added,) = await do(request).quizzing.add_questions(caller(request), data.quiz_id, [draft])
    return await _question(request, added)


@patch("/questions/{question_id:int}/", policy=Policy.STAFF)
async def edit_question(request: Call, question_id: FromPath[int], data: JSONBody[QuestionChanges]) -> WrittenQuestion:
    """Change a question. Papers that have it already keep it as it was."""
    changes = given(data, "question_text", "question_type", "points", "explanation", "pool")
    if data.options is not UNSET:
        changes["options"] = _options(data.options)
    if data.tolerance is not UNSET:
        changes["tolerance"] = _tolerance(data.tolerance)
    await do(request).quizzing.edit_question(caller(request), question_id, changes, version=expected_version(request))
    return await _question(request, question_id)


@delete("/questions/{question_id:int}/", policy=Policy.STAFF, status_code=204)
async def remove_question(request: Call, question_id: FromPath[int]) -> None:
    """Take a question out of its quiz. Papers that have it already keep it."""
    await do(request).quizzing.remove_question(caller(request), question_id)


@get("/quizzes/{quiz_id:int}/allowances/", policy=Policy.STAFF)
async def allowances(request: Call, quiz_id: FromPath[int]) -> AllowanceList:
    """Who has more time or attempts than the quiz gives."""
    await written(request, quiz_id)
    return await _allowances(request, quiz_id)


@put("/quizzes/{quiz_id:int}/allowances/{user_id:int}/", policy=Policy.STAFF)
async def allow(
    request: Call, quiz_id: FromPath[int], user_id: FromPath[int], data: JSONBody[AllowanceBody]
) -> AllowanceList:
    """Give a student more time or attempts; the deadline of an open attempt moves. Nothing extra takes it back."""
    allowance = Allowance(data.extra_time, data.extra_attempts)
    await do(request).quizzing.allow(caller(request), quiz_id, user_id, allowance)
    return await _allowances(request, quiz_id)


def _kind(said: FileKind | None, file_name: str) -> FileKind:
    """What was said, else what the file's name ends in.

    :raises Invalid:
    """
    ending = file_name.lower().rpartition(".")[2]
    found = said or {"gift": FileKind.GIFT, "txt": FileKind.GIFT, "csv": FileKind.CSV}.get(ending)
    if found is None:
        raise Invalid.field("format", "Say gift or csv, or let the file's name end in .gift, .txt or .csv.")
    return found


async def written(request: Call, quiz_id: int) -> WrittenQuiz:
    """:raises NotFound: also for those who do not write it."""
    found = await do(request).quizzes.written(quiz_id, caller(request))
    if found is None:
        raise NotFound
    return found


async def _question(request: Call, question_id: int) -> WrittenQuestion:
    quiz_id = await do(request).quizzes.quiz_of_question(question_id)
    if quiz_id is None:
        raise NotFound
    for place, one in enumerate((await written(request, quiz_id)).questions, 1):
        if one.id == question_id:
            return written_question(one, place)
    raise NotFound


async def _allowances(request: Call, quiz_id: int) -> AllowanceList:
    return AllowanceList([_allowance(line) for line in await do(request).quizzes.allowances(quiz_id)])


def _allowance(line: AllowanceLine) -> AllowanceInfo:
    extra = line.allowance
    return AllowanceInfo(line.user_id, line.username, line.full_name, extra.extra_time, extra.extra_attempts)


def _options(given: list[OptionBody]) -> tuple[Option, ...]:
    return tuple(Option(option.id, option.option_text.strip(), option.is_correct) for option in given)


def _tolerance(given: Tolerance) -> Decimal:
    found = number(str(given))
    if found is None or found < 0:
        raise Invalid.field("tolerance", "Not a number of 0 or more.")
    return found


HANDLERS = [
    quizzes, quiz, create_quiz, edit_quiz, remove_quiz, order_questions, question, create_question, edit_question,
    remove_question, import_questions, export_questions, allowances, allow,
]  # fmt: skip
