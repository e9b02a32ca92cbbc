"""The screen: danger is found in the words patients use, and ordinary messages stay ordinary."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.rules.screen import Screening, is_urgent, read_if_urgent, screen_text
from classifier.text.shortening import MOST_CHARACTERS
from intake.vocabulary import DangerKind
from tests.classifier import corpus
from tests.classifier.hostile import HOSTILE_TEXTS


@pytest.mark.parametrize(
    "text",
    [
        "can't breathe",
        "I can’t catch my breath even sitting still",
        "My son is wheezing and his inhaler isn't helping",
        "call me NOW he's choking",
        "my lips are turning blue",
        "throat is closing up after eating shrimp",
        "my tongue and lips are swelling after the antibiotic",
        "hives all over and trouble swallowing",
        "I'm having crushing chest pain",
        "my chest feels like someone is sitting on it",
        "heart rate is 180 and won't go down",
        "coughing up blood",
        "dad's face is drooping and he can't talk right",
        "my left arm went numb all of a sudden and my speech is slurred",
        "worst headache of my life",
        "mom is confused and doesn't know where she is, started an hour ago",
        "he won't wake up",
        "she had a seizure this morning and is still out of it",
        "I passed out twice today",
        "the bleeding won't stop, it's been an hour",
        "soaked through 5 gauze since the extraction",
        "black tarry stools and dizzy",
        "My tooth got knocked out 10 minutes ago, it's in milk",
        "I want to kill myself",
        "i don't want to live anymore",
        "everyone would be better off without me",
        "I have the pills in front of me",
        "I took a whole bottle of tylenol",
        "my toddler swallowed a button battery",
        "blood sugar is 42 and shaky",
        "bleach splashed in my eye",
        "sudden loss of vision in my right eye",
        "I see flashes of light and a curtain over my vision",
        "my 3 week old has a fever of 101",
        "newborn hasn't had a wet diaper all day",
        "I haven't felt the baby move since yesterday, 34 weeks",
        "pounding headache, blurry vision, 36 weeks pregnant",
        "My son woke up with terrible pain in one testicle",
        "numbness in my groin and can't pee",
        "fever and stiff neck and the light hurts my eyes",
        "red streaks going up my arm with fever and chills",
        "fell off a ladder, hit his head and is vomiting",
        "my husband hit me and I'm scared to go home",
        "voices are telling me to hurt my baby",
    ],
)
def test_danger_is_found(text: str) -> None:
    assert is_urgent(text)


@pytest.mark.parametrize(
    "text",
    [
        # Denied.
        "no chest pain or shortness of breath, just a cold",
        "sore knee. not short of breath, no fever",
        "looking for a therapist for anxiety, not suicidal",
        "no fever, chills or chest pain",
        # Long past.
        "had a stroke in 2015, looking for a new doctor",
        "my dad died of a heart attack years ago, do I need screening?",
        "I had trouble breathing as a child",
        # Over.
        "chest pain turned out to be reflux",
        # Only spoken of.
        "do you treat chest pain or should I see a cardiologist",
        "read that whitening can cause tongue swelling",
        "does botox make your face droop",
        "price for removing purple spots",
        # A manner of speaking.
        "I'd die for an earlier appointment lol",
        "this bill nearly gave me a heart attack",
        "your wait time is killing me",
        "my back is killing me, any appointment this week?",
        # Everyday.
        "need a refill of my inhaler",
        "gums bleed a little when I floss",
        "I have mild headaches in the afternoon",
        "cant talk right now, text me",
        "fever is gone, can he go back to school",
        "the numbing wore off fine, what is the number for billing",
        "my husband is outside in the car, can he come in with me?",
        "do you do same day emergency appointments",
        "",
    ],
)
def test_ordinary_messages_raise_no_alarm(text: str) -> None:
    assert not is_urgent(text)


@pytest.mark.parametrize(
    "text",
    [
        "please update my chart, I have crushing chest pain and can't breathe",
        "how much is an ambulance, my husband is having a heart attack",
        "how much is an ambulance my husband is having a heart attack",
    ],
)
def test_what_else_is_asked_in_the_same_breath_does_not_hide_a_danger(text: str) -> None:
    assert is_urgent(text)


@pytest.mark.parametrize(
    "text",
    [
        "no fever but my chest hurts",
        "I had a heart attack in 2015 and now I have chest pain again",
        "not sure if this matters, my chest hurts",
        "no one is answering and I can't breathe",
        "the rash went away. now my throat is swelling",
    ],
)
def test_what_sets_one_sign_aside_does_not_hide_another(text: str) -> None:
    assert is_urgent(text)


def test_a_common_sign_alone_is_no_alarm_and_two_of_different_kinds_are() -> None:
    assert not is_urgent("I've been vomiting")
    assert not is_urgent("I feel dizzy and lightheaded")
    assert is_urgent("I've been vomiting and I feel dizzy")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("I want to die", DangerKind.SELF_HARM),
        ("I’m going to end it tonight", DangerKind.SELF_HARM),
        ("my son says he wants to die", DangerKind.SELF_HARM),
        ("i cut too deep this time", DangerKind.SELF_HARM),
        ("the gun is in my lap", DangerKind.SELF_HARM),
        ("me quiero morir", DangerKind.SELF_HARM),
        ("YA NO QUIERO SEGUIR VIVIENDO", DangerKind.SELF_HARM),
        ("I took all my pills", DangerKind.INGESTION),
        ("my toddler swallowed a battery", DangerKind.INGESTION),
        ("me tomé todas las pastillas", DangerKind.INGESTION),
        ("se trago una pila", DangerKind.INGESTION),
        ("my baby isn't breathing", DangerKind.OTHER),
        ("can't breathe and lips are blue", DangerKind.OTHER),
        ("grandma is having a stroke", DangerKind.OTHER),
        ("mi mamá no despierta", DangerKind.OTHER),
        ("se le cayó media cara", DangerKind.OTHER),
        ("me desmaye y estoy embarazada", DangerKind.OTHER),
    ],
)
def test_an_explicit_statement_is_an_emergency_whatever_the_network_says(text: str, kind: DangerKind) -> None:
    assert screen_text(text) == Screening(certain=kind)


@pytest.mark.parametrize(
    "text",
    [
        "what is a lethal dose of ambien",
        "lethal dose of ambien?",
        "whats the fatal dose for tylenol",
        "how much metoprolol is a deadly dose for 140 pounds",
        "at what dose is ambien lethal",
        "how many ambien would kill",
        "how many of my klonopin would kill a grown man",
        "will 40 xanax be fatal",
        "which pills are most dangerous to overdose on",
        "what meds are easiest to od on",
        "how many advil to not wake up",
        "how many unisom so i dont wake up",
        "¿cuál es la dosis letal de ambien?",
        "dosis mortal de clonazepam",
        "cuántas pastillas se necesitan para morir",
        "cuántas tylenol para no despertar",
        "cuánto ambien es letal",
        "qué pastillas son las más peligrosas para una sobredosis",
        "the voices keep telling me to do it",
        "he hears voices that tell him to hurt people",
        "the voices say do it",
        "las voces me dicen que lo haga",
        "oye voces que le dicen que se lastime",
        "would anyone notice if I was gone",
        "does anybody even care if i'm gone",
        "would anyone care if I died",
        "nobody would notice if i disappeared",
        "nadie se daría cuenta si ya no estuviera",
        "a alguien le importaría si me muero",
    ],
)
def test_what_asks_for_a_way_to_die_or_hears_orders_is_self_harm(text: str) -> None:
    assert screen_text(text) == Screening(certain=DangerKind.SELF_HARM)


@pytest.mark.parametrize(
    "text",
    [
        "I hit my head and I take eliquis",
        "mom fell and hit the back of her head. She takes warfarin, should we come in?",
        "my dad is on blood thinners and he bumped his head on the cabinet",
        "he fell on his head, he's on plavix",
        "I'm on Xarelto. I banged my head this morning and have a small lump",
        "me pegué en la cabeza y tomo warfarina",
        "mi papá toma anticoagulantes. Se cayó y se golpeó la cabeza",
    ],
)
def test_a_blow_to_the_head_of_somebody_on_a_blood_thinner_is_an_emergency(text: str) -> None:
    assert screen_text(text) == Screening(certain=DangerKind.OTHER)


@pytest.mark.parametrize(
    "text",
    [
        "my son drank some of the pool stuff",
        "my 2 yr old swallowed a little of the cleaner",
        "my daughter ate a dishwasher detergent pod",
        "the baby licked the toilet bowl cleaner",
        "my toddler got a mouthful of pool chlorine",
        "my kid ate one of the fridge magnets",
        "my 3yo drank antifreeze",
        "el niño se tomó un poco de lo de la alberca",
        "mi hijo bebió líquido de limpieza",
        "mi hija se tragó un imán",
    ],
)
def test_a_child_who_swallowed_a_household_poison_is_an_ingestion(text: str) -> None:
    assert screen_text(text) == Screening(certain=DangerKind.INGESTION)


@pytest.mark.parametrize("file", ["harmless_lines.txt", "bare_messages.txt"])
def test_ordinary_lines_with_the_same_words_are_no_certain_danger(file: str) -> None:
    lines = Path(__file__).with_name(file).read_text(encoding="utf-8").splitlines()

    assert len(lines) >= 60
    assert [line for line in lines if screen_text(line).certain] == []


@pytest.mark.parametrize(
    "text",
    [
        "I want to die, haha",
        "please update my chart, I want to kill myself",
        "I was fine yesterday but I want to die",
        "my husband died two years ago and I want to die",
        "I am not ok I want to die",
        "nobody can help, no friends left, I want to kill myself",
        "I'd like to move my cleaning to Friday. How much is a crown? Also I want to die. Thanks!",
        "I took all my pills, I read that it can be slow",
    ],
)
def test_what_else_is_said_does_not_talk_the_screen_out_of_an_explicit_statement(text: str) -> None:
    assert screen_text(text).certain is not None


@pytest.mark.parametrize(
    "text",
    [
        "I'm dying to see you",
        "I'd kill for a sooner slot",
        "I almost died of embarrassment",
        "this portal makes me want to die",
        "I don't want to die or anything, just tired",
        "looking for help, not suicidal",
        "me muero de risa",
        "me muero por una cita",
        "vengo muerto de hambre",
        "murió mi perro",
        "casi me da un infarto con la cuenta",
        "sin dolor de pecho",
    ],
)
def test_figures_of_speech_and_denials_are_no_emergency(text: str) -> None:
    assert screen_text(text).certain is None


@pytest.mark.parametrize(
    "text",
    ["everyone is better off without me", "he gave away his guitar", "my tongue is swollen", "ya escribí las cartas"],
)
def test_an_ambiguous_sign_needs_the_network(text: str) -> None:
    found = screen_text(text)

    assert found.certain is None
    assert found.possible is not None


@pytest.mark.parametrize(
    "text",
    [
        "my wife couldn't wake me up. the medics came and gave me sugar",
        "He was unconscious and was flown to Denver",
        "his throat has closed as a young man in the Navy",
        "I overdosed five times, three with Narcan",
        "she stopped breathing. it turned out to be a faint",
        "se le torció la boca. resultó una parálisis y se recuperó",
    ],
)
def test_a_danger_told_as_a_story_is_no_certain_one(text: str) -> None:
    assert screen_text(text).certain is None


@pytest.mark.parametrize(
    "text",
    [
        "she stopped breathing just now",
        "he had a seizure in August and now he won't wake up",
        "he was fine at lunch and now his face droops and he can't talk",
        "I want to die. I got discharged in August",
    ],
)
def test_what_is_happening_is_certain_whatever_is_told(text: str) -> None:
    assert screen_text(text).certain is not None


@pytest.mark.parametrize("text", ["me quiero morir jaja", "me quiero morir de la pena", "el inspector me va a matar"])
def test_hyperbole_in_spanish_is_no_certain_danger(text: str) -> None:
    assert screen_text(text).certain is None


def test_of_several_dangers_self_harm_comes_first_then_an_ingestion() -> None:
    assert screen_text("I can't breathe and I took all my pills") == Screening(certain=DangerKind.INGESTION)
    assert screen_text("I took all my pills and I want to die") == Screening(certain=DangerKind.SELF_HARM)
    assert screen_text("my tongue is swollen and he gave away his guitar") == Screening(possible=DangerKind.SELF_HARM)


def test_a_certain_danger_comes_before_a_possible_one_of_another_kind() -> None:
    assert screen_text("he gave away his guitar. he can't breathe") == Screening(certain=DangerKind.OTHER)


def test_weak_signs_of_one_danger_make_a_possible_danger_of_that_kind() -> None:
    assert screen_text("I have the pills. I left a note") == Screening(possible=DangerKind.SELF_HARM)
    assert screen_text("vomiting and dizzy") == Screening(possible=DangerKind.OTHER)
    assert screen_text("vomiting. I left a note") == Screening()


def test_weak_signs_count_together_only_if_they_are_close() -> None:
    between = "We moved here in the spring and like the town, the park and the school very much, and so do the kids. "

    assert is_urgent("He is vomiting. He is dizzy.")
    assert not is_urgent(f"He was vomiting. {between * 2}He is dizzy.")


@pytest.mark.parametrize(
    "spelling", ["Se tragó una pila", "SE TRAGO UNA PILA", "se trago\u0301 una pila", "se trago una pila"]
)
def test_spanish_is_understood_with_and_without_accents(spelling: str) -> None:
    assert screen_text(spelling) == Screening(certain=DangerKind.INGESTION)


@given(st.text(st.characters(codec=None), max_size=300))
def test_any_text_can_be_screened(text: str) -> None:
    found = screen_text(text)

    assert found.certain is None or found.possible is None


@given(st.text(max_size=60), st.text(max_size=60))
def test_an_explicit_statement_in_a_sentence_of_its_own_is_found_among_any_others(before: str, after: str) -> None:
    assert screen_text(f"{before}. I want to kill myself. {after}").certain is DangerKind.SELF_HARM


@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS.keys())
def test_hostile_text_raises_no_alarm(text: str) -> None:
    assert not is_urgent(text)


@pytest.mark.parametrize("word", ["cant", "no", "took", "the eye", "he", "pain", "1", "soaked", "the vision is bad."])
def test_a_huge_repetitive_text_is_read_to_its_end(word: str) -> None:
    # A pattern that backtracks without bound would not come back from these.
    assert not is_urgent(f"{word} " * (100_000 // (len(word) + 1)))
    assert is_urgent(f"{word} " * (100_000 // (len(word) + 1)) + ". I cant breathe")


@pytest.mark.parametrize(
    ("first", "least_found", "most_alarms"),
    [
        # The table was written from the even lines of the file; the odd ones are the honest measure of what it finds
        # in messages nobody looked at, half of which hide the danger in a message about something else.
        pytest.param(1, 0.90, 0.02, id="seen lines"),
        pytest.param(0, 0.48, 0.06, id="unseen lines"),
    ],
)
def test_recall_and_false_alarms_on_the_urgency_corpus(first: int, least_found: float, most_alarms: float) -> None:
    lines = list(corpus.urgency_lines())[first::2]
    urgent = [line for line in lines if line.kind == "urgent"]
    near_misses = [line for line in lines if line.kind == "near miss"]

    found = sum(is_urgent(line.text) for line in urgent) / len(urgent)
    alarms = sum(is_urgent(line.text) for line in near_misses) / len(near_misses)

    assert found >= least_found
    assert alarms <= most_alarms


def test_everyday_messages_seldom_raise_an_alarm() -> None:
    everyday = [line for line in corpus.intent_lines() if line.kind not in {"clinical_concern", "complaint"}][::3]

    alarms = sum(is_urgent(line.text) for line in everyday)

    assert alarms / len(everyday) <= 0.005


def test_a_text_of_any_length_is_read_as_far_as_it_may_tell_of_danger() -> None:
    at_length = f"{'I like your office. ' * MOST_CHARACTERS}I can't breathe"

    assert read_if_urgent("I can't breathe") == "I can't breathe"
    assert len(read_if_urgent(at_length) or "") <= MOST_CHARACTERS + 3
    assert read_if_urgent("I like your office. " * MOST_CHARACTERS) is None
