"""Somebody else who has the patient's phone and asks what it is about is told nothing."""

from __future__ import annotations

import pytest

from classifier.contact.other_writers import is_other_writer

OTHERS = [
    "que querias Dulce? soy Beto",
    "hola soy el esposo de Marisol que les preguntó ella?",
    "habla la suegra, que resultado?",
    "hey who is this, why are you texting my wife",
    "who is this? this is Brandon's phone",
    "this is her husband, what did she want?",
    "Brenda left her phone on the counter and I saw this come in. I'm her sister. What's it about?",
    "This is Cody's mom. I have his phone now. What appointment are you talking about??",
    "I'm answering for my mother. What exactly did she write to you this morning?",
    "yo its her man. what she ask yall",
    "quien es? este es el cel de mi mujer",
    "No soy don Efraín, soy su hijo mayor. ¿Qué medicina dicen que está lista?",
    "ella anda manejando yo soy el novio, díganme a mí qué era",
    "Aquí el papá de la niña Aylin. Vi que ella les escribió anoche. Qué les dijo?",
]
PATIENTS = [
    "hi this is Daniel White's mom, he got his braces on Tuesday and they rub, is wax ok",
    "who is this?",
    "what did the doctor say about my results",
    "habla la hija de don Ramiro, se cayó antier y hoy está dormido todo el día",
    "soy la señora López, ¿qué dijo el doctor de mis análisis?",
    "my husband wants to know what the bill is for",
    "ya puedo dejar de usar la faja? ayer cumplí las 8 semanas que dijo el doctor",
    "soy la mamá de Kevin, quiero cambiar su cita",
    "",
]


@pytest.mark.parametrize("text", OTHERS)
def test_these_are_by_somebody_else(text: str) -> None:
    assert is_other_writer(text)


@pytest.mark.parametrize("text", PATIENTS)
def test_these_are_by_the_patient_or_whoever_brings_one(text: str) -> None:
    assert not is_other_writer(text)
