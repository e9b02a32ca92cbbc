"""Which numbers get an automatic text although nothing proves them, and how many in a day."""

from __future__ import annotations

import pytest

from intake.practices import Limits
from intake.vocabulary import Silence
from tasks.routing.text_limits import UnprovenNumber, why_not_texted

LIMITS = Limits(form_texts_per_day=3)


@pytest.mark.parametrize("country", ["JM", "PR", "GB", None])
def test_a_number_abroad_gets_no_text(country: str | None) -> None:
    assert why_not_texted(UnprovenNumber(country, 0), LIMITS, is_emergency=True) == Silence.FOREIGN


def test_a_practice_may_name_other_countries() -> None:
    limits = Limits(text_countries=["MX"])

    assert why_not_texted(UnprovenNumber("MX", 0), limits, is_emergency=False) is None
    assert why_not_texted(UnprovenNumber("US", 0), limits, is_emergency=False) == Silence.FOREIGN


@pytest.mark.parametrize(
    ("sent", "reason"), [(0, None), (2, None), (3, Silence.CAPPED), (50, Silence.CAPPED), (None, None)]
)
def test_forms_cause_only_so_many_texts_a_day_and_calls_any_number(sent: int | None, reason: str | None) -> None:
    assert why_not_texted(UnprovenNumber("US", sent), LIMITS, is_emergency=False) == reason


@pytest.mark.parametrize(("sent", "reason"), [(3, None), (5, None), (6, Silence.CAPPED)])
def test_the_words_for_emergencies_have_as_many_again(sent: int, reason: str | None) -> None:
    assert why_not_texted(UnprovenNumber("US", sent), LIMITS, is_emergency=True) == reason
