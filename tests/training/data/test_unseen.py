"""The messages that are for testing alone: of each, only what its file is about is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from classifier import INTENTS
from intake.vocabulary import DangerKind, TriageLevel
from tests.training.conftest import write_unseen
from training.data import cross_style, held_back, strangers
from training.data.corpus import CorpusError, CorpusMessage

EMERGENCY, SAME_DAY, ROUTINE = TriageLevel


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    write_unseen(tmp_path)
    return tmp_path


def known(message: CorpusMessage) -> tuple[object, ...]:
    return message.label, message.level, message.danger, message.language, message.also


def test_a_cross_style_message_keeps_its_text_its_practice_and_its_channel(corpus: Path) -> None:
    messages = cross_style.read_cross_style(corpus)
    assert len(messages) == 14
    assert messages[1].text == "other words for new_patient_inquiry"
    assert (messages[1].label, messages[1].practice, messages[1].channel) == (
        "new_patient_inquiry", "dermatology", "sms",
    )  # fmt: skip


def test_a_held_back_message_is_out_of_scope_or_an_emergency_or_not_or_has_an_intent(corpus: Path) -> None:
    spam, spanish, vendor, emergency, near_miss, *in_scope = held_back.read_held_back(corpus)
    assert [(m.kind, m.language) for m in (spam, spanish, vendor)] == [
        ("spam", "en"), ("spanish", "es"), ("vendor", "en"),
    ]  # fmt: skip
    assert [m.label for m in (spam, spanish, vendor)] == ["out_of_scope", None, "out_of_scope"]
    assert {m.level for m in (spam, spanish, vendor)} == {None}
    assert [(m.label, m.level) for m in (emergency, near_miss)] == [(None, EMERGENCY), (None, ROUTINE)]
    assert [m.label for m in in_scope] == list(INTENTS)
    assert {(m.kind, m.level) for m in in_scope} == {("", None)}


def test_the_strangers_sets_come_by_name_in_the_order_of_reports(corpus: Path) -> None:
    sets = strangers.read_strangers(corpus)
    assert list(sets) == list(strangers.SETS)
    assert [len(messages) for messages in sets.values()] == [4, 1, 3, 2, 2, 2]
    assert {(m.source, m.writer) for name in sets for m in sets[name]} == {("strangers", name) for name in sets}


def test_a_stranger_s_triage_and_letters_know_level_danger_and_label(corpus: Path) -> None:
    sets = strangers.read_strangers(corpus)
    assert [known(message) for message in sets["triage"]] == [
        ("appointment_request", EMERGENCY, DangerKind.SELF_HARM, "en", None),
        ("clinical_concern", EMERGENCY, DangerKind.OTHER, "en", None),
        ("clinical_concern", SAME_DAY, None, "en", None),
        ("clinical_concern", ROUTINE, None, "en", None),
    ]
    (letter,) = sets["letters"]
    assert letter.text == "stranger writes\n\nat length"
    assert known(letter) == ("complaint", EMERGENCY, DangerKind.INGESTION, "en", None)


def test_a_stranger_s_other_sets_know_no_more_than_they_are_about(corpus: Path) -> None:
    sets = strangers.read_strangers(corpus)
    assert [(m.label, m.kind, m.level) for m in sets["scope"]] == [
        ("out_of_scope", "spam", None), ("person", "", None), ("complaint", "", None),
    ]  # fmt: skip
    assert [known(message) for message in sets["spanish"]] == [
        ("clinical_concern", EMERGENCY, None, "es", None),
        ("billing_inquiry", ROUTINE, None, "es", None),
    ]
    assert [known(message) for message in sets["two_intents"]] == [
        ("complaint", None, None, "en", "billing_inquiry"),
        ("complaint", None, None, "en", None),
    ]
    assert [known(message) for message in sets["everyday"]] == [
        ("appointment_request", ROUTINE, None, "en", None),
        ("acknowledgement", ROUTINE, None, "es", None),
    ]


@pytest.mark.parametrize(
    ("read", "file", "line", "complaint"),
    [
        (
            cross_style.read_cross_style,
            "test/crossstyle.jsonl",
            '{"text": "hi"}',
            "is not a JSON object with text, int",
        ),
        (cross_style.read_cross_style, "test/crossstyle.jsonl", "hi", "is not a JSON object"),
        (held_back.read_held_back, "held_back/out_of_scope.tsv", "sms\tspam", "has 2 columns, expected 3"),
        (
            held_back.read_held_back,
            "held_back/out_of_scope.tsv",
            "sms\tmagazine\thi",
            "has the unknown kind 'magazine'",
        ),
        (held_back.read_held_back, "held_back/urgency.tsv", "2\tdental\tsms\thi", "starts with '2', expected 1"),
        (held_back.read_held_back, "held_back/in_scope.tsv", "spam\tdental\tsms\thi", "has the unknown intent 'spam'"),
        *(
            (strangers.read_strangers, f"held_back/strangers/{file}.tsv", line, complaint)
            for file, line, complaint in (
                ("triage", "emergency\tcomplaint\tsms\thi", "has 4 columns, expected 5"),
                ("triage", "urgent\tother\tcomplaint\tsms\thi", "has the level 'urgent'"),
                ("triage", "emergency\tnone\tcomplaint\tsms\thi", "has the danger 'none', expected one of self_harm"),
                ("letters", "routine\tnone\tspam\tsms\thi", "has the unknown label 'spam'"),
                ("scope", "complaint\tsms\thi", "has 3 columns, expected 4"),
                ("spanish", "soon\tcomplaint\tdental\tsms\thi", "has the level 'soon'"),
                ("two_intents", "complaint\tspam\tsms\thi", "has the unknown label 'spam'"),
                ("everyday", "fr\tcomplaint\tdental\tsms\thi", "has the language 'fr', expected en or es"),
            )
        ),
    ],
)
def test_a_wrong_line_is_named_without_its_text(
    corpus: Path, read: Callable[[Path], object], file: str, line: str, complaint: str
) -> None:
    (corpus / file).write_text(line + "\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=f"{file}:1 {complaint}"):
        read(corpus)
