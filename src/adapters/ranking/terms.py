"""The terms that passages are found by: words in any script, English ones by their stems, none that says nothing."""

from functools import lru_cache
from pathlib import Path

import snowballstemmer

from core.text import words

_STEM = snowballstemmer.stemmer("english")
STOPPED = frozenset(words(Path(__file__).with_name("stopwords.txt").read_text(encoding="utf-8")))
"""English and Hindi words that stand in every question."""


def terms(text: str) -> list[str]:
    """In their order, repeated as they are."""
    return [_stem(word) for word in words(text) if word not in STOPPED]


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    """Only of Latin letters: what a stemmer of English makes of others is not a word."""
    return str(_STEM.stemWord(word)) if word.isascii() and word.isalpha() else word
