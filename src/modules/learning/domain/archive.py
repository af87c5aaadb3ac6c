"""A whole course as one value: what it teaches, without ids, students, or anything that happened to it."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from modules.learning.domain.catalogue import MAX_ACCESS_DAYS, MAX_DRIP_DAYS, MAX_TEXT, ContentType, Level, Provider
from modules.learning.domain.quizzes import (
    LONGEST_LIMIT,
    LONGEST_POOL,
    MOST_ATTEMPTS,
    MOST_QUESTIONS,
    SHORTEST_LIMIT,
    Draft,
    Option,
    Question,
    QuestionType,
    Quiz,
    ShowAnswers,
    number,
)

FORMAT: Literal[1] = 1
MOST_CONTENTS = 5_000
Title = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
Text = Annotated[str, Meta(max_length=MAX_TEXT)]
Language = Annotated[str, Meta(pattern="^[a-z]{2,3}(-[A-Z]{2})?$")]
Percent = Annotated[float, Meta(ge=0, le=100)]


class ArchivedOption(Struct, frozen=True, forbid_unknown_fields=True):
    option_text: str
    is_correct: bool


class ArchivedQuestion(Struct, frozen=True, forbid_unknown_fields=True):
    """`tolerance` is a decimal number as text."""

    question_text: str
    question_type: QuestionType
    points: int
    explanation: str
    tolerance: Annotated[str, Meta(max_length=100)]
    pool: str
    options: list[ArchivedOption]

    def draft(self) -> Draft | None:
        """None if the tolerance is no number of 0 or more."""
        tolerance = number(self.tolerance)
        if tolerance is None or tolerance < 0:
            return None
        options = tuple(Option(0, option.option_text, option.is_correct) for option in self.options)
        plain = (self.question_text, self.question_type, options, self.points, self.explanation)
        return Draft(*plain, tolerance, self.pool)


class ArchivedQuiz(Struct, frozen=True, forbid_unknown_fields=True):
    passing_score: Percent
    time_limit: Annotated[int, Meta(ge=SHORTEST_LIMIT, le=LONGEST_LIMIT)] | None
    max_attempts: Annotated[int, Meta(ge=1, le=MOST_ATTEMPTS)] | None
    shuffle_questions: bool
    shuffle_options: bool
    show_answers: ShowAnswers
    pools: dict[
        Annotated[str, Meta(min_length=1, max_length=LONGEST_POOL)], Annotated[int, Meta(ge=1, le=MOST_QUESTIONS)]
    ]
    questions: list[ArchivedQuestion]


class ArchivedMedia(Struct, frozen=True, forbid_unknown_fields=True):
    """A reference: a video's id at its host, or the key of a file in the store of the installation it came from."""

    provider: Provider
    ref: Annotated[str, Meta(min_length=1, max_length=255)]
    file_name: Annotated[str, Meta(max_length=255)] | None
    mime_type: Annotated[str, Meta(max_length=100)] | None
    size_bytes: int | None


class ArchivedContent(Struct, frozen=True, forbid_unknown_fields=True):
    title: Title
    content_type: ContentType
    media: ArchivedMedia | None
    video_duration: Annotated[int, Meta(ge=1, le=86_400)] | None
    text_content: Text
    is_preview: bool
    is_published: bool
    available_after_days: Annotated[int, Meta(ge=0, le=MAX_DRIP_DAYS)]
    quiz: ArchivedQuiz | None
    captions: dict[Language, Annotated[str, Meta(min_length=1, max_length=255)]]
    """Keys of WebVTT files, by language."""


class ArchivedModule(Struct, frozen=True, forbid_unknown_fields=True):
    title: Title
    description: Text
    contents: list[ArchivedContent]


class ArchivedCategory(Struct, frozen=True, forbid_unknown_fields=True):
    slug: Annotated[str, Meta(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
    title: Annotated[str, Meta(min_length=1, max_length=80)]


class Archive(Struct, frozen=True, forbid_unknown_fields=True):
    """`format` is raised when an older reader would misunderstand a newer archive."""

    format: Literal[1]
    title: Title
    description: Text
    price_paise: Annotated[int, Meta(ge=0, le=10_000_000_00)]
    category: ArchivedCategory | None
    level: Level
    language: Language
    is_trending: bool
    access_days: Annotated[int, Meta(ge=1, le=MAX_ACCESS_DAYS)] | None
    is_sequential: bool
    has_certificate: bool
    certificate_min_score: Percent | None
    modules: list[ArchivedModule]
    certificate_min_attendance: Percent | None = None  # archives of old have none


def archived_quiz(quiz: Quiz, questions: list[Question]) -> ArchivedQuiz:
    return ArchivedQuiz(
        passing_score=quiz.passing_score,
        time_limit=quiz.time_limit,
        max_attempts=quiz.max_attempts,
        shuffle_questions=quiz.shuffle_questions,
        shuffle_options=quiz.shuffle_options,
        show_answers=quiz.show_answers,
        pools=quiz.pools,
        questions=[
            ArchivedQuestion(
                question_text=one.question_text,
                question_type=one.question_type,
                points=one.points,
                explanation=one.explanation,
                tolerance=str(one.tolerance),
                pool=one.pool,
                options=[ArchivedOption(option.option_text, option.is_correct) for option in one.options],
            )
            for one in questions
        ],
    )
