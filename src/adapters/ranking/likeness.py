"""Words of a course that a word which it does not have may be meant for."""

from collections import defaultdict
from collections.abc import Mapping

import jellyfish
from anyascii import anyascii
from rapidfuzz import process
from rapidfuzz.distance import OSA

FEWEST_SOUNDS = 3
"""Shorter ones sound like too much."""
SHORTEST_MISTYPED, LONG = 4, 8
"""A word of four letters may have one mistake, a long one two."""
MOST = 3
_SOUNDS_ALIKE = str.maketrans({"0": "T", "X": "S"})
"""Metaphone's th, and its sh and ch: Hindi letters that people romanise in one way or the other."""


class Lexicon:
    """The words of one course, with the terms that they are found by."""

    def __init__(self, terms: Mapping[str, str]) -> None:
        self._terms = {word: term for word, term in terms.items() if not _has_digit(word)}
        self._long = [word for word in self._terms if len(word) >= SHORTEST_MISTYPED]
        self._by_sound = defaultdict[tuple[str, bool], list[str]](list)
        for word in self._terms:
            self._by_sound[_sound(word), word.isascii()].append(word)

    def near(self, word: str) -> set[str]:
        """The terms of words that sound alike in the other script (कोटेशन, quotation); else of those that it is after
        a typing mistake or two, with the first letter right. A number is what it is.
        """
        if _has_digit(word):
            return set()
        sound = _sound(word)
        alike = self._by_sound.get((sound, not word.isascii()), []) if len(sound) >= FEWEST_SOUNDS else []
        return {self._terms[other] for other in (alike or self._mistyped(word))[:MOST]}

    def _mistyped(self, word: str) -> list[str]:
        if len(word) < SHORTEST_MISTYPED:
            return []
        most = 1 if len(word) < LONG else 2
        found = process.extract(word, self._long, scorer=OSA.distance, score_cutoff=most, limit=MOST)
        return [other for other, _, _ in found if other[0] == word[0]]


def _has_digit(word: str) -> bool:
    return any(letter.isdigit() for letter in word)


def _sound(word: str) -> str:
    return jellyfish.metaphone(anyascii(word).lower()).translate(_SOUNDS_ALIKE)
