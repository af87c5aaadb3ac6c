"""The terms that passages are found by: words in any script by their stems, and pairs of words that only tell something
together (“if I were”). What stands in every question is no term.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import snowballstemmer

from core.text import words

_STEM_ENGLISH = snowballstemmer.stemmer("english")
_STEM_HINDI = snowballstemmer.stemmer("hindi")
_HERE = Path(__file__).parent
STOPPED = frozenset(words((_HERE / "stopwords.txt").read_text(encoding="utf-8")))
"""English and Hindi words that stand in every question."""
STOPPED_IN_QUESTIONS = STOPPED | frozenset(words((_HERE / "stopwords_romanised.txt").read_text(encoding="utf-8")))
"""With Hindi ones in Latin letters, some of which are English words, too (“the”, “to”): lessons are not written so."""
PAIR = " "
SHORTEST_SPELLING = 4
_LETTERS = "ए बी सी डी ई एफ जी एच आई जे के एल एम एन ओ पी क्यू आर एस टी यू वी डब्ल्यू एक्स वाई जेड"
_LETTER = dict(zip(words(_LETTERS), "abcdefghijklmnopqrstuvwxyz", strict=True))
_NAME = "|".join(sorted(_LETTER, key=len, reverse=True))
_ABBREVIATION = re.compile(f"(?:{_NAME}){{2,}}")
_ONE_LETTER = re.compile(_NAME)


def said(text: str) -> list[str]:
    """The words of a lesson or a question."""
    return [word if word.isascii() else _abbreviated(word) for word in words(text)]


def terms(said: Sequence[str]) -> list[str]:
    """What a lesson has, in its order, repeated as it is: words, then pairs."""
    return [*(stem(word) for word in said if word not in STOPPED), *_pairs(said)]


def asked(said: Sequence[str]) -> dict[str, str]:
    """What a question wants, each as it was typed."""
    own = {stem(word): word for word in said if word not in STOPPED_IN_QUESTIONS}
    return own | {pair: pair for pair in _pairs(said)}


def joined(said: Sequence[str]) -> list[str]:
    """What a question writes as two words may be one in the lesson (“switch board”)."""
    return [stem(first + second) for first, second in pairwise(said)]


def is_pair(term: str) -> bool:
    return PAIR in term


def _pairs(said: Sequence[str]) -> list[str]:
    return [
        f"{stem(first)}{PAIR}{stem(second)}"
        for first, second in pairwise(said)
        if first in STOPPED or second in STOPPED
    ]


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """By the script: what a stemmer of another language makes of a word is none."""
    if word.isascii():
        return str(_STEM_ENGLISH.stemWord(word)) if word.isalpha() else word
    return str(_STEM_HINDI.stemWord(word)) if "\u0900" <= word[0] <= "\u097f" else word


def _abbreviated(word: str) -> str:
    """एटीएम → atm: English letters that are written by their names; any other word as it is."""
    if len(word) < SHORTEST_SPELLING or not _ABBREVIATION.fullmatch(word):
        return word
    return "".join(_LETTER[name] for name in _ONE_LETTER.findall(word))
