from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random

import pytest

from training.data.corpus import CORPUS
from training.data.rendering import SLOTS, Rendered, SlotError, render

# A provider's title may be written before the value; it belongs to the sentence, not to the value.
TITLED = re.compile(r"(?:(?:Dr\. |Dr |Doctor |dr\. |dr |doc ))?\{provider_name\}")


def corpus_lines() -> Iterator[tuple[str, str]]:
    """Yield the lines of every file but those that `training.data.spans` reads."""
    others = {path for folder in ("entities", "values", "held_back") for path in CORPUS.glob(f"{folder}/**/*.tsv")}
    for path in sorted(set(CORPUS.rglob("*.tsv")) - others):
        for line in path.read_text(encoding="utf-8").splitlines():
            columns = line.split("\t")
            yield next((c for c in columns if c in {"sms", "voicemail", "chat", "email"}), "web_form"), columns[-1]


def with_slots_again(rendered: Rendered) -> str:
    text = rendered.text
    for span in reversed(rendered.spans):
        text = f"{text[: span.start]}{{{span.kind}}}{text[span.end :]}"
    return text


def values(slot: str, channel: str, count: int = 400, around: str = "{}") -> set[str]:
    found = set()
    for seed in range(count):
        rendered = render(around.format(f"{{{slot}}}"), channel, Random(seed))
        (span,) = rendered.spans
        found.add(rendered.text[span.start : span.end])
    return found


def test_every_line_of_the_corpus_is_filled_and_its_spans_lead_back_to_it() -> None:
    rng = Random(0)
    for channel, text in corpus_lines():
        rendered = render(text, channel, rng)
        if "{" not in text:
            assert rendered == Rendered(text, ())
            continue
        assert not re.search(r"\{\w+\}", rendered.text)
        assert all(rendered.text[span.start : span.end].strip() for span in rendered.spans)
        assert TITLED.sub("<provider>", with_slots_again(rendered)) == TITLED.sub("<provider>", text)


def test_the_corpus_uses_no_slot_that_is_unknown_and_none_is_known_in_vain() -> None:
    used = {slot for _, text in corpus_lines() for slot in re.findall(r"\{(\w+)\}", text)}
    assert used == SLOTS


def test_an_unknown_slot_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SlotError, match=r"\{shoe_size\} is not a known slot: use one of .*zip"):
        render("my size is {shoe_size}", "sms", Random(0))


def test_the_same_generator_state_gives_the_same_text() -> None:
    text = "{full_name} {dob} {phone} {email} {address} {employer}"
    assert render(text, "email", Random(5)) == render(text, "email", Random(5))
    assert render(text, "email", Random(5)) != render(text, "email", Random(6))


def test_every_occurrence_of_a_slot_has_a_value_of_its_own() -> None:
    rendered = render("{account_number} not {account_number}", "sms", Random(1))
    first, second = (rendered.text[span.start : span.end] for span in rendered.spans)
    assert first != second


@pytest.mark.parametrize(
    "form",
    [r"\d{1,2}/\d{1,2}", r"[A-Z][a-z]+ \d{1,2}", r"\d{1,2} [A-Z][a-z]+", r"\d{2}-\d{2}-\d{4}", r"\d{4}-\d\d-\d\d"],
)
def test_dates_are_written_in_many_ways(form: str) -> None:
    assert any(re.fullmatch(form, value) for value in values("date", "sms", around="Sent {} X"))


def test_voicemail_spells_phone_numbers_out() -> None:
    assert any(re.fullmatch(r"(?:[a-z]+[ ,]*){10}", value) for value in values("phone", "voicemail"))
    assert not any(re.search("[a-z]", value) for value in values("phone", "sms"))


def test_voicemail_says_dates_and_amounts() -> None:
    assert any(value.endswith("first") for value in values("date", "voicemail"))
    assert any(re.search(r"hundred .*(dollars|bucks)$", value) for value in values("amount", "voicemail"))


def test_phone_numbers_lie_in_the_range_kept_for_fiction() -> None:
    assert all("55501" in re.sub(r"\D", "", value) for value in values("phone", "sms"))


def test_web_and_mail_addresses_lie_under_reserved_names() -> None:
    assert all("example." in value for value in values("email", "web_form") | values("url", "web_form"))


def test_a_message_in_lower_case_mostly_has_its_names_in_lower_case() -> None:
    names = [render("hi its {first_name}", "sms", Random(seed)).text for seed in range(200)]
    assert 100 < sum(name == name.lower() for name in names) < 200


def test_names_keep_their_capitals_in_a_message_that_has_capitals() -> None:
    assert all(value[0].isupper() for value in values("first_name", "email", around="Dear all, {} here"))


def test_a_provider_gets_a_title_only_where_none_stands_yet() -> None:
    titled = [render("Dr. {provider_name} called", "email", Random(seed)) for seed in range(100)]
    assert all(rendered.spans[0].start == len("Dr. ") for rendered in titled)
    bare = [render("told {provider_name} it hurts", "sms", Random(seed)) for seed in range(200)]
    assert {rendered.text.split()[1] for rendered in bare} > {"dr", "dr.", "doc"}


def test_a_title_is_not_part_of_the_value() -> None:
    assert not any(value.lower().startswith(("dr ", "dr.", "doc ")) for value in values("provider_name", "sms"))
