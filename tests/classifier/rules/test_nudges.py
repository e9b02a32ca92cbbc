"""Messages that only ask again: they say nothing of what for, so they belong to what the patient wrote before."""

from __future__ import annotations

import pytest

from classifier.rules.nudges import is_nudge

ENGLISH = """
hello? anyone there
hello?
Hello
HELLO???? ANYONE THERE???
helloooo
hi
Good morning
is anybody there
Are you there?
you guys there
is anyone getting these?
still waiting
I'm still waiting!!
waiting...
still waiting to hear back
still waiting for a response
Still waiting for someone to answer me
any update?
Any updates on this?
any news yet
Hi Jennifer, any update? Thanks, Rosa
is there any word?
update?
still no response
can I get an update please
just following up on my last message
following up
Just checking on this
bump
did you get my message?
did anyone see my text
please respond
please answer me please
can someone please answer
could you please get back to me
text me back
when will I hear back
when can I expect to hear from someone
I haven't heard back
still haven't heard anything yet
what's the status
sorry to bother you again, just wondering if there is any update
so?
""".strip().splitlines()

SPANISH = """
Hola?
hola, hay alguien ahi?
¿Hay alguien?
alguien??
¿están ahí?
Buenos días
sigo esperando
todavía estoy esperando
sigo esperando su respuesta
aquí sigo esperando una respuesta por favor
alguna novedad?
¿Tienen alguna noticia?
¿ya hay respuesta?
¿qué pasó con mi mensaje?
¿me pueden contestar?
por favor contesten
contéstenme por favor
respondan
¿recibieron mi mensaje?
ya vieron mi correo?
¿cuándo me van a contestar?
no he recibido respuesta
todavía no me han contestado
disculpe la molestia, solo quería saber si hay alguna novedad, gracias
¿y?
""".strip().splitlines()

MARKS = ["?", "??", "???", "…", "...", ". . .", "!", "?!?!", "？", "¿?", "❓", "-"]

MORE = """
hello? my chest hurts
hello? help
hello? he is not breathing
are you there? I took the pills
please answer, I'm bleeding
is anyone there? I want to die
still waiting for my refill
still waiting in the parking lot
still waiting, it hurts
still no answer
any update on my refill?
any news on the biopsy
any update on my referral?
is anyone there tomorrow
are you there today?
are you there on Saturday
are you open
did you get my referral
did you get the fax
following up on my mom's labs
can you answer a question
call me back
please call me back
hello, I need to cancel
hi can I come at 3
hi this is Rosa
good morning, running late
help
help me
goodbye
thanks
ok
yes
no
never mind
never mind, I'm fine
10
stop
hola, me duele el pecho
hola, ayuda
hay alguien? no respira
sigo esperando mi receta
sigo esperando en el carro
alguna novedad de mis resultados?
¿recibieron mi referido?
¿hay alguien que hable español?
¿están abiertos?
contesten, está sangrando
llámenme
gracias
sí
no
""".strip().splitlines()


@pytest.mark.parametrize("text", [*ENGLISH, *SPANISH, *MARKS])
def test_who_only_asks_again_or_sends_marks_alone_says_nothing_of_their_own(text: str) -> None:
    assert is_nudge(text)


@pytest.mark.parametrize("text", [*MORE, "", "   ", "🆘", "😢"])
def test_one_word_more_is_a_message_of_its_own(text: str) -> None:
    assert not is_nudge(text)


@pytest.mark.parametrize("word", ["hello ", "? ", "any update ", "sigo esperando ", "please "])
def test_a_long_message_is_no_nudge_however_often_it_says_so(word: str) -> None:
    assert not is_nudge(word * 20_000)
