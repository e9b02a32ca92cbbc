"""What sets a danger aside governs its own clause only: people write without commas and say two things at once."""

from __future__ import annotations

import pytest

from classifier.rules.screen import Screening, screen_text
from intake.vocabulary import DangerKind

HAPPENING = """
my wife is having chest pain she had a heart attack 2 years ago
hi this is linda my husband is having chest pain and sweating a lot he had a bypass about 3 years ago please call
my husband is having chest pain down his arm, had bypass last year
slurred speech and arm weak she had a stroke last year
my dad is unresponsive he had a stent put in last year
she isnt breathing right she had pneumonia in january and wont wake up
my baby has blue lips, she was born in august
newborn unresponsive born in december
my daughter had a seizure last month and is having another one
my appt is in june but my mom is having a stroke
seizing, history of epilepsy
he cant breathe we lost his brother in 2019
grandpa is having a heart attack he used to be a patient of yours
mi papa no despierta, le dio un derrame el año pasado
mi mama no despierta tuvo un infarto hace 2 años
mi papá no respira lo operaron hace tres años
how much is an er visit cant breathe
how much does an ambulance cost my dad collapsed and wont wake up
what is the price of a visit my son is having a seizure
my baby is limp he was fine this morning
dad is having a stroke he was fine an hour ago
she wont wake up she was fine last night
my throat is closing the epipen was supposed to help
he cant breathe, had been fine until tonight
throwing up blood has been fine since surgery until tonight
""".strip().splitlines()

NOT_DENIED = """
therapy didnt help want to die
you never called back gonna kill myself
zoloft isnt working suicidal and i want to die
no sleep for days going to kill myself
you didnt answer going to kill myself
i never got my refill so i took all my pills
never had this before throat closing
no insurance having a stroke
no fever seizing
no warning he is unconscious
no luck with inhaler cant breathe
no my baby isnt breathing
sin el me quiero matar
no contestan no respira mi bebe
""".strip().splitlines()

DENIED = """
not had any chest pain
no chest pain, no trouble breathing
he isnt having a seizure
shes not having a stroke, just tired
no i dont want to die
i dont ever want to kill myself
i have never wanted to kill myself
not saying i want to die
never took all my pills
denies wanting to die
he isnt having any trouble breathing anymore
i dont have a plan or want to die
no fever, chills or throat closing
no se quiere morir
no me quiero matar
nunca me he querido matar
""".strip().splitlines()

PAST = """
had a stroke in 2011 and see dr lee every year
i had a heart attack when i was in the army 20 years ago
she has trouble talking since she had a stroke last year
he stopped breathing as a baby, all good since
she used to pass out and was unresponsive as a child
tuvo convulsiones de niño
""".strip().splitlines()

ENDED = """
he fainted tuesday but was fine after, can he play saturday
the chest pain went away, do you want me to come in
chest pain turned out to be gas
""".strip().splitlines()

ASSAULTED = """
i was raped
i was drugged and raped last night
someone raped my daughter
my daughter was molested
i was sexually assaulted
my boyfriend raped me
me violaron
me violaron anoche
abusaron de mi hija
""".strip().splitlines()

ASSAULTED_LONG_AGO = """
i was raped in college and talk about it with my therapist
i was molested as a child, do you have a female dentist
do you have someone for sexual trauma, i was raped years ago
this bill raped me lol
me violaron de niña y busco terapia
""".strip().splitlines()

AS_TOLD = """
my dog ate my pills, need early refill
dog ate my meds need replacement
the puppy just got into my xanax, can you refill it
took the whole pack of prednisone and rash is back
he took all his medicine like a champ
i took the full bottle of mag citrate for colonoscopy prep
she took all of them like you said
blue lips from popsicle lol
""".strip().splitlines()


@pytest.mark.parametrize("text", ASSAULTED)
def test_who_was_raped_or_a_molested_child_is_an_emergency(text: str) -> None:
    assert screen_text(text).certain is DangerKind.OTHER


@pytest.mark.parametrize("text", ASSAULTED_LONG_AGO)
def test_an_assault_long_ago_is_no_certain_danger(text: str) -> None:
    assert screen_text(text).certain is None


@pytest.mark.parametrize("text", AS_TOLD)
def test_a_pet_a_course_taken_as_told_or_a_stain_is_no_certain_danger(text: str) -> None:
    assert screen_text(text).certain is None


@pytest.mark.parametrize("text", ["took the whole pack of prednisone", "she took all of them like you said"])
def test_a_whole_course_is_for_the_network_to_judge(text: str) -> None:
    assert screen_text(text) == Screening(possible=DangerKind.INGESTION)


@pytest.mark.parametrize(
    ("text", "possible"),
    [
        ("no voy a estar el lunes", None),
        ("no voy a estar disponible esa semana", None),
        ("ya no voy a estar el lunes", DangerKind.SELF_HARM),
        ("no voy a estar aqui mas", DangerKind.SELF_HARM),
        ("this bill is going to kill me", None),
        ("he is going to kill me", DangerKind.OTHER),
    ],
)
def test_an_absence_or_a_bill_is_no_farewell_and_no_threat(text: str, possible: DangerKind | None) -> None:
    assert screen_text(text) == Screening(possible=possible)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("no puedo mas me quiero matar", "es"),
        ("me violaron", "es"),
        ("tome veneno", "es"),
        ("no puedo mas", "es"),
        ("I want to die", "en"),
        ("I feel suicidal, call Maria de la Cruz", "en"),
        ("can I move my cleaning", None),
    ],
)
def test_the_screen_says_in_which_language_it_found_a_danger(text: str, language: str | None) -> None:
    assert screen_text(text).language == language


@pytest.mark.parametrize("text", HAPPENING)
def test_a_past_a_price_or_a_better_hour_in_another_clause_does_not_hide_what_is_happening(text: str) -> None:
    assert screen_text(text).certain is not None


@pytest.mark.parametrize("text", NOT_DENIED)
def test_a_denial_does_not_swallow_the_clause_after_it(text: str) -> None:
    assert screen_text(text).certain is not None


@pytest.mark.parametrize("text", DENIED)
def test_a_denial_of_the_danger_itself_sets_it_aside(text: str) -> None:
    assert screen_text(text).certain is None


@pytest.mark.parametrize("text", PAST)
def test_a_past_in_the_clause_of_a_danger_sets_it_aside(text: str) -> None:
    assert screen_text(text).certain is None


@pytest.mark.parametrize("text", ENDED)
def test_what_is_over_is_no_certain_danger(text: str) -> None:
    assert screen_text(text).certain is None


@pytest.mark.parametrize(
    "text",
    [
        "he passed out and was unresponsive last week he had surgery in 2019",
        "she stopped breathing she had the flu last year",
    ],
)
def test_a_certain_danger_told_in_the_past_beside_a_history_is_for_the_network_to_judge(text: str) -> None:
    assert screen_text(text) == Screening(possible=DangerKind.OTHER)
