"""Cries for help: who calls for an ambulance and says no more is in danger, who only asks something is not."""

from __future__ import annotations

import pytest

from classifier import Classifier
from classifier.rules.cries import cry_language, plea_language
from classifier.rules.screen import Screening, screen_text
from intake.vocabulary import DangerKind, Disposition, TriageLevel

CRIES = """
call 911
please call 911
someone call 911!!
911
SOS
🆘
send an ambulance
need ambulance
we need an ambulance for my dad
can you send an ambulance to 12 oak st
please send ambulance to my house
need ambulance 3rd floor hurry
send an ambulance 480 West Pine Avenue apt 4b
send help
help!!! my baby
help my son
HELP MY HUSBAND PLEASE
my daughter help
save my baby
""".strip().splitlines()

GRITOS = """
llame al 911
¡llamen al 911!
necesito una ambulancia
una ambulancia por favor
manden una ambulancia ya
manden una ambulancia a mi casa por favor
una ambulancia en la calle Hidalgo 22
AYUDA MI HIJO
ayúdenme con mi mamá
auxilio
""".strip().splitlines()

PLEAS = """
help me
please help
please help me
Help us!!
save me
come quick
somebody help me please
help
HELP
Help!
help help help
hello, help
i need help
I need some help please
we need help
""".strip().splitlines()
SUPLICAS = """
ayúdenme
ayudeme por favor
ayuda urgente
ayuda
¡Ayuda!
ayuda por favor
por favor ayuda
necesito ayuda
""".strip().splitlines()

NO_CRIES = """
how much is an ambulance
do you cover an ambulance ride
i got a bill for the ambulance
please help my son with his form
can you help my daughter get an appointment
thanks for the help with my mom
i dont need an ambulance
send the ambulance bill to my house
can you send an ambulance on friday for my transfer
should i get a ride or an ambulance home
need help with the portal
i need help with my bill
hi can you help
can you help?
do you help with braces
necesito ayuda con mi factura
cuanto cuesta la ambulancia
manden la factura de la ambulancia a mi casa
me pueden ayudar con mi cita
ayuda con mi cuenta por favor
gracias por ayudar a mi hijo
""".strip().splitlines()


@pytest.mark.parametrize("text", CRIES)
def test_a_call_for_an_ambulance_or_for_help_for_a_relative_is_an_emergency(text: str) -> None:
    found = screen_text(text)

    assert found == Screening(certain=DangerKind.OTHER)
    assert found.language == "en"


@pytest.mark.parametrize("text", GRITOS)
def test_a_call_in_spanish_is_an_emergency_in_spanish(text: str) -> None:
    found = screen_text(text)

    assert found == Screening(certain=DangerKind.OTHER)
    assert found.language == "es"


@pytest.mark.parametrize("text", NO_CRIES)
def test_who_says_more_or_asks_for_something_else_cries_for_nothing(text: str) -> None:
    assert cry_language(text) is None
    assert plea_language(text) is None
    assert screen_text(text).certain is None


@pytest.mark.parametrize("text", [*PLEAS, *SUPLICAS])
def test_a_mere_plea_is_read_by_somebody_today_and_is_no_wish_for_a_person(classifier: Classifier, text: str) -> None:
    (understood,) = classifier.classify([text])

    assert understood.triage in (TriageLevel.SAME_DAY, TriageLevel.EMERGENCY)
    assert understood.disposition in (Disposition.ROUTE, Disposition.REVIEW)
    assert understood.language == ("es" if text in SUPLICAS else "en")


def test_a_long_text_is_no_cry() -> None:
    assert cry_language("help " * 100 + "my son") is None
