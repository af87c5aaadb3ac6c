"""Questions in files: GIFT or CSV."""

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from typing import TypeVar

from core.errors import FieldFault, Invalid
from modules.learning.domain import gift, question_csv
from modules.learning.domain.gift import Unreadable
from modules.learning.domain.quizzes import MOST_QUESTIONS, Draft, Question, question_gaps

Source = TypeVar("Source")

SHOWN_FAULTS = 50


class FileKind(StrEnum):
    GIFT = "gift"
    CSV = "csv"


def read_questions(text: str, kind: FileKind) -> list[Draft]:
    """The questions of a file.

    :raises Invalid: naming each faulty question by its line (the first 50), as `file.12`.
    """
    drafts, faults = list[Draft](), list[FieldFault]()
    for line, found in _read(text.lstrip("\ufeff"), kind):
        if isinstance(found, Unreadable):
            faults.append(FieldFault(f"file.{line}", str(found)))
        else:
            drafts.append(found)
            faults += [FieldFault(f"file.{line}", fault.message) for fault in question_gaps(found)]
    if faults:
        count = "One thing is" if len(faults) == 1 else f"{len(faults)} things are"
        raise Invalid(f"{count} wrong; nothing was imported.", faults=tuple(faults[:SHOWN_FAULTS]))
    if not 0 < len(drafts) <= MOST_QUESTIONS:
        raise Invalid.field("file", f"Between 1 and {MOST_QUESTIONS} questions.")
    return drafts


def _read(text: str, kind: FileKind) -> Iterator[tuple[int, Draft | Unreadable]]:
    """Each question, or what is wrong with it, by its line.

    :raises Invalid: the file as a whole cannot be read.
    """
    try:
        if kind is FileKind.GIFT:
            for block in gift.blocks(text):
                yield block.line, _tried(gift.read, block)
        else:
            for line, row in question_csv.rows(text):
                yield line, _tried(question_csv.read, row)
    except Unreadable as error:
        raise Invalid.field("file", str(error)) from None


def _tried(read: Callable[[Source], Draft], source: Source) -> Draft | Unreadable:
    try:
        return read(source)
    except Unreadable as error:
        return error


def write_questions(questions: Sequence[Question], kind: FileKind) -> str:
    return gift.write(questions) if kind is FileKind.GIFT else question_csv.write(questions)
