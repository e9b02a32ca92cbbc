"""Errands and good news in the words of a danger, each beside what makes the same words something that may be worse."""

from __future__ import annotations

import numpy as np
import pytest

from classifier.network.decoding import Thresholds, triage_level
from classifier.rules.errands import is_errand, is_visit_log, was_seen
from classifier.rules.screen import Screening, screen_text
from intake.vocabulary import DangerKind, TriageLevel
from tests.classifier.hostile import HOSTILE_TEXTS

ERRANDS = """
This is Edna. Stan's eye drops are running out, the yellow cap, please send to Walgreens
his eye drops are almost out, latanoprost, two bottles please
running low on my allergy drops
almost out of my atorvastatin
im running out of my thyroid pills, 10 left
My Lisinopril runs out in 12 days, can I get 90 this time instead of 30
se me acaban las gotas de los ojos, me las puede pedir
se me están acabando las pastillas de la presión, me quedan 12
me quedan 10 pastillas de metformina, me la surten?
left knee, 6 wks post op, doing PT 3x a week, its going great, I killed it on the stairs yesterday
crushed it at PT today, new record on the leg press
crushed my PT exercises this week
smashed my step goal, 9000 steps
demolished my PT goals this week
he's terrorizing his sisters again so I'd say he's cured
mi hijo tiene tos desde el martes, quiero cita
la rompí en la terapia, ya doblo la rodilla
hoy maté los ejercicios de terapia jaja, ya subo escaleras
kiddo's throat is scratchy, eating goldfish crackers and fighting his brother so I think he'll live
he scraped his knee but I think he'll live lol
yo creo que sobrevive jaja, ya anda corriendo
thanks for squeezing us in yesterday, her fever broke, she's back to terrorizing the cat. need school note
she's back to destroying the house, thanks for seeing us
ya anda otra vez atormentando al gato, gracias doctora
its a real goose. his name is Kevin. he bites the landlord only
and NO I don't want your pay link. A human. Today.
A human. Today.
a real person. today. not a link
Una persona. Hoy.
my grandpa keeps getting lost driving home from church, should he see the dr or is that just being 84
Thanks. They found a lump, biopsy Monday, I am scared to death honestly
me encontraron una bolita, la biopsia es el lunes y me muero de miedo
Necesito una cita para mi hija, tiene tos desde hace una semana
necesito cita para mi hijo, trae tos desde hace 4 días
es mejor que no contesten aqui porque mi mamá lee todo. necesito una prueba de embarazo, tengo 16
please don't answer here, mom checks my phone, I need a pregnancy test, I'm 17
""".strip().splitlines()
MAYBE_WORSE = """
my eye drops are running out and now I can't see
his eye drops are almost out and his eye hurts so bad
almost out of pills and then it's over
running out of my pills and I don't care anymore
se me acaban las gotas y ya no veo
se me acaban las pastillas y ya no aguanto
I killed it on the stairs and now my chest is tight
crushed it at PT today but my calf is swollen
I think he'll live but he won't wake up
he'll live. I won't
yo creo que sobrevive pero no respira bien
her fever broke, she's back to terrorizing the cat but she's breathing fast
he bites the landlord, and he bit the baby
a human. today. i cant do this
human. now. please. bathtub's running
human. please. not a robot. i have my coat on
se me acabaron las gotas del glaucoma hoy y la farmacia no surte hasta el lunes. que hago
Una persona. Hoy. ya no aguanto
is there a person please im going to do it
my grandpa keeps getting lost driving home and his face droops
grandpa is lost, he left the house at 6 and isn't back
they found a lump, biopsy Monday, and I can't breathe
me encontraron una bolita, la biopsia es el lunes, mejor me muero
necesito una cita para mi hija, tiene tos desde hace una semana y fiebre
necesito una cita para mi recién nacido, tiene tos desde hace dos días
don't text back
no contesten, mi mamá lee todo
I need a pregnancy test, he forced me
I need a pregnancy test and I'm bleeding
""".strip().splitlines()
LOGS = """
just logging visit: BP 118/70, ate half his lunch, catheter bag changed, refused shower. when does the hospital bed come
visit note: BP 122/74, HR 68, ate lunch, refused bath, wife asks about the walker
shift log - BP 126/78, temp 98.4, took all meds, refused breakfast. need more gloves
Home visit 10am. BP 124/76, pulse 72. pt in good spirits, declined bath. daughter asks about wheelchair
reporte de visita: presión 120/75, comió bien, no quiso bañarse. la esposa pregunta por la cama
""".strip().splitlines()
WORSE_LOGS = """
just logging visit: BP 84/50, ate half his lunch
visit log: BP 118/70, ate lunch, fell at 2 and hit his head
visit note: BP 122/74, refused bath, skin is gray
visit log: BP 118/70, took all the pills in the box
reporte de visita: presión 120/75, no despierta bien
BP 118/70
""".strip().splitlines()
SEEN = """
No emergency, the chest pain is gone, went to ER
No emergency, just wanted to say the chest pain is gone, went to ER last night, they said it was reflux
not an emergency, went to the ER last night for chest pain, it's gone, they said follow up with you
no es emergencia, ya se me quitó el dolor de pecho, fui a la sala de emergencias anoche
""".strip().splitlines()
NOT_SEEN = """
No emergency, the chest pain is gone
not an emergency but my chest hurts again
No emergency, went to ER, the pain is gone but my arm is numb
I went to the ER, it's gone
no es emergencia, fui al hospital y ya se me quitó, pero otra vez me duele
""".strip().splitlines()

THRESHOLDS = Thresholds(temperature=1.0, review=0.8, emergency=0.05, emergency_with_sign=0.02, same_day=0.2)
CALM = np.array([[0.01, 0.0]])


def level_of(text: str, emergency: float) -> TriageLevel:
    levels = np.array([[emergency, 0.19, 0.81 - emergency]])
    return triage_level(levels, screen_text(text), THRESHOLDS, text, CALM)


@pytest.mark.parametrize("text", ERRANDS)
def test_an_errand_in_the_words_of_a_danger_takes_a_sure_network(text: str) -> None:
    assert is_errand(text)
    assert level_of(text, 0.79) is not TriageLevel.EMERGENCY
    assert level_of(text, 0.8) is TriageLevel.EMERGENCY


@pytest.mark.parametrize("text", MAYBE_WORSE)
def test_what_may_be_worse_beside_it_makes_it_none(text: str) -> None:
    assert not is_errand(text)


@pytest.mark.parametrize("text", LOGS)
def test_a_log_of_a_visit_with_ordinary_numbers_is_no_emergency(text: str) -> None:
    assert is_visit_log(text)
    assert level_of(text, 0.81) is TriageLevel.ROUTINE


@pytest.mark.parametrize("text", WORSE_LOGS)
def test_anything_worse_in_a_log_is_left_to_the_network(text: str) -> None:
    assert not is_visit_log(text)


@pytest.mark.parametrize("text", SEEN)
def test_who_was_seen_in_a_hospital_and_is_well_is_for_a_nurse_today(text: str) -> None:
    assert was_seen(text)
    assert level_of(text, 0.81) is TriageLevel.SAME_DAY


@pytest.mark.parametrize("text", NOT_SEEN)
def test_who_was_not_seen_or_is_not_well_is_left_to_the_network(text: str) -> None:
    assert not was_seen(text)


def test_a_medicine_that_must_not_be_interrupted_is_no_errand() -> None:
    text = "my insulin pens are almost out, some pills are running out too"

    assert level_of(text, 0.5) is TriageLevel.EMERGENCY


@pytest.mark.parametrize("text", [text for text in ERRANDS if "biops" in text or "getting lost" in text])
def test_a_lost_way_and_a_lump_are_for_a_nurse_today(text: str) -> None:
    assert level_of(text, 0.1) is TriageLevel.SAME_DAY


def test_a_danger_sign_wins() -> None:
    for screening in (Screening(certain=DangerKind.OTHER), Screening(possible=DangerKind.OTHER)):
        levels = np.array([[0.5, 0.2, 0.3]])

        assert triage_level(levels, screening, THRESHOLDS, "I killed it at PT", CALM) is TriageLevel.EMERGENCY


def test_any_text_can_be_read() -> None:
    for text in HOSTILE_TEXTS:
        assert not any((is_errand(text), is_visit_log(text), was_seen(text)))
