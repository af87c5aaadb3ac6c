"""The passages of one course, as BM25 ranks them."""

import math
from collections import Counter
from collections.abc import Collection, Sequence

import bm25s
import numpy as np

from adapters.ranking.terms import terms
from modules.assistant.domain.answers import Hit
from modules.assistant.ports import IndexedPassage

TITLE_BOOST = 3
"""A word of the title or the heading counts as often."""


class Index:
    def __init__(self, passages: Sequence[IndexedPassage]) -> None:
        self._passages = passages
        self._sentences = [[set(terms(one.text)) for one in each.passage.sentences] for each in passages]
        headings = [terms(f"{each.title} {each.passage.heading}") for each in passages]
        said = [terms(" ".join(one.text for one in each.passage.sentences)) for each in passages]
        documents = [heading * TITLE_BOOST + text for heading, text in zip(headings, said, strict=True)]
        self._terms = [set(document) for document in documents]
        found_in = Counter(term for own in self._terms for term in own)
        count = len(passages)
        self._rarity = {term: math.log(1 + (count - n + 0.5) / (n + 0.5)) for term, n in found_in.items()}
        self._unknown = math.log(1 + (count + 0.5) / 0.5)
        self._scorer = bm25s.BM25(method="lucene") if any(documents) else None
        if self._scorer is not None:
            self._scorer.index(documents, show_progress=False)
        self._contents = np.array([each.content_id for each in passages], dtype=np.int64)

    def best(self, question: str, among: Collection[int], limit: int) -> list[Hit]:
        asked = list(dict.fromkeys(terms(question)))
        known = [term for term in asked if term in self._rarity]
        if not known or self._scorer is None:
            return []
        scores = self._scorer.get_scores(known)
        scores[~np.isin(self._contents, np.fromiter(among, dtype=np.int64, count=len(among)))] = 0  # before any ranking
        places = np.argsort(-scores, kind="stable")[:limit]
        whole = sum(self._rarity.get(term, self._unknown) for term in asked)
        return [self._hit(int(place), float(scores[place]), known, whole) for place in places if scores[place] > 0]

    def _hit(self, place: int, score: float, known: Sequence[str], whole: float) -> Hit:
        found, own = self._passages[place], self._terms[place]
        return Hit(
            content_id=found.content_id,
            title=found.title,
            heading=found.passage.heading,
            page=found.passage.page,
            sentences=found.passage.sentences,
            score=score,
            coverage=sum(self._rarity[term] for term in known if term in own) / whole,
            sentence_scores=tuple(
                sum(self._rarity[term] for term in known if term in said) for said in self._sentences[place]
            ),
        )
