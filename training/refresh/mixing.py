"""Reviewed messages beside the corpus: the older ones to learn from, the most recent ones to compare on."""

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
    """What a refresh trains on and compares on.

    Attributes:
        split: The corpus, with the older reviews in its training part.
        older: The reviews that are trained on, once each.
        recent: The reviews that are compared on; none of them says what one of the older ones says.
        left_out: Reviews with a name in them that the inbox did not find.
    """

    split: Split
    older: list[CorpusMessage]
    recent: list[CorpusMessage]
    left_out: int


def mix_reviews(corpus: Split, reviews: Sequence[Reviewed], how: Reviews) -> Mixture:
    """Add reviewed messages to the corpus.

    Args:
        corpus: The corpus, split.
        reviews: What the inbox gave.
        how: How many are needed, and how they are used.

    Raises:
        RefreshError: There are too few.
    """
    names = NameList([*corpus.train, *corpus.validation])
    fit = [review for review in reviews if not names.names_somebody(review.text)]
    if len(fit) < how.minimum:
        raise RefreshError(
            f"{len(fit)} reviewed messages may be trained on, and {how.minimum} are needed: review more, ask more"
            " practices to share theirs, or lower reviews.minimum in the settings"
        )
    in_time = sorted(fit, key=lambda review: review.decided_at)
    held_out = max(1, round(len(in_time) * how.held_out))
    older = [_message(review) for review in in_time[:-held_out]]
    learned = {message.text for message in older}
    recent = [_message(review) for review in in_time[-held_out:] if review.text not in learned]
    train = [*corpus.train, *(message for message in older for _ in range(how.repeats))]
    return Mixture(Split(train, corpus.validation), older, recent, len(reviews) - len(fit))


def _message(review: Reviewed) -> CorpusMessage:
    return CorpusMessage(review.text, review.intent, "", review.channel, SOURCE)
