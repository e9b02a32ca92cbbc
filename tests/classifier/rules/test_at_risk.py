"""A fever is an emergency in somebody whose body cannot fight it, however calmly it is told."""

from __future__ import annotations

import pytest

from classifier.rules.screen import Screening, screen_text
from intake.vocabulary import DangerKind

EMERGENCIES = """
chemo was Tuesday, fever of 100.6 tonight, feels ok otherwise
had my 3rd chemo monday. 101.2. can it wait til my visit thursday
My wife had chemo Tuesday and she's running a low fever, should we keep the appointment?
kidney transplant in march, temp 101, no pee since morning
liver transplant patient, 102.2 and chills
my son has sickle cell. 102.4. school tomorrow?
He has no spleen and shaking chills since lunch
neutropenic, temp 100.5
her PICC line is fine but she has a fever
quimio el jueves. hoy 39.5. me tapo?
tengo leucemia y desde anoche calentura
le quitaron el bazo de niño, trae 38.6 y no quiere comer
mi papá es trasplantado y amaneció con fiebre
""".strip().splitlines()
NONE = """
on chemo, no fever, just tired. ok to get a flu shot?
bill was 101.5 dollars for my transplant visit
transplant labs: creatinine 1.2, weight 101.5 lbs
I had a fever after chemo last month but it's gone. can I reschedule
fever of 101 since last night, sore throat
sin fiebre, la quimio va bien, cita del lunes?
my chemo port flush is at 10:30
""".strip().splitlines()
THE_NETWORK_DECIDES = """
he had a fever in august after chemo
what do i do if i get a fever on chemo
my sister is on chemo, can she visit when my son has a fever of 101?
I finished chemo years ago and now I have a fever of 101
""".strip().splitlines()


@pytest.mark.parametrize("text", EMERGENCIES)
def test_a_fever_of_somebody_at_risk_is_an_emergency(text: str) -> None:
    assert screen_text(text).certain is DangerKind.OTHER


@pytest.mark.parametrize("text", NONE)
def test_anybody_elses_and_one_denied_or_over_is_none(text: str) -> None:
    assert screen_text(text) == Screening()


@pytest.mark.parametrize("text", THE_NETWORK_DECIDES)
def test_one_that_only_may_come_or_long_after_the_treatment_is_no_certain_sign(text: str) -> None:
    assert screen_text(text).certain is None
