"""A message that only denies is told from one whose danger is worded as a denial."""

from __future__ import annotations

import pytest

from classifier.rules.denials import denial_language, denies_on_form
from classifier.rules.screen import is_urgent

ENGLISH = """
no fever
No fever.
no swelling
not any fever
no fever or chills
no fever, no swelling
no pain at all
nope, no bleeding
no, no fever
no fever just checked
no trouble breathing
no shortness of breath
no chest pain
he doesn't have a fever
she has no fever
he hasn't had any fever
it isn't swollen
it's not bleeding
not swollen or red
doesn't hurt
he hasn't vomited
she hasn't thrown up
no rash, no hives
no vomiting today
no double vision
no seizures
without fever
no pus that I can see
no he's not breathing fast
not dizzy
no fever thanks
no symptoms
no fever, cough, or rash
no fever or chills, and no rash
not swollen, red, or sore
no fever, nor rash
""".strip().splitlines()

SPANISH = """
no, fiebre no
no, no respira mal
no fiebre
no tiene fiebre
no tengo calentura
sin fiebre
no, no tiene fiebre
no le duele
no sangra
no hay hinchazón
nada de fiebre
no está hinchado
no, hinchazón no
no tiene fiebre ni vómito
no ha tenido fiebre
no le duele nada
no, no hay sangre
no se le ve hinchado
no tiene dolor de pecho
no, no ha vomitado
no respira raro
fiebre no, vómito no
no trae calentura
ni fiebre ni dolor
no tiene dificultad para respirar
no doctora, no tiene fiebre
no tiene fiebre, tos ni vómito
sin fiebre y sin tos
""".strip().splitlines()

DANGERS = """
no puede respirar
no respira
no respira bien
no está respirando
no le entra aire
no tiene pulso
no despierta
no reacciona
no responde
no se mueve
no siente las piernas
no puede tragar
no puede hablar
no quiere vivir
no quiero seguir viviendo
no ve
no orina
no deja de sangrar
no para la sangre
no para de vomitar
no le baja la fiebre
no puede mover el brazo
no siento al bebé
no hay pulso
can't breathe
not breathing
he's not breathing
no pulse
no air
not waking up
won't wake up
not responding
not moving
no feeling in my leg
can't feel my face
can't move his arm
can't swallow
can't see
won't stop bleeding
not stopping
no heartbeat
no urine since yesterday
not eating or drinking
don't want to live
no reason to live
no fetal movement
not ok
no one is coming
no fever but she can't breathe
no swelling, but his lips are blue
no pain, just can't feel my arm
no tiene fiebre pero no despierta
sin dolor pero no ve
no
no fever. i took all my pills
no, and i want to die
not breathing well
no color in his face
no fever, seizures
no fever, vomiting
no fever, bleeding now
no fever or chills, confusion
no rash, hives, wheezing
No pain and numbness
he doesn't have a fever and seizures
He is not in pain and confused
no fever. he is not swollen and wheezing
Its not bleeding and getting worse
no tiene fiebre, vomito
no tiene fiebre y convulsiones
sin fiebre, falta de aire
""".strip().splitlines()


@pytest.mark.parametrize("text", ENGLISH)
def test_a_bare_denial_in_english_is_one(text: str) -> None:
    assert denial_language(text) == "en"


@pytest.mark.parametrize("text", SPANISH)
def test_a_bare_denial_in_spanish_is_one_in_spanish(text: str) -> None:
    assert denial_language(text) == "es"


@pytest.mark.parametrize("text", DANGERS)
def test_a_danger_or_an_answer_worded_as_a_denial_is_none(text: str) -> None:
    assert denial_language(text) is None


def test_a_huge_repetitive_denial_is_read_at_once() -> None:
    assert denial_language("no fever, " * 20_000) is None
    assert denial_language("no fever, no, " * 6 + "x") is None


ON_A_FORM = """
The form asked about chest pain, trouble breathing, and fainting. I put no on all three. Do I need page 2?
form says thoughts of suicide. i put never. email ok?
Me preguntó la hoja si tengo dolor de pecho o falta de aire. Puse que no a todo. ¿Falta firmar algo?
your check in questionnaire wanted to know about seizures, we marked no. is that all
""".strip().splitlines()
NOT_ON_A_FORM = """
The form asked about chest pain and I put no but I have it right now
the form asked if i want to die. i put no. that was a lie
i put no on the form for chest pain. started an hour ago
el formulario preguntaba por dolor de pecho, puse que no pero sí tengo
the form asked about chest pain. i have it
i said no to him and he hit me
""".strip().splitlines()


@pytest.mark.parametrize("text", ON_A_FORM)
def test_a_no_on_a_form_denies_what_it_asks(text: str) -> None:
    assert denies_on_form(text)
    assert not is_urgent(text)


@pytest.mark.parametrize("text", NOT_ON_A_FORM)
def test_a_no_that_is_taken_back_or_is_on_no_form_denies_nothing(text: str) -> None:
    assert not denies_on_form(text)
