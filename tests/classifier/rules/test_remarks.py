"""What patients say beside their topic: a wrong number, a secret, a dispute, and thanks for good treatment."""

from __future__ import annotations

import pytest

from classifier.rules.praise import is_praise
from classifier.rules.remarks import (
    asks_in_confidence,
    cries_out,
    fears_authorities,
    is_dispute,
    jokes_of_eating,
    keeps_visits_secret,
    needs_surer_alarm,
    says_wrong_number,
    speaks_of_law,
    tells_of_own_case,
)
from intake.vocabulary import TriageLevel
from tests.training.data.whole_corpus import corpus_messages

MOST_RAISED = 0.003


@pytest.mark.parametrize(
    "text",
    [
        "wrong number stop texting me im not Linda",
        "you have the wrong number this isnt linda",
        "This isn't Linda's number",
        "no one here by that name",
        "Número equivocado, yo no soy Linda",
        "Nobody named Vernon at this number",
        "wrong person, I'm not your patient",
        "there is no john here",
        "this number belongs to someone else now",
        "wrong number, i've never been to your office",
        "aquí no vive María",
        "este teléfono es de otra persona",
    ],
)
def test_a_wrong_number_is_recognized(text: str) -> None:
    assert says_wrong_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "you have the wrong number on file for me, it is 202 555 0133",
        "I think I called the wrong number yesterday",
        "I gave you the wrong number, mine is 202-555-0123",
        "is this the wrong number for the pharmacy",
        "",
        "you have the wrong number for me its 555 0199",
        "wrong number, mine is 312-555-0144",
        "tienen el número equivocado, el mío es 555 0133",
    ],
)
def test_a_number_that_is_wrong_in_a_record_is_no_wrong_number(text: str) -> None:
    assert not says_wrong_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "my son took the wrong number of tablets",
        "they filled wrong number of pills",
        "we had a wrong number of stitches removed",
        "I was seen by the wrong person",
        "You called the wrong person in from the waiting room",
        "wrong person got my results",
        "This is not Bob's cell phone. I am his daughter, he is your patient and needs a refill",
        "This is not Maria's phone, this is her husband, she is unconscious",
        "this isnt my mothers phone anymore, she passed away yesterday",
        "this isnt his number its his wifes, he is very dizzy",
        "No one here by that name told me my results",
        "nobody named dr lee ever called me back and my leg is swollen",
        "Wrong person sorry! But can I move my appt to 3",
        "Wrong number. But I can't breathe",
        "mi hijo tomó el número equivocado de pastillas",
        "me atendió la persona equivocada, este no es el teléfono de Ana, soy su hija",
        "i think you have the wrong person, i never had a colonoscopy",
        "persona equivocada, nunca me hicieron esa cirugía",
        "there is no parking here",
        "there is no dr john here on friday",
        "this number belongs to my husband",
        "mi mamá ya no vive aquí, su número es 555 0144",
    ],
)
def test_whoever_needs_something_is_no_wrong_number(text: str) -> None:
    assert not says_wrong_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "hi im 15 can i come in without my mom knowing? its about birth control",
        "im 16 can i get the pill without my parents finding out",
        "does my mom have to know, im 17",
        "im 17, can i come without my mom",
        "are you gonna tell my parents",
        "tengo 15 años, ¿puedo ir sin que mi mamá se entere?",
        "no quiero que mis papás sepan",
        "please dont call my mom about my birth control, call me instead",
        "please don't tell my mom, text me at this number",
        "im 16 dont call my mom call me",
        "can you not tell my dad i came in",
        "how much is it, I don't want my parents to see it",
        "no le llamen a mi papá por favor, tengo 16 años",
    ],
)
def test_a_minors_secret_is_recognized(text: str) -> None:
    assert asks_in_confidence(text)


@pytest.mark.parametrize(
    "text",
    [
        "can my daughter come without me, she's 16",
        "Please don't tell my mom her diagnosis, she has dementia",
        "Can my mom see the dentist on Friday",
        "my parents don't know what plan we have",
        "puedo ir con mi mamá",
        "dont tell my dad how much it cost",
        "please dont call my mom, call me instead",
        "please dont text my mom anymore text me",
        "dont let my mom know i paid her bill",
        "do not contact my mother she passed away",
        "ya no llamen a mi mamá, mejor a mi celular",
        "no le digan a mi papá cuánto costó",
    ],
)
def test_what_a_family_asks_is_no_secret(text: str) -> None:
    assert not asks_in_confidence(text)


@pytest.mark.parametrize(
    "text",
    [
        "I already paid this and now its in collections, im calling the state",
        "fix it or you will hear from my lawyer",
        "I'm filing a complaint with the medical board",
        "reporting you to the BBB",
        "I'm going to the news with this",
        "gonna leave you a one star review on google",
        "me mandaron a colecciones y ya pagué",
        "los voy a demandar",
        "why is my bill in collections when i paid it",
        "Got sent to collections over $18??",
        "got a letter that my bill is going to collections, i already paid??",
        "will you take this back from collections or do i need to get a lawyer",
        "im going to report you",
        "i already left a 1 star review",
        "¿por qué mi cuenta está en cobranzas si ya pagué?",
    ],
)
def test_collections_and_threats_are_recognized(text: str) -> None:
    assert is_dispute(text)


@pytest.mark.parametrize(
    "text",
    [
        "how do I pay before it goes to collections",
        "my lawyer needs my records from the accident",
        "I'll leave you a great review!",
        "do I need a state form for school",
        "where do I drop off the stool collection kit",
        "I'm going to college out of state",
        "is my bill in collections",
        "hi, can you tell me if my balance was sent to collections",
        "this goes in to collections?",
        "my bill is in collections?",
        "i need to drop off my specimen to collections",
        "someone left a bad review of the urgent care next door",
        "i want to report you have the wrong address",
        "¿mi cuenta está en cobranzas?",
    ],
)
def test_what_only_names_them_is_no_dispute(text: str) -> None:
    assert not is_dispute(text)


def test_few_messages_that_are_no_complaints_are_taken_for_disputes() -> None:
    others = [message.text for message in corpus_messages() if message.label != "complaint"]
    raised = sum(map(is_dispute, others))
    print(f"{raised} of {len(others)} messages that are no complaints")

    assert raised <= MOST_RAISED * len(others)


@pytest.mark.parametrize(
    "text",
    [
        "thank you so much Tammy you were so sweet to my mom today",
        "Everyone was so kind and patient with my daughter yesterday. Thank you!",
        "Muchas gracias Tammy, fue muy amable con mi mamá hoy",
        "thanks for everything you guys did for my mom",
        "Thank you Dr Lee for everything you did for my wife",
        "Thank you all for taking such great care of my son!",
        "Thanks for everything y'all did for my daughter yesterday 🙏",
        "we really appreciate everything you did for my mother in law",
        "gracias por todo lo que hicieron por mi mamá",
        "gracias por cuidar tan bien a mi abuelita",
    ],
)
def test_thanks_for_how_somebody_was_treated_are_praise(text: str) -> None:
    assert is_praise(text)


@pytest.mark.parametrize(
    "text",
    [
        "thank you so much Tammy you were so sweet to my mom today but she is worse",
        "you were so nice to my mom today, can I book again",
        "thank you for everything, you were always so kind to me",
        "My son was so calm with me today",
        "thanks for everything you did for me",
        "thank you for everything you did for my kids",
        "thanks for everything you guys did for my mom. goodbye",
        "Thank you for all you did for my dad, bye",
        "thanks for everything you guys did for my mom, she died last night",
        "thank you dr lee for 20 years, i wont need another appointment",
        "gracias por todo lo que hicieron por mis hijos",
        "gracias por todo lo que hicieron por mi mamá. adiós",
    ],
)
def test_thanks_that_say_more_or_sound_like_a_farewell_are_left_to_a_person(text: str) -> None:
    assert not is_praise(text)


@pytest.mark.parametrize(
    "text",
    [
        "nobody cares",
        "no one would even miss me",
        "does anyone even care",
        "i have nobody",
        "help me",
        "please help",
        "a nadie le importo",
        "estoy muy sola",
        "ayúdenme",
    ],
)
def test_a_cry_is_told_from_a_request_for_a_person(text: str) -> None:
    assert cries_out(text)


@pytest.mark.parametrize(
    "text",
    [
        "can i talk to a person",
        "nobody answers your phone, have somebody call me",
        "no one is picking up, can i speak with someone",
        "i give up bot, person",
        "nadie contesta, quiero hablar con alguien",
    ],
)
def test_who_wants_to_talk_to_somebody_at_the_practice_cries_not(text: str) -> None:
    assert not cries_out(text)


@pytest.mark.parametrize(
    "text",
    [
        "what is the cancellation fee you charged me",
        "what's your no show policy, I was billed $50",
        "do i have to wear a mask i have covid",
        "are you open today my son has a fever",
        "whats your fax number i need to send fmla due today",
        "can i get my records sent to dr smith",
        "me cobraron por cancelar, ¿cuál es su política?",
        "¿puedo ir sin cita? tengo fiebre",
        "cuál es su número de fax, necesito mandar un papel hoy",
        "pueden mandar mis resultados al doctor Pérez",
    ],
)
def test_a_question_with_the_patients_own_case_beside_it_is_told(text: str) -> None:
    assert tells_of_own_case(text)


@pytest.mark.parametrize(
    "text",
    [
        "do i need an appointment today",
        "i need to know if you are open tomorrow",
        "i have aetna, do you take it",
        "how do i get my records sent to another doctor",
        "how much do you charge for a cleaning",
        "tengo medicaid, ¿lo aceptan?",
    ],
)
def test_a_question_that_anybody_asks_is_nobodys_case(text: str) -> None:
    assert not tells_of_own_case(text)


OF_LAW = """
send the records by friday or we file a motion
we will seek sanctions if the records are not produced
my attorney will be in touch
subpoena for the chart of Lee Ames, attached
You have been subpoenaed to produce records by 5 pm
fix this or you will hear from my lawyer
i will sue you
im suing your office for what you did to my mom
my lawyer will be contacting you
see you in court
I'm taking this to court
I have retained an attorney and I will pursue this
this is a notice of intent to sue
please preserve all records, litigation is coming... litigation hold
forwarding all of these texts to my attorney
im getting a lawyer
talking to a malpractice attorney tomorrow
our counsel will write to you
We represent the estate of John Ames. Failure to respond within 10 days will result in a motion to compel
cease and desist contacting my client
a process server will come by at noon
I'm filing a lawsuit against Dr. Patel
we may be forced to seek damages
next step is legal action
los voy a demandar
voy a demandarlos por lo que le hicieron a mi hijo
mi abogado los va a llamar
van a tener noticias de mi abogado
ya tengo abogado y voy a poner una demanda
voy a hablar con un abogado
tomaré acciones legales
nos vemos en la corte
les mandamos un citatorio para los expedientes
last chance before I lawyer up
""".strip().splitlines()

NOT_OF_LAW = """
Hi this is a paralegal at Boyd & Finch calling for records of a client, where do I send the release
my lawyer needs my records from the accident
This is attorney Mark Webb. I represent your former patient. Send complete chart to our office
I'm a lawyer and can only come after 5
my husband is an attorney, he cant take calls in court
I got a subpoena so I need to move my appointment
i was subpoenaed to testify on tuesday, need to reschedule
I have jury duty that day
my disability attorney needs a letter
my divorce lawyer wants a copy of the bill
can you write a note for court, I missed my hearing
court ordered therapy, do you take new patients
I need to file my taxes, can I get a receipt
how do i file a claim with my insurance
can you move my appointment
My name is Sue Miller
Sue will pick up my glasses
Is Dr. Sue in today
I'm not going to sue anyone I just want my records
no need to get a lawyer, thanks for fixing it
immigration lawyer needs a psych evaluation
personal injury attorney will send the lien letter
do you work with attorneys on letters of protection
my boss is a lawyer and is rude
the lawyer from workers comp will call you
necesito una carta para mi abogado de inmigración
mi abogado del accidente necesita los expedientes
soy abogada, salgo tarde del trabajo
cuánto demanda de tiempo la cirugía
tengo una citación de jurado
motion sickness on the ferry
range of motion is better
my motion exercises hurt
""".strip().splitlines()

FEARS = """
do you report to ICE
do u report to ICE
I have no papers, is it safe to come
do I have to show ID
do I have to show ID or social security number. I am afraid
will you ask for my social
is it safe to come if i am undocumented
are you going to call immigration on me
are there ice agents at the clinic
im scared ICE will be there
I am afraid to come in because of immigration
can I be seen without papers
can you see my mom with no social security number
do you share information with immigration
do you ask about immigration status
will i get deported if i come
my visa expired can i still come
I overstayed my visa
do you work with border patrol
do I need a social security number to be seen
do you treat people who are undocumented
is la migra there
my husband is undocumented and needs a doctor
ustedes reportan a la migra?
soy indocumentada, ¿puedo ir?
no tengo papeles, es seguro ir
piden papeles
tengo miedo de que esté la migra
me van a deportar si voy
tengo que enseñar identificación
¿preguntan por mi estatus migratorio?
atienden a personas sin papeles
necesito tener seguro social para la cita
hay redadas cerca de la clínica
""".strip().splitlines()

NO_FEARS = """
should I ice my knee
can you give me an ice pack
put ice on it and it helped
can i have ice cream after the extraction
how long do I ice it
i lost the papers from my last visit
I have no papers from my old doctor
do i have papers to sign
do I need to bring my ID and insurance card
need an immigration physical for my green card
do you do the I-693 exam
are you a civil surgeon
immigration medical exam cost
my immigration lawyer needs a letter
USCIS form needs a signature
my passport photo id expired
do I need an ID to pick up my glasses
will you call me
do you report results on the portal
will you report this to my insurance
who do I report a change of address to
is it safe to come with a cold
I am afraid of needles
im scared of the dentist
is it legal to drive with one eye
my caller id shows your number
what is my member id
do you need my social for the claim form or just my member id
necesito los papeles del seguro
no tengo los papeles de la referencia
examen médico para la residencia
cuánto cuesta el examen de inmigración
me duele, ¿me pongo hielo?
""".strip().splitlines()


@pytest.mark.parametrize("text", OF_LAW)
def test_a_lawyers_demand_and_a_threat_of_one_are_recognized(text: str) -> None:
    assert speaks_of_law(text)


@pytest.mark.parametrize("text", NOT_OF_LAW)
def test_lawyers_who_want_records_and_cases_against_others_are_no_threat(text: str) -> None:
    assert not speaks_of_law(text)


@pytest.mark.parametrize("text", FEARS)
def test_fear_of_the_authorities_is_recognized(text: str) -> None:
    assert fears_authorities(text)


@pytest.mark.parametrize("text", NO_FEARS)
def test_ice_packs_paperwork_and_immigration_exams_are_no_fear(text: str) -> None:
    assert not fears_authorities(text)


def test_few_messages_that_are_no_complaints_are_taken_for_threats_or_fears() -> None:
    others = [message.text for message in corpus_messages() if message.label != "complaint"]

    assert sum(map(speaks_of_law, others)) <= 0.001 * len(others)
    assert sum(map(fears_authorities, others)) <= 0.001 * len(others)


VISITS_KEPT = """
Don't leave voicemails and don't tell anyone when my appointments are. A man called pretending to be my brother.
please don't tell my ex when my appointment is
do not give my information to anyone who calls
don't share my address with anybody, I moved
if anyone calls asking about me you never saw me, don't tell him I'm a patient
somebody called pretending to be my husband to get my appointment time
a man keeps calling you claiming to be my father
can you put a password on my chart so nobody gets my appointments
no le digan a nadie cuándo son mis citas
por favor no le den mi dirección a nadie
no le digan a mi ex que soy paciente de ustedes
un hombre llamó haciéndose pasar por mi hermano
""".strip().splitlines()
NO_VISITS_KEPT = """
don't tell anyone but I love your office
nobody told me when my appointment is
please tell my husband when my appointment is
you don't tell anyone when the doctor is running late
a man from your office called about my appointment
someone called saying it was the pharmacy
how do I reset my portal password
please don't give my appointment away
don't give my daughter the flu shot
who do I give my insurance information to
no le digan a mi hija, es sorpresa
me llamó un hombre de su oficina
nadie me dijo cuándo es mi cita
""".strip().splitlines()


@pytest.mark.parametrize("text", VISITS_KEPT)
def test_whoever_is_looked_for_asks_in_confidence_too(text: str) -> None:
    assert asks_in_confidence(text)
    assert keeps_visits_secret(text)


@pytest.mark.parametrize("text", NO_VISITS_KEPT)
def test_ordinary_words_about_visits_and_calls_are_no_secret(text: str) -> None:
    assert not keeps_visits_secret(text)


FULL = """
doc if I eat one more turkey leg I'm gonna explode, put me down for the cholesterol police
if I eat another slice of pie I will burst
if i eat one more bite im going to die lol
si me como otro tamal voy a explotar
si como un taco más me muero jaja
""".strip().splitlines()
NOT_FULL = """
if I eat anything I throw up
if i eat one more thing i'm going to die
my stomach feels like it will burst
if I eat peanuts my throat closes
if he hits me one more time I'll explode
I feel like I'm going to explode with rage
si como algo vomito
me voy a morir
""".strip().splitlines()


@pytest.mark.parametrize("text", FULL)
def test_whoever_jokes_that_they_are_full_jokes(text: str) -> None:
    assert jokes_of_eating(text)


@pytest.mark.parametrize("text", NOT_FULL)
def test_what_may_be_meant_is_no_joke(text: str) -> None:
    assert not jokes_of_eating(text)


def test_no_emergency_of_the_training_messages_is_taken_for_either() -> None:
    emergencies = [message.text for message in corpus_messages() if message.level is TriageLevel.EMERGENCY]

    assert sum(jokes_of_eating(text) for text in emergencies) == 0
    assert sum(keeps_visits_secret(text) for text in emergencies) <= 0.001 * len(emergencies)


@pytest.mark.parametrize(
    "text",
    [
        "can u tell me if my daughter came in for a pregnancy test. shes 16 and i pay the insurance",
        "did my son come in today? he's 15",
        "me puede decir si mi hija fue por anticonceptivos, tiene 16",
        "please dont give my ex the portal password. also olivia's wart, does that need a referral",
        "no le den la contraseña del portal a mi ex",
    ],
)
def test_a_parent_who_asks_of_a_teenager_and_a_guarded_portal_are_for_a_person(text: str) -> None:
    assert asks_in_confidence(text)


@pytest.mark.parametrize(
    "text",
    [
        "when is my daughter's appointment? she's 16",
        "my son is 14 and needs a sports physical",
        "my daughter came in yesterday and her ear still hurts, she is 4",
        "can you give my wife the portal password please",
        "mi hija tiene 15 y le duele la garganta",
    ],
)
def test_a_parent_with_an_ordinary_matter_is_not(text: str) -> None:
    assert not asks_in_confidence(text)


HOW_TO = [
    "Your phone number asks me to call. I can not call. What to do if emergency",
    "what do i do in an emergency after hours",
    "who do i call if theres an emergency at night",
    "¿qué hago si hay una emergencia de noche?",
    "a quién llamo en una emergencia",
]
NOT_HOW_TO = ["this is an emergency what do i do", "what do i do he is having a seizure", "es una emergencia qué hago"]


@pytest.mark.parametrize("text", HOW_TO)
def test_who_only_asks_what_to_do_in_an_emergency_needs_a_surer_alarm(text: str) -> None:
    assert needs_surer_alarm(text)


@pytest.mark.parametrize("text", NOT_HOW_TO)
def test_who_has_one_does_not(text: str) -> None:
    assert not needs_surer_alarm(text)
