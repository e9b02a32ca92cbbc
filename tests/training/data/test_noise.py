from __future__ import annotations

from random import Random

import pytest

from training.data.noise import add_noise

MESSAGE = "Hi, I'm a patient of yours. Can you please tell me when my appointment is tomorrow? Thank you!"
CHANNELS = ("sms", "voicemail", "chat", "web_form", "email")


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("text", [MESSAGE, "ok", "?!", "C", "a b", "dolor 9/10 🙂", "' '"])
def test_no_message_is_emptied(text: str, channel: str) -> None:
    assert all(add_noise(text, channel, Random(seed)).strip() for seed in range(200))


@pytest.mark.parametrize("channel", CHANNELS)
def test_the_same_generator_state_gives_the_same_noise(channel: str) -> None:
    assert add_noise(MESSAGE, channel, Random(3)) == add_noise(MESSAGE, channel, Random(3))
    assert len({add_noise(MESSAGE, channel, Random(seed)) for seed in range(50)}) > 30


@pytest.mark.parametrize("channel", CHANNELS)
def test_most_of_the_words_survive(channel: str) -> None:
    words = {"patient", "appointment", "tomorrow"}
    kept = [len(words & set(add_noise(MESSAGE.lower(), channel, Random(s)).split())) for s in range(300)]
    assert sum(kept) > len(words) * 300 / 2


def test_no_number_is_touched_by_a_typo() -> None:
    assert all("103.2" in add_noise("fever of 103.2 since noon", "sms", Random(seed)) for seed in range(300))


def test_only_a_recogniser_adds_fillers() -> None:
    def hesitant(channel: str) -> int:
        return sum(" um " in add_noise(MESSAGE, channel, Random(seed)) for seed in range(200))

    assert hesitant("voicemail") > 0
    assert hesitant("email") == 0


def test_only_a_writer_shortens_words() -> None:
    def shortened(channel: str) -> int:
        return sum("appt" in add_noise(MESSAGE, channel, Random(seed)).lower() for seed in range(200))

    assert shortened("sms") > 0
    assert shortened("voicemail") == 0
