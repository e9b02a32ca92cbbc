"""Messages that only give a detail: they answer a question, and raise no alarm by themselves."""

from __future__ import annotations

import pytest

from classifier import Classifier
from classifier.rules.details import is_detail
from intake.vocabulary import TriageLevel

DETAILS = """
im 16
I'm 42
she is 8
he's 3
my son is 5
8 years old
5 weeks
12 weeks
two days
a couple of days
since monday
Since last Tuesday
for 2 days
about 3 weeks now
my left knee
the right side
both knees
left ear, since yesterday
the small white pills
the blue one
which door
we are outside
I'm outside, which entrance is it?
I am in the parking lot and cannot find the entrance. its raining
no one is at the desk
the door is locked
my name is Tom
her maiden name is Price
since about Sunday
on and off since June
the left knee, not the right
142 pounds
25 mg
it's a little better today
none that I know of
no drug allergies that I know of
tiene 3 años
tengo 42 años
desde el lunes
hace dos semanas
la rodilla izquierda
me llamo Ana Soto
estoy afuera
estoy en el estacionamiento y no encuentro la entrada
no encuentro el edificio
la derecha, no la izquierda
pesa como 60 libras
es la de 25 mg
ya está mejor hoy
ninguna que yo sepa
""".strip().splitlines()

MORE = """
he's 3 and not waking up
my baby is 5 weeks, 101
two month old, 101
38
since monday my chest hurts
my left arm
my jaw
my chest
the whole bottle
took the small white pills
I took the blue ones
12 weeks and bleeding
i cant see
i can't see the road anymore
I'm in the car in the garage
nobody is here
im out
this is goodbye
took 25 mg
i had 800 mg
she had no allergies and now her tongue is huge
everyone is better
better off without me
i will be better soon
its better this way
since the fall
since summer i want to die
142 over 110
my name is nobody and i am done
tiene 3 años y no respira
desde ayer no despierta
no veo
no veo salida
se tomó la de 25 mg
mejor me dejo ir
están mejor sin mí
""".strip().splitlines()


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    """The shipped model."""
    return Classifier.load()


@pytest.mark.parametrize("text", DETAILS)
def test_a_detail_is_recognized(text: str) -> None:
    assert is_detail(text)


@pytest.mark.parametrize("text", MORE)
def test_with_one_more_word_it_is_an_ordinary_message(text: str) -> None:
    assert not is_detail(text)


def test_the_network_raises_no_alarm_for_a_detail(classifier: Classifier) -> None:
    raised = [text for text in DETAILS if classifier.classify([text])[0].triage is not TriageLevel.ROUTINE]
    assert not raised


def test_a_long_text_is_no_detail() -> None:
    assert not is_detail("my left knee, " * 40)
