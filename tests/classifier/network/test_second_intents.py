"""What makes a second intent probable, in the whole message and in its parts."""

from __future__ import annotations

import numpy as np

from classifier.network.second_intents import PartsWeights, WholeWeights, parts_evidence, second_chances, whole_evidence
from classifier.outputs import INTENTS

BOOKING, BILL = INTENTS.index("appointment_request"), INTENTS.index("billing_inquiry")
WHOLE = WholeWeights(constant=-2.0, mention=1.0, share=-0.5, first=0.5)
PARTS = PartsWeights(constant=-4.0, mention=1.0, share=-0.5, first=0.5, part=0.5, rest=0.5)


def shares_of(**known: float) -> np.ndarray:
    """Return the probability of each intent, that of the unnamed ones being alike."""
    rest = (1 - sum(known.values())) / (len(INTENTS) - len(known))
    return np.array([known.get(intent, rest) for intent in INTENTS])


def chance(mention: float, **shares: float) -> float:
    """Return how probable a bill is as the second intent of a booking."""
    mentions = shares_of(billing_inquiry=mention, appointment_request=0.0)
    return float(second_chances(whole_evidence(mentions, shares_of(**shares)), WHOLE)[BILL])


def test_what_is_mentioned_beside_a_certain_intent_is_a_second_one() -> None:
    sure = chance(0.8, appointment_request=0.98, billing_inquiry=0.005)
    torn = chance(0.8, appointment_request=0.5, billing_inquiry=0.45)
    silent = chance(0.1, appointment_request=0.98, billing_inquiry=0.005)

    assert sure > 0.9
    assert sure > torn
    assert sure > silent


def test_parts_count_where_one_is_about_the_other_intent_and_another_about_the_first() -> None:
    booking, bill = shares_of(appointment_request=0.95), shares_of(billing_inquiry=0.95)
    whole = whole_evidence(shares_of(billing_inquiry=0.5), shares_of(appointment_request=0.9))

    def weighed(*parts: np.ndarray) -> float:
        evidence = np.hstack([whole, parts_evidence(np.array(parts), BOOKING)])
        return float(second_chances(evidence, PARTS)[BILL])

    assert weighed(booking, bill) == weighed(bill, booking)
    assert weighed(booking, bill) > 0.5 > max(weighed(booking, booking), weighed(bill, bill))


def test_certainty_has_bounds() -> None:
    evidence = whole_evidence(np.array([0.0, 1.0, *[0.5] * 5]), np.array([1.0, *[0.0] * 6]))

    assert np.isfinite(evidence).all()
    assert (evidence[:, 2] == evidence[0, 2]).all()
