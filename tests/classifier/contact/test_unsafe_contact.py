"""Who says that somebody else reads or holds their phone gets no answer there."""

from __future__ import annotations

from itertools import product

import pytest

from classifier.contact.unsafe_contact import UnsafeContact, read_unsafe_contact, says_safe

UNSAFE = [
    "no me vayan a contestar a este numero, es de mi pareja y lo revisa",
    "mi marido me quebró un diente anoche. no vaya a llamar por favor, él revisa el teléfono",
    "is my mammogram result ready, dont tell my mother in law, she reads the phone",
    "I'm using my boyfriends phone so please dont text back about it. I need my pill refilled",
    "Please, only call my work line, my husband checks this phone every night",
    "don't text this number",
    "PLEASE do not call me back at this number, I will call you",
    "He hit me again. Never reply to this phone.",
    "he reads my phone",
    "he goes thru my phone",
    "My phone is tracked by my ex",
    "he took my phone away",
    "Don't call this number, call my cell. He reads my texts on this one",
    "My boyfriend goes through all my texts so please call my sister",
    "my ex husband is tracking my phone and I need to change my appointment",
    "It's not safe to call me. I'll come by",
    "My mom checks my messages, can I ask about the pill?",
    "don't let my husband know I texted you",
    "no contesten a este número",
    "mi esposo me quitó el celular y el carro, no contesten a este numero",
    "no me escriban, mi esposo revisa el celular",
    "Por favor no me llamen a este teléfono",
    "él lee mis mensajes",
    "mi mamá siempre me revisa el celular",
    "No es seguro que me llamen",
    "me quitaron el teléfono y me lo revisan. me quitó el celular",
    "he goes through my texts so call my sister",
    "My boyfriend has my phone so call my work",
    "my husband reads my texts to me and if he doesn't like one he hits me",
    "my boyfriend has my phone today. I'm scared of him",
    "my husband watches my phone and answers for me, i can't talk freely",
    "he hit me again. dont call this number call 312 555 0100",
    "he's got all my texts on his computer",
    "my husband took my phone today",
    "mi esposo tiene mi celular hoy y me pega",
    "no llamen a este número, él me pega. llamen al 312 555 0100",
    "my husband reads everything I send",
    "es que mi marido me revisa todo",
    "mi esposo ve mis mensajes",
    "él lee mi teléfono",
    "mi esposo me lee todo lo que escribo",
    "mi novio me controla todo",
    "mi esposo se mete a mi celular",
    "mi señor entra a mi correo",
    "mi ex me rastrea el celular",
    "mi marido escucha mis mensajes de voz",
    "mi suegra lee mis correos",
    "tengo el teléfono intervenido",
    "mi celular está vigilado",
    "mi teléfono lo revisa mi marido",
    "es peligroso que me escriban",
    "lo va a ver si me escriben",
    "se va a dar cuenta si me llaman",
    "que no sepa mi esposo que les escribí",
    "no dejen que vea mis mensajes",
    "mi marido se quedó con mi teléfono",
    "mi novio trae mi celular",
    "no dejen recados en este número",
    "si se entera me mata",
    "ellos leen mis mensajes",
    "me está viendo el celular",
    "me va a pegar si lee esto",
    "mi esposo tiene mi celular hoy y me ahorcó anoche",
    "mi esposo tiene mi celular hoy, es muy celoso",
]
NO_ANSWER = [
    "please dont reply, he can see this",
    "don't answer here, he can see this",
    "He'll kill me if he sees this",
    "don't write back he will see it",
    "do not respond to this message, he is watching",
    "don't let him see this message",
    "No respondas, él lee todo",
    "no me contesten, mi marido está aquí",
    "me mata si ve esto",
    "he'll see it if you write back",
    "he's going to kill me if he sees this",
    "he's looking at my screen right now",
    "this chat isn't safe, he is right here",
    "It's not safe to reply",
    "don't write to me here, he can see it",
    "mi esposo está viendo la pantalla",
    "este chat no es seguro",
    "este chat no es privado",
    "mi esposo puede ver este chat",
    "me está leyendo sobre el hombro",
    "si me contestan él lo va a ver",
    "no dejen que vea esto",
    "no me contesten, se va a enterar mi marido",
    "no respondan, está a mi lado",
    "no me contesten para que no se entere",
]
NO_TEXTS = [
    "need to come in without my husband knowing. he checks my phone so dont text me",
    "my boyfriend reads my texts so please dont text me. i need the morning after pill",
    "dont text back. he reads my phone. he choked me last night and i need to be seen",
    "he has my phone dont text back",
    "I'm hiding from my husband. don't text back",
    "dont call back hes home",
    "please don't leave a voicemail, my husband listens to my voicemail",
    "don't email me, he reads my emails",
    "dont message me, he checks my phone",
    "don't reply to my phone, he checks it",
    "He'll kill me if he finds out",
    "he will hurt me if he finds out i'm pregnant",
    "my husband can see my texts",
    "My mom took my phone and I want to kill myself",
    "no me manden mensajes, mi esposo los lee",
    "no me llamen, mi marido está en casa",
    "no me escriban, mi esposo revisa el celular",
    "no me contesten al celular, él lo revisa",
    "no me dejen mensajes, mi esposo los escucha",
    "nada de llamadas por favor, mi marido está en casa",
    "no me llamen para que no sepa mi papá",
    "no me escriban que se entera mi esposo",
]
SAFE = [
    "I'm using my boyfriend's phone, mine died. please text back",
    "no marquen por favor, mi esposo me tiene encerrada, nomás escriban por aquí",
    "Please stop texting this number, you have the wrong person",
    "Don't text this number, wrong number",
    "no me escriban más, número equivocado",
    "Stop texting me",
    "no me escriban más",
    "I don't recognize this number, who is this?",
    "i dont answer this phone during work, text is better",
    "My doctor checks my phone photos of the mole, right?",
    "He doesn't read my messages anymore",
    "Mi doctora ve mis mensajes?",
    "La terapeuta estaba en la sesión y ella viendo el teléfono",
    "can u move it? they took my phone time away lol",
    "It's safe to call me after 5",
    "Is it safe to take ibuprofen?",
    "no me funciona este número, mi número nuevo es 305 555 0122",
    "Can I text this number with questions?",
    "My husband will call you about the bill",
    "mi esposo le llama por la cuenta",
    "no puedo ver el portal en este celular",
    "Is it not safe to text you pictures of my wound?",
    "It's not safe to call while driving, text me",
    "Please do not text this number it's a landline",
    "My husband checks my phone for reminders",
    "My daughter checks my messages for me so text anytime",
    "Don't call this number, call my cell",
    "Don't call this number, call my cell 202-555-0123",
    "don't call this phone after 5pm",
    "my husband took my phone number down wrong",
    "Please don't text back, I'm in a meeting",
    "don't call me back, she is fine now and he is home",
    "no need to reply, he can see the doctor Friday",
    "Don't let him see the surprise",
    "He'd never call on his own. He's home this weekend, can he come Saturday?",
    "no me llamen a este número, llamen a mi celular",
    "my dad reads my texts to me",
    "My mother reads my texts, I am blind",
    "my wife sees my messages and will answer for me",
    "my husband has all my messages so talk to him",
    "my wife's got my cell today",
    "dont call this number call 312 555 0100",
    "mi esposa lee mis mensajes porque no veo bien",
    "mi esposo lee mis mensajes, soy ciega",
    "mi papá ve mis mensajes y contesta por mí",
    "mi esposa tiene mi celular hoy",
    "no llamen a este número, llamen al 312 555 0100",
    "my wife checks everything before we pay",
    "mi doctora me revisa todo cada año",
    "¿el doctor me revisa todo en el chequeo?",
    "mi esposo me revisa todos los papeles del seguro",
    "mi esposa me lee todo porque no veo bien",
    "mi mamá me revisa todas las tareas",
    "mi esposo revisa el pago",
    "mi esposo entra a trabajar a las 8",
    "mi hija trae mi celular hoy",
    "mi hijo ve la tele",
    "me está viendo el doctor",
    "para que no se me olvide la cita no me llamen tarde",
    "no me dejen sin cita",
    "¿es peligroso que me llamen mientras manejo?",
    "que no sepa a nada el jarabe",
    "no me llamen, ya está aquí la ambulancia",
    "no me llamen, me mata el dolor de cabeza",
    "mi esposo revisa el correo todos los días y no llegó la cuenta",
]


@pytest.mark.parametrize("text", UNSAFE)
def test_these_say_that_texts_and_calls_are_not_safe(text: str) -> None:
    assert read_unsafe_contact(text) is not None


@pytest.mark.parametrize("text", NO_ANSWER)
def test_these_ask_for_no_answer_even_on_the_page_where_they_are_written(text: str) -> None:
    assert read_unsafe_contact(text) is UnsafeContact.ANY


@pytest.mark.parametrize("text", NO_TEXTS)
def test_who_speaks_of_the_phone_alone_may_read_an_answer_elsewhere(text: str) -> None:
    assert read_unsafe_contact(text) is UnsafeContact.PHONE


READERS = ["My husband", "my roommate", "he", "mi marido", "mi suegra", "el dueño de la casa"]
READS = {"My husband": "reads my texts", "my roommate": "goes on my phone", "he": "knows my passcode"} | {
    "mi marido": "anda viendo mi celular",
    "mi suegra": "lee lo que me mandan",
    "el dueño de la casa": "nos presta este celular y él lo revisa",
}
WISHES = ["", " Email me instead.", " be careful what you write", " mejor por correo"]


@pytest.mark.parametrize(("who", "wish"), list(product(READERS, WISHES)))
def test_whoever_reads_the_phone_and_whatever_is_asked_for_it_is_not_safe(who: str, wish: str) -> None:
    assert read_unsafe_contact(f"When is my visit? {who} {READS[who]}.{wish}") is not None


PHONES = [
    "I'm using my kid's tablet",
    "this phone is my mother in law's",
    "we all share this phone",
    "es el cel de mi comadre",
]
PLEAS = [
    "so don't write here",
    "please no texts back",
    "no me contesten",
    "keep it off here",
    "sin confirmarme nada por aquí",
]


@pytest.mark.parametrize(("phone", "plea"), list(product(PHONES, PLEAS)))
def test_a_phone_that_is_not_theirs_alone_and_a_plea_are_not_safe_together(phone: str, plea: str) -> None:
    assert read_unsafe_contact(f"Need to move my visit. {phone}, {plea}") is not None


@pytest.mark.parametrize(
    "text",
    [
        "this is my boss's phone, im only asking what time u close",
        "Estoy usando la tablet de mi nene, ahorita se la devuelvo",
        "I'm on a borrowed phone from a guy at the bus stop, is the doctor in",
    ],
)
def test_a_borrowed_phone_alone_keeps_back_this_answer(text: str) -> None:
    assert read_unsafe_contact(text) is UnsafeContact.REPLY


ORDINARY = [
    "my husband will check in with you tomorrow",
    "I share a phone plan with my wife, can we use one account",
    "I borrowed my neighbor's car so I can make the noon one",
    "my son broke my phone so i missed your call",
    "please text my daughter's phone instead, she drives me",
    "Don't call please, I'm in meetings. Texting here works great",
    "the dr was on his phone the whole time",
    "no me llegó el mensaje, me lo pueden mandar otra vez",
    "Ahorita revisé el celular y vi su mensaje, sí puedo a las 11",
    "no me contestaron la llamada, mejor por texto",
    "me prestaron un carro así que sí llego",
    "two things: how do i get in the portal, and my mom sees it fine",
]


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_words_of_phones_and_families_are_answered(text: str) -> None:
    assert read_unsafe_contact(text) is None


@pytest.mark.parametrize("text", SAFE)
def test_these_do_not(text: str) -> None:
    assert read_unsafe_contact(text) is None


SAFE_AGAIN = [
    "ok its safe now, he left for work. can you tell me what to do",
    "It's safe now",
    "I'm safe now, you can write",
    "you can text me now",
    "now you can answer",
    "it's ok to text me now",
    "safe to write now",
    "ya puede escribirme",
    "Ya me pueden contestar",
    "ahora es seguro, se fue a trabajar",
    "ya es seguro",
    "ya estoy a salvo",
]
NOT_SAFE_AGAIN = [
    "it's not safe now",
    "is it safe now?",
    "he left for work",
    "se fue a trabajar",
    "i'll let you know when its safe now",
    "don't text me until it's safe to write again",
    "ya no me puede escribir",
    "ya no es seguro",
    "¿cuándo me pueden contestar?",
    "cuando sea seguro le escribo",
    "is it safe to take tylenol now",
    "it's safe now but don't call",
    "you can write now but he reads my phone",
    "hello?",
]


@pytest.mark.parametrize("text", SAFE_AGAIN)
def test_these_say_that_it_is_safe_again(text: str) -> None:
    assert says_safe(text)


@pytest.mark.parametrize("text", NOT_SAFE_AGAIN)
def test_these_do_not_say_so(text: str) -> None:
    assert not says_safe(text)
