"""Questions as GIFT, Moodle's text format (https://docs.moodle.org/en/GIFT_format): what can be graded here of it.

A category is a pool. What GIFT cannot say stands in comments of ours, which other readers skip: `// points: 2` and
`// type: true_false` before a question.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from msgspec import Struct

from modules.learning.domain.quizzes import Draft, Option, Question, QuestionType, number

# an escaped character is kept out of the way as one that no text has
_HIDDEN = {character: chr(0xF8E0 + n) for n, character in enumerate("\\~=#{}:")}
_SHOWN = str.maketrans({hidden: character for character, hidden in _HIDDEN.items()})
_ESCAPE = re.compile(r"\\([\\~=#{}:n])")
_SPECIAL = re.compile(r"[\\~=#{}:]")
_FORMAT = re.compile(r"\[(?:html|moodle|plain|markdown)\]")
_NOTE = re.compile(r"//\s*(points|type):\s*(\S+)\s*$")
_CATEGORY = re.compile(r"\$CATEGORY:\s*(.*)$")
_ANSWER = re.compile(r"([=~])\s*(?:%(-?[\d.]+)%)?([^=~]*)")
_LINE_END = re.compile(r"\r\n?|\n")  # splitlines() also cuts where a text may have other separators
GAP = "_____"
LONGEST_BLOCK = 100_000
TRUE, FALSE = {"T", "TRUE"}, {"F", "FALSE"}


class Unreadable(ValueError):
    """What is wrong with a question, for the person who wrote it."""


class Block(Struct, frozen=True):
    """One question's lines, from `line` on."""

    line: int
    text: str
    pool: str
    notes: dict[str, str]


class _Given(Struct, frozen=True):
    """One answer as it stands in the braces; the weight is in percent."""

    sign: str
    weight: Decimal | None
    text: str
    feedback: str


def blocks(text: str) -> Iterator[Block]:
    """Questions are separated by empty lines."""
    pool, notes, lines, begun = "", dict[str, str](), list[str](), 0
    for place, line in enumerate([*_LINE_END.split(text), ""], 1):
        bare = line.strip()
        if bare.startswith("//"):
            if note := _NOTE.match(bare):
                notes[note[1]] = note[2]
        elif found := _CATEGORY.match(bare):
            pool = "" if found[1].startswith("$") else found[1].strip()  # Moodle's place for them, as $course$/top
        elif bare:
            begun = begun or place
            lines.append(line)
        elif lines:
            yield Block(begun, "\n".join(lines), pool, notes)
            notes, lines, begun = {}, [], 0


def read(block: Block) -> Draft:
    """:raises Unreadable:"""
    if len(block.text) > LONGEST_BLOCK:
        raise Unreadable(f"At most {LONGEST_BLOCK} characters a question.")
    hidden = _ESCAPE.sub(lambda found: "\n" if found[1] == "n" else _HIDDEN[found[1]], block.text).strip()
    if hidden.startswith("::"):
        hidden = hidden[2:].partition("::")[2].lstrip()
    if format_ := _FORMAT.match(hidden):
        hidden = hidden[format_.end() :]
    before, opened, rest = hidden.partition("{")
    inside, closed, after = rest.partition("}")
    if not opened or not closed:
        missing = "the closing one is missing" if opened else "there are none"
        raise Unreadable(f"A question's answers stand in braces: {missing}.")
    text = f"{before.rstrip()} {GAP} {after.lstrip()}" if after.strip() else before
    said, _, explanation = inside.partition("####")
    kind, options, tolerance, remarks = _answers(said.strip(), block.notes)
    return Draft(
        question_text=_plain(text),
        question_type=kind,
        options=tuple(Option(0, option, is_correct) for option, is_correct in options),
        points=_points(block.notes),
        explanation="\n".join([*filter(None, [_plain(explanation)]), *remarks]),
        tolerance=tolerance,
        pool=block.pool,
    )


def _answers(said: str, notes: dict[str, str]) -> tuple[QuestionType, list[tuple[str, bool]], Decimal, list[str]]:
    """Type, options, tolerance, and what was remarked on single options."""
    if not said:
        raise Unreadable("Essays are not graded here: the braces are empty.")
    word, _, remark = said.partition("#")
    if word.strip().upper() in TRUE | FALSE:
        is_true = word.strip().upper() in TRUE
        remarks = [_plain(remark)] if remark else []
        return QuestionType.TRUE_FALSE, [("True", is_true), ("False", not is_true)], Decimal(0), remarks
    if said.startswith("#"):
        return QuestionType.NUMERIC, *_numbers(said[1:].strip())
    given = list(_split(said))
    if not given:
        raise Unreadable("Answers begin with = or ~.")
    signs, positive = [one.sign for one in given], [one for one in given if one.weight and one.weight > 0]
    remarks = [f"{_plain(one.text)}: {_plain(one.feedback)}" for one in given if one.feedback]
    if "~" not in signs:
        return _short(given, notes), [(_plain(one.text), True) for one in given], Decimal(0), remarks
    is_single = signs.count("=") == 1 and all(one.sign == "=" for one in positive)
    kind = QuestionType.SINGLE_CHOICE if is_single else QuestionType.MULTIPLE_CHOICE
    if is_single and notes.get("type") == QuestionType.TRUE_FALSE:
        kind = QuestionType.TRUE_FALSE
    options = [(_plain(one.text), one.sign == "=" or one in positive) for one in given]
    return kind, options, Decimal(0), remarks


def _short(given: Sequence[_Given], notes: dict[str, str]) -> QuestionType:
    if notes.get("type") != QuestionType.SHORT_TEXT and all("->" in one.text for one in given):
        raise Unreadable("Matching questions are not graded here.")
    if any(one.weight is not None and one.weight != 100 for one in given):
        raise Unreadable("Answers that are partly right are not graded here.")
    return QuestionType.SHORT_TEXT


def _split(said: str) -> Iterator[_Given]:
    for found in _ANSWER.finditer(said):
        text, _, feedback = found[3].partition("#")
        weight = None if found[2] is None else number(found[2])
        yield _Given(found[1], weight, text.strip(), feedback.strip())


def _numbers(said: str) -> tuple[list[tuple[str, bool]], Decimal, list[str]]:
    answers = list(_split(said)) if said.startswith("=") else [_Given("=", None, *_with_remark(said))]
    if any(one.sign == "~" for one in answers):
        raise Unreadable("A number's answers begin with =.")
    if any(one.weight is not None and one.weight != 100 for one in answers):
        raise Unreadable("Answers that are partly right are not graded here.")
    found = [_number(one.text) for one in answers]
    if len({tolerance for _, tolerance in found}) > 1:
        raise Unreadable("All accepted numbers have the same tolerance here.")
    remarks = [_plain(one.feedback) for one in answers if one.feedback]
    return [(format(value, "f"), True) for value, _ in found], found[0][1], remarks


def _with_remark(said: str) -> tuple[str, str]:
    text, _, remark = said.partition("#")
    return text.strip(), remark.strip()


def _number(text: str) -> tuple[Decimal, Decimal]:
    """The value and its tolerance."""
    first, is_range, last = text.partition("..")
    if is_range:
        low, high = number(first), number(last)
        if low is None or high is None or low > high:
            raise Unreadable(f"{text} is no range of numbers.")
        return (low + high) / 2, (high - low) / 2
    value, _, tolerance = text.partition(":")
    exact, around = number(value), number(tolerance or "0")
    if exact is None or around is None or around < 0:
        raise Unreadable(f"{_plain(text)} is no number with a tolerance.")
    return exact, around


def _points(notes: dict[str, str]) -> int:
    points = notes.get("points", "1")
    if not points.isascii() or not points.isdigit() or len(points) > 4:
        raise Unreadable("The points are a whole number.")
    return int(points)


def _plain(text: str) -> str:
    return text.translate(_SHOWN).strip()


def write(questions: Iterable[Question]) -> str:
    """What `read` reads, in the order of the quiz."""
    written, pool = [], ""
    for place, question in enumerate(questions, 1):
        if question.pool != pool:
            pool = question.pool
            written.append(f"$CATEGORY: {pool}\n")
        written.append(_written(question, place))
    return "\n".join(written)


def _written(question: Question, place: int) -> str:
    notes = [f"// points: {question.points}"] if question.points != 1 else []
    if question.question_type in {QuestionType.TRUE_FALSE, QuestionType.SHORT_TEXT}:
        notes.append(f"// type: {question.question_type}")
    explanation = f"\n####{_escaped(question.explanation)}" if question.explanation else ""
    asked = f"::Q{place}::[markdown]{_escaped(question.question_text)}"
    return "\n".join([*notes, f"{asked} {{{_braces(question)}{explanation}\n}}\n"])


def _braces(question: Question) -> str:
    options, kind = question.options, question.question_type
    if kind is QuestionType.NUMERIC:
        return "#" + " ".join(f"={option.option_text.replace(',', '.')}:{question.tolerance}" for option in options)
    right = sum(option.is_correct for option in options)
    share = f"{Decimal(100) / max(right, 1):.5f}"
    lines = []
    for option in options:
        text = _escaped(option.option_text)
        if kind is QuestionType.MULTIPLE_CHOICE:
            lines.append(f"~%{share if option.is_correct else -100}%{text}")
        else:
            weight = ("%100%" if option.is_correct else "%0%") if text.startswith("%") else ""
            lines.append(f"{'=' if option.is_correct else '~'}{weight}{text}")
    return "".join(f"\n{line}" for line in lines)


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda found: f"\\{found[0]}", text).replace("\r\n", "\n").replace("\n", "\\n")
