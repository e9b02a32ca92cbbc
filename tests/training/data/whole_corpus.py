"""The messages of the shipped corpus, read once for all tests of a process: it takes seconds."""

from __future__ import annotations

from functools import cache

from training.data.corpus import CorpusMessage, read_corpus


@cache
def corpus_messages() -> list[CorpusMessage]:
    """Every message of the corpus."""
    return read_corpus()
