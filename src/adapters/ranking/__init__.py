"""Ranking of passages by BM25 (bm25s), in memory, a course at a time."""

from adapters.ranking.bm25 import Bm25Ranking

__all__ = ["Bm25Ranking"]
