"""Everyday complaints, each beside what makes the same words something that may be worse."""

from __future__ import annotations

import pytest

from classifier.rules.minor_complaints import is_minor
from tests.classifier.hostile import HOSTILE_TEXTS

MINOR = """
athletes foot is back, work boots all day
ingrown toenail, big toe. do you do those?
Both kids have lice again and the drugstore shampoo did nothing
poison ivy on my shins from the fence line
Cradle cap at five months, is baby oil fine?
constipated for 3 days, eating fine
My knee clicks on the stairs, has for years
hot flashes are ruining my meetings
ear wax again. same ear
hay fever started early this year, which drops do you like
this cold won't quit, day six, no fever
runny nose and sneezing all week. breathing fine
is it ok to take zyrtec with melatonin
can he take mucinex and tylenol
BP 138/86 at the pharmacy
Mi niña trae piojos otra vez
uña enterrada, el dedo gordo
Traigo caspa y no se me quita con nada
bochornos todo el día
tengo la nariz tapada desde el lunes, sin fiebre
""".strip().splitlines()
MAYBE_WORSE = """
ingrown toenail and a red streak up my foot
ingrown toenail, I'm diabetic
lice, and he won't wake up all the way
poison ivy on my face, eye swelling shut
constipated for 3 days and vomiting
hot flashes and my chest gets tight
this cold, and now I can't catch my breath
runny nose, fever of 103
is it ok to take zyrtec, I took the whole box
can he take tylenol, he swallowed some of my pills
BP 138/86 at the pharmacy but my arm is numb
cancel my acne visit, no point
the psoriasis won. goodbye and thanks
piojos y calentura
uña enterrada y el pie morado
bochornos y me duele el pecho
""".strip().splitlines()


@pytest.mark.parametrize("text", MINOR)
def test_a_complaint_with_nothing_beside_it_is_minor(text: str) -> None:
    assert is_minor(text)


@pytest.mark.parametrize("text", MAYBE_WORSE)
def test_a_symptom_a_danger_or_somebody_frail_beside_it_makes_it_none(text: str) -> None:
    assert not is_minor(text)


@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS)
def test_a_hostile_text_is_none(text: str) -> None:
    assert not is_minor(text)
