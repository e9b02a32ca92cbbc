"""The baseline: logistic regression on TF-IDF of words and characters, trained on the same split as the model."""

from __future__ import annotations

from collections.abc import Sequence

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline, make_union

from classifier.outputs import INTENTS
from training.data.corpus import CorpusMessage
from training.data.dataset import render_all


def fit_baseline(messages: Sequence[CorpusMessage], seed: int) -> Pipeline:
    """Train the baseline on the messages that have an intent; its `predict` maps texts to intents."""
    learned = [message for message in messages if message.label in INTENTS]
    texts, intents = render_all(learned, seed), [str(message.label) for message in learned]
    features = make_union(
        TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=3, sublinear_tf=True),
    )
    return make_pipeline(features, LogisticRegression(C=8, max_iter=200, random_state=seed)).fit(texts, intents)
