"""Patients who don't hear or speak on the phone are known by their words."""

from __future__ import annotations

import pytest

from classifier.contact.text_only import is_text_only

TEXT_ONLY = [
    "I am deaf. Text only please. Need to know if interpreter will be there Dec 9 10am",
    "I can't hear on the phone anymore even w/ my aids so texting is best",
    "Had my voice box removed in 2019 so calls are no use to me. Text about the refill whenever.",
    "i am hard of hearing, i dont know what the voicemail says. write it out here pls",
    "Pain behind breast bone. Can not call. Please text me",
    "Soy sorda, por favor solo por texto",
    "no puedo hablar ni oír, solo texto",
    "No oigo bien por teléfono, mejor escríbame",
    "Me operaron de la garganta y no puedo hablar por tres semanas. Mándeme mensaje",
]
CALLED = [
    "I cant talk now, text me",
    "don't call, I'm at work, text is better",
    "Call requested. I'm hard of hearing, so please let it ring and speak up.",
    "how do i sign up",
    "I'm deaf in one ear, is that from the infection",
    "my mom is deaf, do you have an interpreter",
    "ahorita no puedo hablar, mándeme mensaje",
    "la niña no oye bien de un oído desde ayer",
    "I haven't heard back from you",
]


@pytest.mark.parametrize("text", TEXT_ONLY)
def test_these_cannot_be_called(text: str) -> None:
    assert is_text_only(text)


@pytest.mark.parametrize("text", CALLED)
def test_these_can(text: str) -> None:
    assert not is_text_only(text)
