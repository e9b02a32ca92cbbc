"""A mild symptom after a heart attack, a stroke, or surgery that the same conversation told of."""

from __future__ import annotations

import pytest

from classifier.rules.relapses import is_relapse, may_be_relapse
from intake.vocabulary import TriageLevel
from tests.training.data.whole_corpus import corpus_messages

MOST_RAISED = 0.01

HEART = "I was discharged from St Marys yesterday after my heart stent, they said schedule a follow up within 7 days"
SURGERY = "I had my hip replacement surgery on Monday, when is the first visit"

EVENTS = f"""
{HEART}
my dad had a heart attack on sunday, he comes home tomorrow
I had a stroke last week, need a follow up
they put in two stents
home after open heart surgery
discharged after a TIA
I had a blood clot in my lung, what number do I call for the follow up
ayer me dieron de alta, me pusieron un stent
a mi mamá le dio un derrame el martes
salí del hospital por el infarto
le hicieron un cateterismo
""".strip().splitlines()

NO_EVENTS = """
my mother had a heart attack 20 years ago
this bill almost gave me a heart attack
I had a stroke in 2011
heart disease is in my family history, when do I start screening
afraid of a stroke, my pressure is high
hace años tuve un infarto
casi me da un infarto con la cuenta
can I move my cleaning to friday
""".strip().splitlines()

SYMPTOMS = """
a little of the same pressure again but not as bad as before, so no rush
kind of sweaty too but the heats on
that tightness came back for a minute
my chest feels a little heavy
a bit short of breath on the stairs
can't really catch my breath
feeling weak today
my left arm is kind of numb
some discomfort in my chest, probably gas
clammy since lunch
otra vez la misma presión pero poquita
estoy sudando mucho, ha de ser el calor
me falta el aire tantito
me siento débil
me aprieta un poco el pecho
""".strip().splitlines()

NO_SYMPTOMS = """
is thursday ok
no chest pain, no sweating, all good
not short of breath at all
my blood pressure is 128 over 76
should I call if I get short of breath
what do I do in case of chest pain
I left my sweatshirt in the waiting room
the wifi is weak in your lobby
is it normal to feel weak
can I take a shower
the same appointment time again please
sin dolor de pecho, gracias
ya no me falta el aire
no tengo dolor de pecho
qué hago si me duele el pecho
la presión arterial salió bien
""".strip().splitlines()

AFTER_SURGERY = """
bit of chest pain when I breathe in
a little short of breath since this morning
I fainted in the shower
me falta el aire
""".strip().splitlines()


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("symptom", SYMPTOMS)
def test_a_mild_symptom_after_a_heart_attack_or_a_stroke_is_a_relapse(symptom: str, event: str) -> None:
    assert may_be_relapse(symptom)
    assert is_relapse(symptom, ["when do you open", event])


@pytest.mark.parametrize("said", NO_EVENTS)
@pytest.mark.parametrize("symptom", SYMPTOMS)
def test_a_symptom_after_nothing_new_is_none(symptom: str, said: str) -> None:
    assert not is_relapse(symptom, [said])


@pytest.mark.parametrize("text", NO_SYMPTOMS)
def test_denials_questions_and_everyday_words_are_none(text: str) -> None:
    assert not is_relapse(text, [HEART, SURGERY])


@pytest.mark.parametrize("text", AFTER_SURGERY)
def test_chest_pain_and_short_breath_after_surgery_are_a_relapse(text: str) -> None:
    assert is_relapse(text, [SURGERY])


@pytest.mark.parametrize("text", ["feeling weak today", "kind of sweaty", "the pain is back in my hip"])
def test_what_every_operation_brings_is_none(text: str) -> None:
    assert not is_relapse(text, [SURGERY])


@pytest.mark.parametrize("said", ["my knee surgery is scheduled for March", "what should I eat before surgery"])
def test_surgery_to_come_is_no_event(said: str) -> None:
    assert not is_relapse("a little short of breath", [said])


def test_few_routine_messages_need_a_look_at_what_was_said_before() -> None:
    texts = [message.text for message in corpus_messages() if message.level is TriageLevel.ROUTINE]

    assert sum(may_be_relapse(text) for text in texts) <= MOST_RAISED * len(texts)
