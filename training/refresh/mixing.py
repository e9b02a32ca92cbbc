"""Add reviewed messages to the corpus: older ones for training, the most recent ones for comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
        left_out: Number of reviews that still contain a name.
    """

    split: Split
    older: list[CorpusMessage]
    recent: list[CorpusMessage]
    left_out: int


def mix_reviews(corpus: Split, reviews: Sequence[Reviewed], how: Reviews) -> Mixture:
    """Add reviewed messages to the corpus.

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
    held_out = max(1, round(len(in_time) * how.held_out))
    older = [_message(review) for review in in_time[:-held_out]]
    learned = {message.text for message in older}
    recent = [_message(review) for review in in_time[-held_out:] if review.text not in learned]
    train = [*corpus.train, *(message for message in older for _ in range(how.repeats))]
    return Mixture(Split(train, corpus.validation, corpus.stopping), older, recent, len(reviews) - len(fit))


def _message(review: Reviewed) -> CorpusMessage:
    return CorpusMessage(review.text, review.intent, "", review.channel, SOURCE)
