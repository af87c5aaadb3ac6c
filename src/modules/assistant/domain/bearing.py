"""Whether a passage bears a sentence: its words, its figures and its addresses stand there."""

import re
import unicodedata
from collections.abc import Sequence

from core.text import words
from modules.assistant.domain.answers import Hit

BORNE = 1 / 2
"""How much of a sentence's telling words its passages must have, of those in a script that these are written in. A
translation shares none with its passage: there only figures and addresses can be compared.
"""
SHORTEST_TELLING, STEM = 4, 5
FEWEST_OF_A_SCRIPT = 3
"""Telling words; a passage with fewer is not written in it."""
_FIGURE = re.compile(r"\d{1,3}(?:,\d{2,3})+(?:\.\d+)?|\d+(?:\.\d+)?")
_LINK = re.compile(r"\]\s*\(|:/|@")
_HOST = re.compile(r"[\w-]\.[^\W\d_]{2,}")
_WRITTEN = frozenset({"LATIN", "DEVANAGARI"})
_AROUND = ".,;:!?()[]{}<>\"'“”‘’*।॥–—…/"
_CLAUSES = re.compile(r"[.;:—]\s+")
_DENIES = frozenset(words("not no never nothing cannot without t नहीं मत न बिना nahi nahin mat bina"))
_OF_HINDI = frozenset(words("hai hain ka ki ke ko se mein nahi nahin karein kare karo aur kar pehle liye par"))
"""Two of them in Latin letters make a sentence a Hindi one."""


class Source:
    """A passage as what stands in it; its title and heading bear words, no figures."""

    def __init__(self, hit: Hit) -> None:
        said = " ".join(sentence.text for sentence in hit.sentences)
        self.words = frozenset(words(said))
        self.telling = telling(f"{hit.title} {hit.heading} {said}")
        self.figures = _figures(said)
        self.addresses = _addresses(said)
        self._scores = hit.sentence_scores
        self._sentences = [telling(sentence.text) for sentence in hit.sentences]
        self._denies = [not _DENIES.isdisjoint(words(sentence.text)) for sentence in hit.sentences]

    def nearest(self, claim: "Claim") -> int:
        """The place of the sentence that says the most of it; of a translation, of the question."""
        shared = self._shared(claim)
        best = max(range(len(shared)), key=shared.__getitem__)
        return best if shared[best] else max(range(len(shared)), key=self._scores.__getitem__)

    def denies(self, claim: "Claim") -> tuple[int, bool]:
        """How many words the nearest sentence shares with it, and whether that one denies something."""
        shared = self._shared(claim)
        best = max(range(len(shared)), key=shared.__getitem__)
        return shared[best], self._denies[best]

    def _shared(self, claim: "Claim") -> list[int]:
        return [len(claim.telling & one) for one in self._sentences]


class Claim:
    """A sentence, without its citations."""

    def __init__(self, sentence: str) -> None:
        said = words(sentence)
        self.telling = telling(sentence)
        self._clauses = [telling(clause) for clause in _CLAUSES.split(sentence)]
        self._figures = _figures(sentence)
        self._addresses = _addresses(sentence)
        self._masked = {word for word in said if len(found := _scripts(word)) > 1 and not found <= _WRITTEN}
        self._denies = not _DENIES.isdisjoint(said)
        self._is_hindi = len(_OF_HINDI.intersection(said)) > 1

    def is_borne_by(self, sources: Sequence[Source]) -> bool:
        """Together, each clause of it; letters of Latin and of Cyrillic within a word are a mask, unless the passage
        has it so (µF). What the nearest sentence denies, it denies, too, and nothing else.
        """
        if not self.telling or not self._masked <= set().union(*(source.words for source in sources)):
            return False
        if not self._figures <= set().union(*(source.figures for source in sources)):
            return False
        if not self._addresses <= set().union(*(source.addresses for source in sources)):
            return False
        known = set[str]().union(*(source.telling for source in sources))
        written = {script for script in _WRITTEN if _count(known, script) >= FEWEST_OF_A_SCRIPT}
        if self._is_hindi:
            written -= {"LATIN"}
        comparable = [{word for word in clause if _scripts(word) & written} for clause in self._clauses]
        if any(len(clause & known) < BORNE * len(clause) for clause in comparable):
            return False
        nearest = max((source.denies(self) for source in sources), default=(0, False))
        return not any(comparable) or nearest[0] == 0 or nearest[1] == self._denies


def telling(text: str) -> set[str]:
    """Words that say something, without their endings."""
    return {word[:STEM] for word in words(text) if len(word) >= SHORTEST_TELLING and not word.isdigit()}


def _figures(text: str) -> set[str]:
    """Numbers, in whatever digits and with whatever commas between their groups they are written. ² is none."""
    plain = "".join(str(unicodedata.decimal(one)) if one.isdecimal() else " " if one.isdigit() else one for one in text)
    return {figure.replace(",", "") for figure in _FIGURE.findall(plain)}


def _addresses(text: str) -> set[str]:
    """Links, hosts and mail addresses, however they are masked."""
    parts = (part.strip(_AROUND) for part in unicodedata.normalize("NFKC", text).casefold().split())
    found = {part for part in parts if _LINK.search(part) or _HOST.search(part)}
    return (
        found | ({"@"} if re.search(r"\s@|@\s", text) else set()) | ({"]("} if re.search(r"\]\s*\(", text) else set())
    )


def _scripts(word: str) -> set[str]:
    return {unicodedata.name(letter, "?").partition(" ")[0] for letter in word if letter.isalpha()}


def _count(known: set[str], script: str) -> int:
    return sum(script in _scripts(word) for word in known)
