from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random

import pytest

from tests.training.data.spans.entity_corpus import entity_messages
from training.data.corpus import CORPUS
from training.data.rendering import SLOTS as INTENT_SLOTS
from training.data.rendering import SlotError
from training.data.spans.messages import SpanMessage
from training.data.spans.rendering import Slotted, render_spans
from training.data.spans.setting import Values, is_held_out, read_values
from training.data.spans.slots import SLOTS, read_kinds

TRAINING = Values(held_out=False)
VALIDATION = Values(held_out=True)


def values(slot: str, channel: str = "sms", count: int = 300, *, spanish: bool = False, around: str = "{}") -> set[str]:
    return set(several(slot, channel, count, spanish=spanish, around=around))


def several(slot: str, channel: str, count: int, *, spanish: bool, around: str) -> Iterator[str]:
    for seed in range(count):
        rendered = render_spans(around.format(f"{{{slot}}}"), channel, Random(seed), TRAINING, spanish=spanish)
        ((start, end, _),) = rendered.spans
        yield rendered.text[start:end]


@pytest.fixture(scope="module")
def messages() -> tuple[SpanMessage, ...]:
    return entity_messages()


def values_of(rendered: Slotted) -> list[str]:
    return [rendered.text[start:end] for start, end, _ in rendered.spans]


def test_every_slot_has_a_kind_and_every_slot_of_the_intent_model_is_known() -> None:
    assert set(read_kinds()) == set(SLOTS)
    assert set(SLOTS) >= INTENT_SLOTS


def test_every_line_of_the_entity_files_is_filled_and_every_value_has_its_place(
    messages: tuple[SpanMessage, ...],
) -> None:
    own = [message for message in messages if message.writer in ("entities", "entities_b", "entities_c", "identifiers")]
    assert len(own) > 3000
    for number, message in enumerate(own):
        rendered = render_spans(message.text, message.channel, Random(number), TRAINING, noise=0.3)
        assert not re.search(r"\{\w+\}", rendered.text)
        assert [slot for *_, slot in rendered.spans] == re.findall(r"\{(\w+)\}", message.text)
        assert all(value.strip() == value for value in values_of(rendered))


def test_an_unknown_slot_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SlotError, match=r"shoe_size is not a known slot: use one of .*zip"):
        render_spans("my size is {shoe_size}", "sms", Random(0), TRAINING)


def test_the_same_generator_state_gives_the_same_text() -> None:
    text = "{full_name} {dob} {phone} {email} {address} {employer}"
    first, second, other = (render_spans(text, "email", Random(seed), TRAINING, noise=0.9) for seed in (5, 5, 6))
    assert first == second != other


def test_training_and_validation_fill_slots_with_no_name_street_or_employer_in_common() -> None:
    for listed in ("first_names", "last_names", "streets", "employers"):
        everything = {value for group in read_values(CORPUS, listed).values() for value in group}
        held_out = {value for value in everything if is_held_out(value)}
        assert 0.1 < len(held_out) / len(everything) < 0.25
        seen = {TRAINING.pick(listed, Random(seed)) for seed in range(300)}
        unseen = {VALIDATION.pick(listed, Random(seed)) for seed in range(300)}
        assert seen <= everything - held_out
        assert unseen <= held_out


@pytest.mark.parametrize(
    "form",
    [
        r"\d{1,2}/\d{1,2}", r"[A-Z][a-z]+ \d{1,2}", r"the \d{1,2}(?:st|nd|rd|th)", r"\d{4}-\d\d-\d\d",
        r"[A-Z][a-z]{2}\. \d{1,2}",
    ],
)  # fmt: skip
def test_dates_are_written_in_many_ways(form: str) -> None:
    assert any(re.fullmatch(form, value) for value in values("date"))


@pytest.mark.parametrize(
    "form",
    [
        r"oh [a-z]+ [a-z]+ [a-z]+ty(?: [a-z]+)?", r"the [a-z]+ of [A-Z][a-z]+ nineteen [a-z ]+",
        r"[A-Z][a-z]+ [a-z]+ [a-z]+ty-[a-z]+", r"[a-z]+ [a-z]+ [a-z]+ty [a-z]+", r"[a-z]+ [A-Z][a-z]+ nineteen [a-z ]+",
        r"nineteen [a-z ]+ [A-Z][a-z]+ [a-z]+",
    ],
)  # fmt: skip
def test_a_voicemail_says_birth_dates_in_every_order(form: str) -> None:
    assert any(re.fullmatch(form, value, re.IGNORECASE) for value in values("dob", "voicemail", 1500))


@pytest.mark.parametrize(
    "form", [r"el \w+ de \w+ del? [a-z ]+", r"\w+ de \w+ del (?:\w+ta y \w+)", r"cero \w+ \w+ [a-z ]+"]
)
def test_a_spanish_voicemail_does_so_too(form: str) -> None:
    assert any(re.fullmatch(form, value) for value in values("dob", "voicemail", 1500, spanish=True))


def test_names_are_spelled_with_words_and_with_doubled_letters() -> None:
    spelled = values("spelled_name", "voicemail", 1500)
    assert any(len(re.findall(r"\b(?:as in|like|for)\b", value, re.IGNORECASE)) > 1 for value in spelled)
    assert any(re.search(r"\b(?:double|two) [a-z]\b", value, re.IGNORECASE) for value in spelled)


def test_spoken_amounts_may_lack_the_word_for_money() -> None:
    assert any(re.fullmatch(r"[a-z]+ty(?: [a-z]+)?", value) for value in values("amount", "voicemail", 600))


def test_a_voicemail_has_no_abbreviated_streets() -> None:
    assert not any(re.search(r"\b(?:St|Ave|Rd|Apt|Ste)\b", value) for value in values("address", "voicemail", 200)
                   if not re.match(r"\d+ [A-Z][a-z]+ [A-Z]", value))  # fmt: skip


def test_marked_values_stay_or_give_way_to_others_of_their_kind() -> None:
    text = "I'm [[NAME|Bo Lee]], [[DOB|ninety three]], call [[PHONE|555-0142]], card [[ID|4471]]"
    rendered = [render_spans(text, "sms", Random(seed), TRAINING) for seed in range(60)]
    for found in rendered:
        assert [slot for *_, slot in found.spans] == ["NAME", "DOB", "PHONE", "ID"]
        assert values_of(found)[1::2] == ["ninety three", "4471"]
    names = [values_of(found)[0] for found in rendered]
    assert 15 < names.count("Bo Lee") < 45


def test_an_article_is_not_written_twice() -> None:
    assert not any(value.startswith("the ") for value in values("date", around="on the {} X"))


@pytest.mark.parametrize("form", [r"\d{1,2} de [a-z]+", r"el \d{1,2}", r"[a-z]+ de [a-z]+"])
def test_dates_in_spanish_lines_are_in_spanish(form: str) -> None:
    assert any(re.fullmatch(form, value) for value in values("date", spanish=True))


def test_a_voicemail_says_numbers_in_words_in_pairs_and_in_its_own_language() -> None:
    phones = values("phone", "voicemail", 600)
    assert any(re.fullmatch(r"(?:[a-z]+[ ,]*){10}", value) for value in phones)
    assert any(re.search(r"(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety) ", value) for value in phones)
    assert any(re.search(r"double|triple", value) for value in phones)
    assert any("cinco" in value for value in values("phone", "voicemail", spanish=True))
    assert any(re.search(r"nineteen \w+", value) for value in values("dob", "voicemail"))
    assert not any(re.search("[a-z]{3}", value) for value in values("phone"))


def test_the_last_name_before_is_the_one_that_is_spelled() -> None:
    for seed in range(60):
        rendered = render_spans("it's {full_name} that's {spelled_name}", "sms", Random(seed), TRAINING)
        name, spelled = values_of(rendered)
        letters = re.sub(r"(?:as in|like|for) \w+", "", spelled)
        plain = re.sub(r"[^a-z]", "", letters.lower())
        assert len(plain) >= 2
        assert plain[0] in name.lower() or not name.isascii()


def test_a_number_that_is_said_again_is_the_same_in_another_form_but_a_corrected_one_is_not() -> None:
    def digits(value: str) -> str:
        return re.sub(r"\D", "", value)

    again = corrected = 0
    for seed in range(300):
        first, second = values_of(render_spans("{mrn} again {mrn}", "voicemail", Random(seed), TRAINING))
        again += bool(digits(first)) and digits(first) == digits(second)
        first, second = values_of(render_spans("{mrn} no wait {mrn}", "voicemail", Random(seed), TRAINING))
        corrected += bool(digits(first)) and digits(first) == digits(second)
    assert again > 10
    assert corrected == 0


def test_a_title_is_no_part_of_a_name() -> None:
    rendered = [render_spans("See {provider_name} soon", "email", Random(seed), TRAINING) for seed in range(80)]
    assert any("Dr. " in found.text for found in rendered)
    assert not any(re.match(r"(?i)dr|doc", value) for found in rendered for value in values_of(found))
    assert "Dr. Dr" not in render_spans("see Dr. {provider_name}", "email", Random(0), TRAINING).text


def test_noise_leaves_every_value_in_its_place() -> None:
    for seed in range(200):
        rendered = render_spans("hello, my id is {member_id}, dob {dob}!", "sms", Random(seed), TRAINING, noise=1.0)
        assert [slot for *_, slot in rendered.spans] == ["member_id", "dob"]
        assert all(any(character.isdigit() for character in value) for value in values_of(rendered))


def test_old_ages_are_over_89() -> None:
    assert all(90 <= int(value) <= 106 for value in values("old_age") if value.isdigit())


def test_an_address_seldom_has_a_unit_where_the_text_gives_one() -> None:
    def units(text: str) -> int:
        rendered = (render_spans(text, "email", Random(seed), TRAINING) for seed in range(300))
        return sum(bool(re.search(r"(?i)\b(?:apt|unit|suite)\b", values_of(found)[0])) for found in rendered)

    assert units("{address} and {unit}") < units("{address} alone") / 2
