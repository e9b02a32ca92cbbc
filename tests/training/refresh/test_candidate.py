"""Two models on the same messages: the better one is put into the store, and is not activated."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from classifier.network.check import check
from classifier.network.store import SHIPPED, ModelStore
from intake.vocabulary import TriageLevel
from tests.classifier import tiny_model
from training.data.corpus import CorpusMessage
from training.refresh.assessment import ReviewCounts
from training.refresh.candidate import Evidence, assess_candidate, store_candidate
from training.refresh.comparison import LabeledSet, load_labeled_set
from training.refresh.settings import Rule

RULE = Rule(loss=0.005, possible_loss=0.02, significance=0.05, resamples=500)
SECRET = "swordfish"
MESSAGES = LabeledSet(
    "the test file",
    [f"fever {SECRET}", "price", "bill"] * 20,
    ["clinical_concern", "price_shopper", "billing_inquiry"] * 20,
)
ALARMS = [
    CorpusMessage("I can't breathe", None, "", "sms", "urgency", level=TriageLevel.EMERGENCY),
    *[CorpusMessage("price now", "price_shopper", "", "sms", "triage", level=TriageLevel.ROUTINE)] * 20,
]
EVIDENCE = Evidence([MESSAGES], ALARMS, [message.text for message in ALARMS], (), ReviewCounts(1, 2, 3, 4, 5))


@pytest.fixture
def weak(tmp_path: Path) -> Path:
    return tiny_model.write(tmp_path / "weak")


@pytest.fixture
def strong(tmp_path: Path) -> Path:
    return tiny_model.write(tmp_path / "strong", votes=tiny_model.KNOWN_VOTES)


def test_a_better_model_becomes_a_candidate_and_can_then_be_activated(weak: Path, strong: Path, tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "models")
    assessment = assess_candidate(weak, strong, EVIDENCE, "compact", RULE)

    version = store_candidate(assessment, strong, store)

    assert assessment.objections == ()
    assert assessment.comparisons[0].by_intent["clinical_concern"].gain == 1.0
    assert store.versions() == [version]
    assert store.choice().active.version == SHIPPED, "it was activated by itself"
    assert all(finding.passed for finding in check(store.folder_of(version)))
    report = json.loads((store.folder_of(version) / "proposal.json").read_text(encoding="utf-8"))
    assert report["proposed"]
    assert store.activate(version, datetime(2026, 6, 1, tzinfo=UTC), without_triage=True).version == version


def test_a_worse_one_is_spoken_against(weak: Path, strong: Path) -> None:
    assessment = assess_candidate(strong, weak, EVIDENCE, "compact", RULE)

    assert not assessment.is_proposed
    said = "; ".join(assessment.objections)
    assert "its accuracy on the test file is lower (100.0% before, 66.7% now)" in said
    assert "its recall of clinical_concern on the test file is lower" in said
    assert "it failed a check: expected clinical_concern" in said
    assert SECRET not in said


def test_one_that_raises_more_false_alarms_is_spoken_against_though_it_reads_every_intent_as_well(
    strong: Path, tmp_path: Path
) -> None:
    jumpy = tiny_model.write_knowing(tmp_path / "jumpy", votes=tiny_model.KNOWN_VOTES)

    assert assess_candidate(strong, jumpy, EVIDENCE, "compact", RULE).objections == (
        "it has fewer near misses that raise no alarm (100.0% before, 0.0% now)",
        "it has fewer messages routed to the right team (100.0% before, 0.0% now)",
    )


def test_no_text_of_a_message_gets_into_the_report(weak: Path, strong: Path, tmp_path: Path) -> None:
    store_candidate(assess_candidate(weak, strong, EVIDENCE, "compact", RULE), strong, ModelStore(tmp_path / "models"))

    for file in strong.iterdir():
        assert SECRET.encode() not in file.read_bytes(), file.name


def test_the_file_to_compare_on_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "test.jsonl").write_text('{"text": "hi", "intent": "complaint", "practice": "dental"}\n\n')

    found = load_labeled_set(tmp_path / "test.jsonl", "the test file")

    assert (found.name, found.texts, found.intents) == ("the test file", ["hi"], ["complaint"])
