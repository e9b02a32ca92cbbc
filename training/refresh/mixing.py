"""Add reviewed messages to the corpus: older ones for training, the most recent ones for comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from classifier.outputs import LANGUAGES
from intake.review_archive import Reviewed
from training.data.corpus import CorpusMessage
from training.data.splitting import Split
from training.refresh.names import NameList
from training.refresh.settings import RefreshError, Reviews

SOURCE = "reviews"


@dataclass(frozen=True, slots=True)
class Mixture:
    """The messages of a refresh.

    Attributes:
        split: The corpus, with the older reviews among its training messages.
        older: The reviews to train on, once each.
        recent: The reviews to compare on, without any that repeat an older one.
        weights: How many of the messages that came in each of those stands for: most were chosen because the model was
            unsure, and of the others only a sample.
        left_out: Number of reviews that still contain a name.
    """

    split: Split
    older: list[CorpusMessage]
    recent: list[CorpusMessage]
    weights: list[float]
    left_out: int


def mix_reviews(corpus: Split, reviews: Sequence[Reviewed], how: Reviews) -> Mixture:
    """Add reviewed messages to the corpus.

    A review that does not say how likely it was to be selected cannot be compared on, and is trained on.

    Args:
        corpus: The corpus, split.
        reviews: The reviewed messages.
        how: How many are required and how to use them.

    Raises:
        RefreshError: There are too few.
    """
    names = NameList([*corpus.train, *corpus.validation])
    fit = [review for review in reviews if not names.names_somebody(review.text)]
    if len(fit) < how.minimum:
        raise RefreshError(
            f"{len(fit)} reviewed messages may be used for training, and {how.minimum} are needed: review more,"
            " ask more practices to share theirs, or lower reviews.minimum in the settings"
        )
    in_time = sorted(fit, key=lambda review: review.decided_at)
    boundary = len(in_time) - max(1, round(len(in_time) * how.held_out))
    learned = [review for place, review in enumerate(in_time) if place < boundary or review.chance is None]
    texts = {review.text for review in learned}
    compared = [(r, 1 / r.chance) for r in in_time[boundary:] if r.chance is not None and r.text not in texts]
    older = [_message(review) for review in learned]
    train = [*corpus.train, *(message for message in older for _ in range(how.repeats))]
    return Mixture(
        Split(train, corpus.validation, corpus.stopping),
        older,
        [_message(review) for review, _ in compared],
        [weight for _, weight in compared],
        len(reviews) - len(fit),
    )


def _message(review: Reviewed) -> CorpusMessage:
    language = next((known for known in LANGUAGES if known == review.language), None)
    return CorpusMessage(review.text, review.intent, "", review.channel, SOURCE, language=language, may_ask_more=True)
