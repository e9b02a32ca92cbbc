"""How much of what a corpus of messages holds of people comes through both looks for it, and how much is lost by them.

The values are Faker's, and so are the lists of the second look: real names are rarer on them than here.
"""

from __future__ import annotations

from random import Random

import pytest

from classifier.entities.recognizer import Recognizer
from classifier.entities.recorded import RecordedPatient
from inbox.exports.reviews import without_people
from tests.training.data.whole_corpus import corpus_messages
from training.data.corpus import CorpusMessage
from training.data.rendering import Rendered, render
from training.refresh.names import NameList

PEOPLE = {"first_name", "last_name", "full_name", "relative_name"}
NUMBERS = {"phone", "email", "ssn", "mrn", "account_number", "member_id", "claim_number", "policy_number", "dob"}
COUNT = 1500


@pytest.fixture(scope="module")
def looked_at() -> list[tuple[Rendered, str | None]]:
    """Messages as patients write them, and what would be trained on."""
    corpus: list[CorpusMessage] = [message for message in corpus_messages() if message.label]
    names = NameList(corpus)
    recognizer = Recognizer()
    drawn = Random(7).sample(corpus, COUNT)
    rendered = [render(message.text, message.channel, Random(index)) for index, message in enumerate(drawn)]
    found = [(message, without_people(message.text, RecordedPatient(), recognizer)) for message in rendered]
    return [(message, None if kept is None or names.names_somebody(kept) else kept) for message, kept in found]


def leaks(looked_at: list[tuple[Rendered, str | None]], kinds: set[str]) -> int:
    return sum(
        kept is not None
        and any(
            span.kind in kinds and len(value) > 3 and value in kept
            for span in message.spans
            for value in [message.text[span.start : span.end]]
        )
        for message, kept in looked_at
    )


def test_no_number_of_anybody_comes_through(looked_at: list[tuple[Rendered, str | None]]) -> None:
    assert leaks(looked_at, NUMBERS) == 0


def test_of_a_thousand_messages_hardly_one_still_names_a_person(looked_at: list[tuple[Rendered, str | None]]) -> None:
    assert leaks(looked_at, PEOPLE) <= COUNT / 500


def test_most_messages_are_kept(looked_at: list[tuple[Rendered, str | None]]) -> None:
    assert sum(kept is not None for _, kept in looked_at) > 0.6 * COUNT
