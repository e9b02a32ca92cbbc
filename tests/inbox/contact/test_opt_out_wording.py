"""Opting out of texts in free words, and what only sounds like it."""

from __future__ import annotations

import time

import pytest

from inbox.contact.opt_out_wording import OptOutWish, read_opt_out

CLEAR = r"""
please stop texting me | Stop texting me!! | quit messaging this number | take me off your list
Take me off your text list please
Please take my number off your list. | stop sending me texts | stop sending texts to this number
Stop all messages
Can you please stop texting me? | could you stop sending me messages | Don't text me anymore
do not contact me again
dont send me any more messages | no more texts please | No further text messages
remove this number from your contact list
Unsubscribe me from your texts | opt me out of all texts | I want to opt out
I would like to opt out of your messages
I don't want to receive texts from you | I no longer wish to receive text messages
I dont want any more texts
I do not want you texting me | I revoke my consent | I withdraw my consent to receive texts
wrong number stop texting me
Hi, you have the wrong number. Please stop texting this number. Thank you | hey stop the texts now
I don’t want to be texted
stop contacting me | cease texting me | I said stop texting me | I asked you to stop texting me
stop with the texts
No me manden más mensajes | Por favor no me manden mas mensajes | ya no me envíen mensajes
no me escriban más
dejen de mandarme mensajes | Deje de enviarme textos por favor | paren de escribirme
No quiero recibir más mensajes
no quiero mas mensajes de texto | no más mensajes | quítenme de su lista
Saquen mi número de su lista, gracias
no me manden nada | denme de baja | ya no quiero que me manden mensajes
stop txts pls | please don't message | do not contact | stop sending these | quit sending me stuff | no texting please
no texts | enough texts | cancel all texts please | end messages | delete my number | lose my number
I opt out | I no longer want to be contacted | I don't consent to receiving texts | I want off this list
I'd like to stop getting texts
not interested, stop texting me | who is this? stop texting me | stop all communication | stop the auto replies
cancelen los mensajes | quiero cancelar los mensajes | parar mensajes | paren con los mensajes | basta de mensajes
alto a los mensajes | no mensajes por favor | sin mensajes | no envíen más | no escriban más | no contactarme
no mandar mensajes
no quiero que me contacten | no autorizo mensajes | revoco mi consentimiento | sácame de su lista | dar de baja
desuscribirme
dejen de escribir | para de escribirme | deja de mandarme mensajes
Stop texting me\nSent from my iPhone
take me off the mailing list | remove my number from the text list | sáquenme de la lista de mensajes
no more texts please and thank you | stop it with the texts already | stop texting me u clowns
unsubscribe me from this | I moved to Ohio, you can take me off the texts
por favor ya no me escriban, cambié de doctor
STOP texting me about appointments i moved to ohio | quit texting me about my appointments
Stop texting me about the bill. | i moved out of state, please stop texting me | no more texts about billing please
stop sending me messages about your surveys and promotions, I'm not a patient anymore
I found another dentist, stop texting me | stop texting us, we moved | don't text me about my refills anymore
dejen de mandarme mensajes sobre citas | dejen de mandarme mensajes, ya me mudé a Ohio
no me manden más mensajes sobre mis citas por favor | ya no soy paciente, dejen de escribirme
"""
POSSIBLE = """
stop texting me at work, call my cell | Stop texting my mother, she passed away
please don't text me, call me instead
do not text me until Monday | I'm driving, don't text me now, I will call | stop sending me so many messages
How do I stop these texts? | I told you three times to stop texting me, this is harassment
unsubscribe my husband | Take me off the list please
Stop texting me and fix my bill | Please take my old email off your mailing list | leave me alone
Never text this line again, it is shared
I don't want these texts but I want to keep my appointment | No me escriban al trabajo, llámenme a mi casa
remove me | take me off | remove us from the list | no text | no messages
quítenme | no me hablen | ya no quiero recibir | déjenme en paz
no me manden mensajes a mi trabajo, llamen a mi celular | If you don't stop texting me I will call my lawyer
stop texting my old number, use this one | stop texting me and call me instead | why did you stop texting me?
stop texting me about appointments and call me instead | stop texting me about the bill i paid it
stop texting me about my appointment, my chest hurts | i moved to ohio and my chest hurts, stop texting me
quítenme de la lista | dejen de mandarme mensajes sobre la cita y llámenme | take me off the list for texts
bórrenme de la lista de mensajes y llámenme | take me off your list for good, I have a new dentist
"""
NEITHER = """
can I stop taking it | Should I stop taking the antibiotic before surgery? | I can't stop coughing
please stop by with my form
I'll stop by at 3, text me when it is ready | stop | cancel | end | quit smoking help?
does the bleeding stop on its own
Don't send the message to my insurance yet, I mean the claim form | Did you get my text message?
please text me the address
I did not get your message | I quit my job and need new insurance | take my name off the appointment on Friday
Remove my stitches | Can you take me off the blood thinner? | I want to opt out of the fluoride treatment
no more pain, thanks
The pharmacy list is wrong | ¿Puedo dejar de tomar la pastilla? | no me siento bien | No quiero la cita
mándenme un mensaje
can you stop the refill | my nose wont stop bleeding | no mas dolor | no más pastillas | ya no quiero | basta | stop it
tengo la presión baja | alto el fuego en mi estómago | sáquenme de aquí | stop sending my records to Dr. Lee
make it stop
please take me off the list for thursday, got in somewhere else | Remove me from the waiting list
take me off the cancellation list please | take us off your wait list | remove my daughter from the standby list
take me off the schedule | take me off the books for friday | take me off the list, got in somewhere else
take me off your list for Thursday | take my name off the short notice list
quítenme de la lista de espera | bórreme de la lista para el jueves | saquen a mi hija de su lista de cancelaciones
I have crushing chest pain | do not want the vaccine | we can stop the medication on Monday | ok thanks
"""


def said(table: str) -> list[str]:
    lines = table.strip().splitlines()
    return [text.strip().replace("\\n", "\n") for line in lines for text in line.split("|")]


@pytest.mark.parametrize("text", said(CLEAR))
def test_a_message_that_asks_for_no_more_texts_and_nothing_else_is_clear(text: str) -> None:
    assert read_opt_out(text) is OptOutWish.CLEAR


@pytest.mark.parametrize("text", said(POSSIBLE))
def test_a_message_that_says_more_is_for_a_person(text: str) -> None:
    assert read_opt_out(text) is OptOutWish.POSSIBLE


@pytest.mark.parametrize("text", said(NEITHER))
def test_what_has_to_do_with_something_else_is_an_ordinary_message(text: str) -> None:
    assert read_opt_out(text) is OptOutWish.NONE


BARE = r"""
STOP STOP | stop now | Stop it | Stop pls | stop thank you | Stop ok | hey stop | wrong number, stop | STOP. No thanks.
stop por favor | BAJA | baja por favor | alto por favor | NO MAS | no más por favor | PARE | pare ya | SALIR | BASTA
parar ya
DESUSCRIBIR | dar de baja
STOP\n\nSent from my iPhone | Alto\nEnviado desde mi celular
"""
BARE_BUT_DOUBTFUL = """
I want to stop | can you stop | yes stop | no stop | stop me | no more | stop cancel | quiero parar | para ya, alto
"""
NOT_OF_TEXTS = r"""
stop the pain please | please help me stop | stop bleeding | no mas dolor | basta de dolor | presión baja | alta o baja
stop smoking
can you stop the refill | make it stop | stop\nsent from the hospital with chest pain | I can't stop | no puedo parar
"""


@pytest.mark.parametrize("text", said(BARE))
def test_a_text_of_nothing_but_a_word_to_stop_is_clear(text: str) -> None:
    assert read_opt_out(text, by_text=True) is OptOutWish.CLEAR


@pytest.mark.parametrize("text", said(BARE_BUT_DOUBTFUL))
def test_a_text_of_such_words_that_may_mean_something_else_is_for_a_person(text: str) -> None:
    assert read_opt_out(text, by_text=True) is OptOutWish.POSSIBLE


@pytest.mark.parametrize("text", said(NOT_OF_TEXTS))
def test_a_text_in_which_something_else_should_stop_is_an_ordinary_message(text: str) -> None:
    assert read_opt_out(text, by_text=True) is OptOutWish.NONE


@pytest.mark.parametrize(
    "piece",
    [
        *("stop ", "please ", "take me off ", "no quiero mas ", "dont want to be ", "the ", "no thank you ", "ya mas "),
        *("any more ", "no mas ", "\nsent from my phone ", "dejen de mandar "),
        *("i moved to ohio ", "stop texting me about my bill ", "about my bills and ", "take me off the list "),
    ],
)
def test_no_wording_takes_long_to_read(piece: str) -> None:
    began = time.process_time()
    for _ in range(20):
        read_opt_out(piece * 4000, by_text=True)
        read_opt_out((piece * 100)[:159] + "x", by_text=True)

    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "text",
    ["S T O P", "\uff33\uff34\uff2f\uff30", "st\u200bop", "stopp", "unsuscribe", "Unsubcribe me", "wrong person. stop"],
    ids=["spelled", "wide", "invisible", "stopp", "unsuscribe", "unsubcribe", "wrong-person"],
)
def test_a_bare_word_opts_out_by_text_however_it_is_written(text: str) -> None:
    assert read_opt_out(text, by_text=True) is OptOutWish.CLEAR


@pytest.mark.parametrize(
    "text",
    ["Reply STOP to opt out.", "STOP to opt out", "STOP TO END", "Text stop to unsubscribe", "STOP.\n-- John"],
    ids=["our-words", "short", "to-end", "text-stop", "signed"],
)
def test_who_quotes_our_own_words_may_want_no_more_texts(text: str) -> None:
    assert read_opt_out(text, by_text=True) is OptOutWish.POSSIBLE


@pytest.mark.parametrize(
    "text",
    [
        "Hi, we have 20% off nitrile gloves this week! Call 800-555-0100. Unsubscribe here.",
        "20% off gloves this week. Click to unsubscribe.",
        "New scrubs are in. Unsubscribe link below",
    ],
)
def test_what_an_advertiser_offers_its_readers_is_no_wish(text: str) -> None:
    assert read_opt_out(text) is OptOutWish.NONE


def test_a_patient_who_wants_to_unsubscribe_is_still_heard() -> None:
    assert read_opt_out("I want to unsubscribe my husband, he moved") is OptOutWish.POSSIBLE
