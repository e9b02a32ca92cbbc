"""Who asks if a robot answers gets a true answer, so the question must be known, and nothing else taken for it."""

from __future__ import annotations

import pytest

from classifier.rules.robot_questions import robot_language

ENGLISH = [
    "are you a real person or a bot",
    "ARE YOU A ROBOT",
    "am i talking to a human",
    "are you a robot?",
    "r u a bot",
    "are u real",
    "is this a bot?",
    "is this a real person",
    "Is this an automated message?",
    "hi, am I talking to a real person or a computer?",
    "am i chatting with ai",
    "is there a real person reading this?",
    "is anyone actually reading this or is this a bot",
    "is a human reading my messages",
    "does a real person read these",
    "ok but are you human",
    "wait are you a bot lol",
    "you're a robot, aren't you?",
    "real person?",
    "bot?",
    "Are you an AI?",
    "are you chatgpt",
    "are you real or a robot",
    "whos this",
    "Who is this?",
    "who dis",
    "new phone who dis",
    "sorry, who's this?",
    "who are you",
    "who r u",
    "who's texting me",
    "who am I talking to?",
    "whose number is this",
    "what office is this?",
]
SPANISH = [
    "eres un robot?",
    "¿Es usted una persona o un robot?",
    "estoy hablando con una persona real",
    "¿Estoy hablando con un robot?",
    "es un bot",
    "es una máquina?",
    "¿me contesta una persona?",
    "oiga, ¿es usted una persona de verdad?",
    "¿hay una persona ahí?",
    "hablo con una persona?",
    "¿quién es?",
    "quien eres",
    "disculpe, ¿quién habla?",
    "quién me escribe?",
    "¿con quién hablo?",
    "de quien es este numero",
    "¿de dónde me escriben?",
]
OTHERS = [
    "are you a real person? my chest hurts",
    "are you a doctor",
    "are you open",
    "is this Dr. Patel",
    "is this an emergency",
    "can a real person answer me",
    "are you there",
    "my son swallowed a robot",
    "is this a real appointment",
    "is my mom there",
    "is there a person who speaks spanish",
    "are you accepting new people",
    "I feel like a robot",
    "I am not a robot",
    "is it real",
    "is this real",
    "is anyone there",
    "is there anybody here",
    "are you an assistant",
    "are you the woman who called me",
    "who is this for",
    "who is the doctor",
    "who are you sending my records to",
    "who is this bill from",
    "whos this? my chest hurts",
    "¿quién es la doctora?",
    "quien es el dentista de los sabados",
    "¿de dónde es el dolor?",
    "eres doctor?",
    "es una emergencia",
    "es una persona mayor",
    "¿es usted la doctora?",
    "hay una persona enferma aquí",
    "thanks",
    "ok",
    "",
]


@pytest.mark.parametrize("text", ENGLISH)
def test_english_questions_if_a_robot_answers(text: str) -> None:
    assert robot_language(text) == "en"


@pytest.mark.parametrize("text", SPANISH)
def test_spanish_questions_if_a_robot_answers(text: str) -> None:
    assert robot_language(text) == "es"


@pytest.mark.parametrize("text", OTHERS)
def test_what_asks_or_says_anything_else(text: str) -> None:
    assert robot_language(text) is None
