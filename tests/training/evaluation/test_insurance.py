"""How the insurance record is measured."""

from __future__ import annotations

from pathlib import Path

from classifier.entities.recognizer import Recognizer
from intake.vocabulary import EntityKind
from training.data.corpus import CORPUS
from training.data.insurance_messages import MARKED_RECORDS, InsuranceMessage, read_marked_records
from training.evaluation.insurance import (
    compare_records,
    format_records,
    measure_sets,
    score_records,
    true_entities,
    write_record_report,
)


def test_a_field_is_right_however_it_is_written() -> None:
    assert compare_records(
        {"carrier": "bcbs", "member_id": "w 88-2", "amounts": ["two hundred dollars"], "question": "refund"},
        {"carrier": "Blue Cross Blue Shield", "member_id": "W882", "amounts": ["200.00"], "question": "other"},
    ) == {"carrier": True, "member_id": True, "amounts": True, "question": False}


def test_a_field_too_many_or_too_few_is_wrong() -> None:
    assert compare_records({"plan": "PPO"}, {"group_number": "12"}) == {"plan": False, "group_number": False}
    assert compare_records({"carrier": ["Aetna", None]}, {"carrier": ["Aetna"]}) == {"carrier": False}


def test_scores_count_fields_and_whole_records() -> None:
    text = "do you take Aetna?"
    start = text.index("Aetna")
    spans = ((start, start + 5, EntityKind.CARRIER),)
    right = InsuranceMessage(text, spans, {"carrier": "Aetna", "question": "eligibility"}, "en")
    wrong = InsuranceMessage(text, spans, {"carrier": "Cigna", "question": "eligibility"}, "en")

    scores = score_records([right, wrong], true_entities)

    assert (scores.fields, scores.records) == (0.75, 0.5)
    assert "| `carrier` | 50.0% of 2 |" in format_records({"true values": scores})


def test_records_in_words_of_their_own_are_assembled_from_their_true_values() -> None:
    messages = read_marked_records(Path("tests") / "classifier" / "insurance" / "records.tsv")

    scores = score_records(messages, true_entities)

    assert len(messages) == 60
    assert scores.fields >= 0.95


def test_all_but_the_question_is_right_in_records_that_no_rule_was_made_for() -> None:
    messages = read_marked_records(Path("tests") / "classifier" / "insurance" / "fresh_records.tsv")

    scores = score_records(messages, true_entities)

    for counts in (scores.right, scores.stated):
        del counts["question"]
    assert scores.stated.total() > 50
    assert scores.fields >= 0.95


def test_the_report_has_each_field_of_each_set_and_leaves_other_reports_alone(tmp_path: Path) -> None:
    text = "do you take Aetna?"
    start = text.index("Aetna")
    message = InsuranceMessage(text, ((start, start + 5, EntityKind.CARRIER),), {"carrier": "Aetna"}, "en")
    (tmp_path / "entities.md").write_text("another report", encoding="utf-8")

    report = write_record_report(measure_sets({"strangers": [message]}, Recognizer()), "abc", tmp_path)

    written = report.read_text(encoding="utf-8")
    assert report == tmp_path / "insurance.md"
    assert "by the entity model abc" in written
    assert "## Strangers (1 messages)" in written
    assert "| `carrier` | 100.0% of 1 | 100.0% of 1 |" in written
    assert text not in written
    assert (tmp_path / "entities.md").read_text(encoding="utf-8") == "another report"


def test_every_file_of_records_by_strangers_is_measured() -> None:
    measured = {name: len(read_marked_records(CORPUS / file)) for name, file in MARKED_RECORDS.items()}

    assert measured.keys() == {"coverage", "abacus"}
    assert all(measured.values())
