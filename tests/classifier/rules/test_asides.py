"""What patients write after an emergency that is plainly about something else, and what may be about it still."""

from __future__ import annotations

import pytest

from classifier.rules.asides import Aside, read_aside

QUESTIONS = """
when do you open
what time do you close on saturday?
What are your hours
are you open tomorrow?
which door is it
which floor do I go to
where's the entrance?
where do i park
are you going to call cps
Will you tell my job?
when can i see dr patel
ok so when can I see Dr. Patel?
how much is a visit
do you take medicaid
a qué hora abren
¿A qué hora cierran el sábado?
¿Cuál puerta es?
¿Por cuál puerta entro?
¿dónde me estaciono?
¿Van a llamar a CPS?
cuándo puedo ver al dr patel
¿Cuánto cuesta la consulta?
""".strip().splitlines()

FINE = """
no no im fine, just lost
no no im fine, just lost lol
I'm ok, just can't find the entrance
just lost
no no, estoy bien, nomás ando perdida
solo no encuentro la entrada
""".strip().splitlines()

OFFICE = """
can i reschedule my appointment to tuesday
what do I owe on my bill
do you take aetna ppo insurance
can you mail me my records
quiero cambiar mi cita para el martes
necesito una copia de mi factura
""".strip().splitlines()

MORE = """
ok
hello?
so what now
now what
im fine
no no im fine
i'm ok now
lost
i feel lost
i am lost and alone
which door is it, i cant breathe
when do you open, it hurts
when do you open? he is getting worse
can i come in today
can i get an appointment today instead
do i need an appointment or can i wait
cancel all my appointments
cancel my appointment, i won't need it anymore
should i take another one
can i get an appointment, i feel dizzy
is it safe to drive to my appointment
can she have an appointment
are you going to call my husband
when can i see my mom
when can I see Dr. Patel? my chest hurts
do you take life insurance, i want it to be over
how much is a funeral
where are you, help
please dont call anyone
cuándo abren, me duele mucho
cancele todas mis citas
ya no necesito la cita
¿puedo ir hoy?
y ahora qué
estoy bien
estoy perdida
¿me tomo otra?
""".strip().splitlines()


@pytest.mark.parametrize("text", QUESTIONS)
def test_plain_questions(text: str) -> None:
    assert read_aside(text) is Aside.QUESTION


@pytest.mark.parametrize("text", FINE)
def test_who_is_only_lost(text: str) -> None:
    assert read_aside(text) is Aside.FINE


@pytest.mark.parametrize("text", OFFICE)
def test_what_may_be_a_matter_for_the_office(text: str) -> None:
    assert read_aside(text) is Aside.OFFICE


@pytest.mark.parametrize("text", MORE)
def test_what_is_vague_or_may_be_about_the_emergency(text: str) -> None:
    assert read_aside(text) is None
