"""Questions as CSV: one a row, its options in columns of their own, the right ones by their numbers."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping

from modules.learning.domain.gift import Unreadable
from modules.learning.domain.quizzes import MOST_OPTIONS, Draft, Option, Question, QuestionType, number

COLUMNS = ("question_text", "question_type", "points", "pool", "tolerance", "explanation", "correct")
NEEDED = {"question_text", "question_type", "option_1"}
TYPES = ", ".join(QuestionType)


def rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row with the line that it ends in.

    :raises Unreadable: no CSV, or its first line does not name the columns.
    """
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff"), newline=""), restval="", restkey="beyond")
    try:
        names = set(reader.fieldnames or ())
        if not names >= NEEDED:
            wanted = ", ".join([*COLUMNS, "option_1", "…"])
            raise Unreadable(f"The first line must name the columns, with commas between them: {wanted}.")
        if unknown := names - {*COLUMNS, *(f"option_{n}" for n in range(1, MOST_OPTIONS + 1))}:
            raise Unreadable("There is no column " + ", ".join(sorted(unknown)) + ".")
        for row in reader:
            yield reader.line_num, row
    except csv.Error:
        raise Unreadable(f"Line {reader.line_num + 1} and what follows is not CSV.") from None


def read(row: Mapping[str, str]) -> Draft:
    """:raises Unreadable:"""
    if "beyond" in row:
        raise Unreadable("The row has more cells than there are columns.")
    said = row["question_type"].strip()
    if said not in list(QuestionType):
        raise Unreadable(f"The type is one of {TYPES}.")
    kind = QuestionType(said)
    texts = [row.get(f"option_{n}", "") for n in range(1, MOST_OPTIONS + 1)]
    while texts and not texts[-1].strip():
        texts.pop()
    right = _right(row.get("correct", ""), len(texts)) if kind.is_choice else set(range(1, len(texts) + 1))
    points, tolerance = row.get("points", "").strip() or "1", number(row.get("tolerance", "").strip() or "0")
    if not points.isascii() or not points.isdigit() or len(points) > 4 or int(points) < 1:
        raise Unreadable("The points are a whole number from 1 on.")
    if tolerance is None or tolerance < 0:
        raise Unreadable("The tolerance is a number of 0 or more.")
    return Draft(
        question_text=row["question_text"].strip(),
        question_type=kind,
        options=tuple(Option(0, text.strip(), place in right) for place, text in enumerate(texts, 1)),
        points=int(points),
        explanation=row.get("explanation", "").strip(),
        tolerance=tolerance,
        pool=row.get("pool", "").strip(),
    )


def _right(said: str, options: int) -> set[int]:
    numbers = said.replace(",", " ").replace(";", " ").split()
    if not all(one.isascii() and one.isdigit() and len(one) < 3 and 0 < int(one) <= options for one in numbers):
        raise Unreadable("`correct` names the right options by their numbers, as in 1 or 1;3.")
    return {int(one) for one in numbers}


def write(questions: Iterable[Question]) -> str:
    """What `read` reads, in the order of the quiz."""
    questions = list(questions)
    most = max([len(question.options) for question in questions], default=1)
    written = io.StringIO()
    out = csv.writer(written, lineterminator="\r\n")
    out.writerow([*COLUMNS, *(f"option_{n}" for n in range(1, most + 1))])
    for one in questions:
        right = [str(place) for place, option in enumerate(one.options, 1) if option.is_correct]
        plain = (one.question_text, one.question_type.value, one.points, one.pool, one.tolerance, one.explanation)
        named = ";".join(right) if one.question_type.is_choice else ""
        out.writerow([*plain, named, *(option.option_text for option in one.options)])
    return written.getvalue()
