"""The passages of one course, as they are found: by BM25, then by how much of the question stands close together."""

import math
import time
from collections.abc import Collection, Sequence

import bm25s
import numpy as np
from bm25s.tokenization import Tokenized
from msgspec import Struct
from numpy.typing import NDArray

from adapters.ranking.likeness import Lexicon
from adapters.ranking.terms import STOPPED, asked, is_pair, joined, said, stem, terms
from modules.assistant.domain.answers import Hit
from modules.assistant.ports import IndexedPassage

TITLE_BOOST = 3
"""A word of the title or the heading counts as often."""
CANDIDATES = 40
"""Passages that BM25 finds, and of which the nearer look decides."""
SATURATED = 2.5
"""k1 + 1, with k1 = 1.5: BM25's constant factor, which Lucene's variant leaves out; the weights below count on it."""
CLOSE_TOGETHER = 2.0
"""Two sentences in a row that have it count so much more than the passage."""
AS_GOOD, PAIRED = 0.8, 0.5
"""What a word is worth that is only like the one that was asked for, and a pair of words."""
MOST_WANTED, MOST_LOOKED_UP = 60, 12
"""Terms of a question, and words of it that are looked up among all of the course for one that is like them."""
MOST_WORDS_OF_FOLLOW_UP = 3
"""“And for two men?” goes on from the question before; what has more words asks for itself."""
STRENGTH = 0.07
"""How much the score itself, by the rarity of an unknown word, adds to the certainty. All these weights were found
on the tuned half of `tests/evaluation`.
"""


class _Wanted(Struct, frozen=True):
    """A term of the question: the numbers of the terms that it may be, by what they are worth."""

    is_pair: bool
    worth: dict[int, float]


class Index:
    def __init__(self, passages: Sequence[IndexedPassage]) -> None:
        self._passages = passages
        self._numbers = dict[str, int]()
        self._headings = list[list[int]]()
        self._said = list[NDArray[np.int32]]()
        self._sentence_of = list[NDArray[np.int32]]()
        spelt = set[str]()
        for each in passages:
            heading, *sentences = [
                said(text)
                for text in (f"{each.title} {each.passage.heading}", *(one.text for one in each.passage.sentences))
            ]
            spelt.update(heading, *sentences)
            time.sleep(0)  # it is made in a thread: others get their turn
            self._headings.append(self._numbered(heading))
            own = [self._numbered(sentence) for sentence in sentences]
            self._said.append(np.array([number for numbers in own for number in numbers], dtype=np.int32))
            self._sentence_of.append(np.repeat(np.arange(len(own), dtype=np.int32), [len(numbers) for numbers in own]))
        documents = [head * TITLE_BOOST + said.tolist() for head, said in zip(self._headings, self._said, strict=True)]
        self._rarity, self._unknown = _rarity(documents, len(self._numbers))
        self._scorer = bm25s.BM25(method="lucene")
        if self._numbers:
            self._scorer.index(Tokenized(ids=documents, vocab=self._numbers), show_progress=False)
        self._lexicon = Lexicon({word: stem(word) for word in sorted(spelt - STOPPED)})
        self._contents = np.array([each.content_id for each in passages], dtype=np.int64)

    def __len__(self) -> int:
        """Passages."""
        return len(self._passages)

    def best(self, question: str, among: Collection[int], limit: int, *, after: str | None = None) -> list[Hit]:
        """With `after`, the question before it counts, too, if this one is short enough to go on from it; and what this
        one adds must be in what is found.
        """
        wanted = own = self._all_wanted(question)
        if after is not None:
            if sum(not each.is_pair for each in own) > MOST_WORDS_OF_FOLLOW_UP:
                return []
            wanted = [*own, *(each for each in self._all_wanted(after) if each not in own)]
        if not any(each.worth for each in wanted):
            return []
        scores = self._scores(wanted)
        scores[~np.isin(self._contents, np.fromiter(among, dtype=np.int64, count=len(among)))] = 0  # before any ranking
        places = np.argsort(-scores, kind="stable")[:CANDIDATES]
        rarity = np.array([max((self._rarity[n] for n in each.worth), default=self._unknown) for each in wanted])
        hits = [
            self._hit(int(place), float(scores[place]), wanted, rarity, len(own))
            for place in places
            if scores[place] > 0
        ]
        return sorted(hits, key=lambda hit: -hit.score)[:limit]

    def _numbered(self, words: Sequence[str]) -> list[int]:
        return [self._numbers.setdefault(term, len(self._numbers)) for term in terms(words)]

    def _all_wanted(self, question: str) -> list[_Wanted]:
        words = said(question)
        also = {term: term for term in joined(words) if term in self._numbers}
        wanted = list((also | asked(words)).items())[:MOST_WANTED]
        unknown = [term for term, _ in wanted if term not in self._numbers and not is_pair(term)]
        return [self._wanted(term, word, looks_up=term in unknown[:MOST_LOOKED_UP]) for term, word in wanted]

    def _wanted(self, term: str, word: str, *, looks_up: bool) -> _Wanted:
        if (number := self._numbers.get(term)) is not None:
            return _Wanted(is_pair(term), {number: PAIRED if is_pair(term) else 1.0})
        near = self._lexicon.near(word) if looks_up else ()
        return _Wanted(is_pair(term), {self._numbers[other]: AS_GOOD for other in sorted(near)})

    def _scores(self, wanted: Sequence[_Wanted]) -> NDArray[np.float32]:
        scores = np.zeros(len(self._passages), dtype=np.float32)
        for worth in (1.0, AS_GOOD, PAIRED):
            numbers = [number for each in wanted for number, own in each.worth.items() if own == worth]
            if numbers:
                scores += worth * SATURATED * self._scorer.get_scores_from_ids(numbers)
        return scores

    def _hit(self, place: int, score: float, wanted: Sequence[_Wanted], rarity: NDArray[np.float64], own: int) -> Hit:
        found = self._passages[place]
        in_sentences, in_heading = self._presence(place, wanted)
        together = np.maximum(in_sentences[:-1], in_sentences[1:]) if len(in_sentences) > 1 else in_sentences
        score += CLOSE_TOGETHER * float((together @ rarity).max())
        words = rarity * np.array([not each.is_pair for each in wanted])
        covered = np.maximum(together, in_heading) * words
        coverage = float(covered.sum(axis=1).max()) / float(words.sum() or 1)
        added = float(covered[:, :own].sum(axis=1).max()) / float(words[:own].sum()) if words[:own].any() else 1.0
        return Hit(
            content_id=found.content_id,
            title=found.title,
            heading=found.passage.heading,
            page=found.passage.page,
            sentences=found.passage.sentences,
            score=score,
            certainty=min(1.0, coverage + STRENGTH * score / self._unknown) * (added if own < len(wanted) else 1.0),
            sentence_scores=tuple((in_sentences @ rarity).tolist()),
        )

    def _presence(self, place: int, wanted: Sequence[_Wanted]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """What each sentence of a passage has of each wanted term, and what its heading has: 0 to 1."""
        said, sentence_of = self._said[place], self._sentence_of[place]
        in_sentences = np.zeros((len(self._passages[place].passage.sentences), len(wanted)))
        in_heading = np.zeros(len(wanted))
        for column, each in enumerate(wanted):
            for number, worth in each.worth.items():
                rows = sentence_of[said == number]
                in_sentences[rows, column] = np.maximum(in_sentences[rows, column], worth)
                if number in self._headings[place]:
                    in_heading[column] = max(in_heading[column], worth)
        return in_sentences, in_heading


def _rarity(documents: Sequence[Sequence[int]], terms_count: int) -> tuple[NDArray[np.float64], float]:
    """Of each term as BM25 (Lucene) weighs it, and of one that no passage has."""
    found_in = np.zeros(terms_count)
    for document in documents:
        found_in[list(set(document))] += 1
    count = len(documents)
    return np.log(1 + (count - found_in + 0.5) / (found_in + 0.5)), math.log(1 + (count + 0.5) / 0.5)
