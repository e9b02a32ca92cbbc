"""Find near-duplicate messages."""

from __future__ import annotations

from collections.abc import Sequence


def distinct_indices(texts: Sequence[str], similarity: float) -> list[int]:
    """Return the indices of the texts to keep: the first of each group of similar texts.

    Args:
        texts: The texts. Case and spacing do not matter.
        similarity: Texts above this cosine similarity of weighted character n-grams, from 0 to 1, are duplicates.
    """
    plain = [" ".join(text.casefold().split()) for text in texts]
    first_of = {text: index for index, text in reversed(list(enumerate(plain)))}
    candidates = sorted(first_of.values())
    if len(candidates) < 2:
        return candidates
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.neighbors import NearestNeighbors

    grams = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
    vectors = grams.fit_transform([plain[index] for index in candidates])
    near = NearestNeighbors(metric="cosine", radius=1 - similarity).fit(vectors).radius_neighbors_graph(vectors)
    kept: set[int] = set()
    for place in range(len(candidates)):
        alike = near.indices[near.indptr[place] : near.indptr[place + 1]]
        if kept.isdisjoint(alike):
            kept.add(place)
    return [candidates[place] for place in sorted(kept)]
