"""The yardstick: TF-IDF of words and characters under a logistic regression, trained on the same split."""

from __future__ import annotations

from collections.abc import Sequence

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline, make_union


def fit_baseline(texts: Sequence[str], intents: Sequence[str], seed: int) -> Pipeline:
    """Train the baseline; its `predict` takes texts and returns intents."""
    features = make_union(
        TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=3, sublinear_tf=True),
    )
    return make_pipeline(features, LogisticRegression(C=8, max_iter=200, random_state=seed)).fit(texts, intents)
