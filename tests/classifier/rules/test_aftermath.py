"""What patients answer after an emergency: that somebody helps, that it was none or is over, or more."""

from __future__ import annotations

import pytest

from classifier.rules.aftermath import Update, read_update

HELPED = """
we're at the ER, xray in a bit
at the hospital now, waiting for the doctor
Calling 911 now
ok calling 988 now thank you
i called 911 already
ambulance is here
the paramedics are on their way
driving to the emergency room right now
the doctor is with him now, thanks
On the phone with poison control
estamos en urgencias, esperando al doctor
ya llegó la ambulancia
ok, llamando al 911 ahora
ya llamé al 988, gracias
vamos camino al hospital
ya lo están atendiendo
""".strip().splitlines()

MISTAKEN = """
false alarm, thank you guys
lol no emergency, just teething, 28 lbs
false alarm
It was a false alarm, sorry!!
it's not an emergency
falsa alarma, perdón
no es una emergencia
""".strip().splitlines()

OVER = """
he woke up, he's fine, false alarm everybody
he's up now and eating popsicles, false alarm, thank you guys
she's awake and eating a popsicle, thanks everyone
hes up and running around, sorry for the scare
ya despertó y anda comiendo paletas, falsa alarma, gracias a todos
he's fine now, sorry for the panic
he just peed!! sorry for the panic
My daughter is ok now 🙏 thank you so much
she's back at school today, thanks
ya está bien mi hijo, perdón por el susto
ya está mejor, gracias
disculpe el susto, todo bien
""".strip().splitlines()

HUSHED = """
please dont call anyone
Please don't call the police
don't call 911
dont tell anyone about this
you don't have to send anyone
please don't tell my mom
no police please
I don't want anyone to know
no llamen a nadie
por favor no llamen a la policía
no le digan a nadie
no quiero que llamen a nadie
""".strip().splitlines()

THANKS = [
    "thanks",
    "Thank you so much!",
    "gracias",
    "muchas gracias 🙏",
    "спасибо",
    "Спасибо большое!",
    "감사합니다",
    "merci",
]

MORE = """
im fine forget it
never mind
nvm im ok
sorry i bothered you
im fine now thanks
it's over now, thanks for everything
forget it, no emergency, nobody cares
we're at the ER but he stopped breathing
we were at the ER yesterday
at the er and they wont see us
at the ER alone
should we go to the ER?
false alarm?
call 911
call 911 now please
llame al 911
i called 911 and nobody answered
ambulance isn't here
the ambulance is not here yet
no ambulance is coming
calling 911 won't help
he's fine now but he had another seizure
he's not fine
she's fine. i took the pills
it's an emergency
no es falsa alarma
no está bien
no estoy bien
ya estoy bien, olvídelo
olvídelo
perdón por molestar
estoy en el hospital y me quiero morir
thanks, goodbye everyone
gracias por todo, adiós
ok
yes
don't call me
please dont text me anymore
dont call anyone, i took more pills
no me llamen
no llamen a nadie, ya me quiero morir
""".strip().splitlines()


@pytest.mark.parametrize(
    ("says", "texts"),
    [
        *((Update.HELPED, HELPED), (Update.MISTAKEN, MISTAKEN), (Update.OVER, OVER), (Update.THANKS, THANKS)),
        *((Update.HUSHED, HUSHED), (None, MORE)),
    ],
    ids=["helped", "mistaken", "over", "thanks", "hushed", "more than that"],
)
def test_an_update_is_one_only_if_its_every_word_is(says: Update | None, texts: list[str]) -> None:
    assert {text: read for text in texts if (read := read_update(text)) is not says} == {}


@pytest.mark.parametrize("word", ["ambulance ", "at the er, ", "ok ", "(", "gracias", "28 lbs ", "ya "])
def test_a_long_message_is_no_update_however_often_it_says_so(word: str) -> None:
    assert read_update(word * 20_000) is None
