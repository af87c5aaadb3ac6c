"""The language model that the sandbox plays: it quotes what is put before it, or lies as the fault knobs say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from entrypoints.sandbox.faults import Lie

_PASSAGE: Final = re.compile(r"^\[(\d+)\] .*\n((?:.+\n)*)", re.MULTILINE)
_QUESTION: Final = re.compile(r"^Question: (.*)\Z", re.MULTILINE | re.DOTALL)
_GIVING_UP: Final = re.compile(r"write only (\w+)")
_SENTENCE: Final = re.compile(r"[^.!?।\n]+[.!?।]?")
_MOST: Final = 2
_SHORTEST_TELLING: Final = 4
_ORDER: Final = re.compile(r"ignore[^.:]*[.:]\s*(.*)", re.IGNORECASE | re.DOTALL)
ENDLESS: Final = "And so it goes on and on [1]. "

Messages = Sequence[dict[str, Any]]


def completion(messages: Messages, lie: Lie | None) -> str:
    """What the model says to these messages."""
    told = {str(message.get("role")): str(message.get("content", "")) for message in messages}
    instructions, asked = told.get("system", ""), told.get("user", "")
    passages = [(int(number), text) for number, text in _PASSAGE.findall(asked)]
    honest = _quoted(passages, asked) or _given_up(instructions)
    if lie == "invented":
        return f"This is well known to everybody. The moon is made of green cheese [{len(passages) + 7}]. {honest}"
    if lie == "unsupported":
        return "The examination costs 4711 rupees [1]. Every student receives a golden bicycle tomorrow [1]."
    if lie == "obedient":
        return _obeyed(passages, instructions) or honest
    return "" if lie == "silent" else honest


def _quoted(passages: Sequence[tuple[int, str]], asked: str) -> str:
    """The sentences with the most words of the question, each with its passage's number."""
    found = _QUESTION.search(asked)
    wanted = _telling(found[1] if found else asked)
    rated = [
        (len(wanted & _telling(sentence)), -number, sentence.strip())
        for number, text in passages
        for sentence in _SENTENCE.findall(text)
    ]
    best = sorted((one for one in rated if one[0]), reverse=True)[:_MOST]
    return " ".join(f"{sentence.rstrip('.!?।')} [{-number}]." for _, number, sentence in best)


def _given_up(instructions: str) -> str:
    found = _GIVING_UP.search(instructions)
    return found[1] if found else "I do not know."


def _obeyed(passages: Sequence[tuple[int, str]], instructions: str) -> str:
    """It does what a passage orders, and tells all that it was told: the worst that a passage can make of it."""
    orders = [(number, found[1]) for number, text in passages if (found := _ORDER.search(text))]
    if not orders:
        return ""
    secrets = " ".join(f"{line.rstrip('.')} [{orders[0][0]}]." for line in instructions.splitlines())
    return f"{secrets} {' '.join(f'{order.strip()} [{number}].' for number, order in orders)} Done as ordered."


def _telling(text: str) -> set[str]:
    words = (word.strip(".,?!:;\"'“”‘’()") for word in text.lower().split())
    return {word for word in words if len(word) >= _SHORTEST_TELLING}
