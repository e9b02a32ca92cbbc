"""`intake classify`: understanding texts without a server."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from app.commands.json_lines import read_objects
from classifier import INTENTS, Classifier
from intake.errors import IntakeError
from tests.app.command import Finished, intake

FEVER = "my kid's fever is 103.2 and not coming down with tylenol. need advice now"
DERMATOLOGIST = "Hi, I'm new to the area and looking for a dermatologist. Are you accepting new patients?"
BILL = "got a bill for $382 for my visit on 4/12 but my copay should only be $35, what's the rest?"
UNDERSTANDING = {
    "intent",
    "confidence",
    "probabilities",
    "needs_review",
    "disposition",
    "language",
    "triage",
    "urgent",
    "danger",
    "also",
    "entities",
    "insurance",
}
AWKWARD = ["", "   ", "\N{THUMBS UP SIGN}", "\ud83d", "a\x00b", "fever " * 2_000, "résumé 熱"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing in it."""
    return tmp_path_factory.mktemp("classify")


def jsonl(folder: Path, *items: object, environment: dict[str, str] | None = None) -> Finished:
    lines = "".join(json.dumps(item) + "\n" for item in items)
    return intake("classify", "--jsonl", folder=folder, stdin=lines, environment=environment)


# ---- texts


@pytest.fixture(scope="module")
def three_lines(folder: Path) -> list[str]:
    """What is printed for three texts."""
    return intake("classify", FEVER, DERMATOLOGIST, BILL, folder=folder).lines


@pytest.mark.parametrize(
    ("number", "intent"),
    [(0, "clinical_concern"), (1, "new_patient_inquiry"), (2, "billing_inquiry")],
    ids=["fever", "dermatologist", "bill"],
)
def test_what_a_message_is_about_is_said_first(three_lines: list[str], number: int, intent: str) -> None:
    assert three_lines[number].startswith(f"{intent}  ")


def test_each_text_has_its_line_with_how_sure_it_is(three_lines: list[str]) -> None:
    assert len(three_lines) == 3
    for line in three_lines:
        found = re.fullmatch(r"(\w+)  (\d\.\d\d)(  \([\w, ]+\))?", line)
        assert found
        assert found[1] in INTENTS
        assert 0 < float(found[2]) <= 1


def test_what_needs_no_answer_is_said_to(folder: Path) -> None:
    [line] = intake("classify", "ok thanks!", folder=folder).lines

    assert line.endswith("  (acknowledgement)")


def test_one_json_object_a_text(folder: Path, classifier: Classifier) -> None:
    texts = [FEVER, 'It\'s "here"\nat 5', "--", "résumé 熱"]
    lines = intake("classify", "--json", "--", *texts, folder=folder).lines

    shown = [json.loads(line) for line in lines]
    assert [item["text"] for item in shown] == texts
    for item, understanding in zip(shown, classifier.classify(texts), strict=True):
        assert item.keys() == {"text", *UNDERSTANDING}
        assert item["intent"] == understanding.intent
        assert item["disposition"] == understanding.disposition


def test_entities_and_insurance_facts_come_with_their_values(folder: Path) -> None:
    text = "¿Toman Aetna? member id w 88-2 455, cita el 12/4"
    [line] = intake("classify", "--json", text, folder=folder).lines

    shown = json.loads(line)
    for entity in shown["entities"]:
        assert entity["text"] == text[entity["start"] : entity["end"]]
    assert [entity["kind"] for entity in shown["entities"]] == ["CARRIER", "MEMBER_ID", "DATE"]
    assert shown["insurance"]["member_id"] == "W882455"
    assert shown["insurance"]["carrier"] == "Aetna"


# ---- JSON lines


@pytest.fixture(scope="module")
def many(folder: Path) -> list[dict[str, Any]]:
    """What comes out for more lines than are read at once, in a mixed order of lengths."""
    texts = [*AWKWARD, *([FEVER, "ok", BILL, DERMATOLOGIST] * 20)]
    items = [{"id": number, "text": text, "note": {"kept": [None, 1.5, "ü"]}} for number, text in enumerate(texts)]
    return [json.loads(line) for line in jsonl(folder, *items).lines]


def test_lines_come_out_in_the_order_they_came_in(many: list[dict[str, Any]]) -> None:
    assert [item["id"] for item in many] == list(range(len(AWKWARD) + 80))
    assert [item["text"] for item in many[: len(AWKWARD)]] == AWKWARD


def test_other_keys_are_kept(many: list[dict[str, Any]]) -> None:
    for item in many:
        assert item.keys() == {"id", "text", "note", *UNDERSTANDING}
        assert item["note"] == {"kept": [None, 1.5, "ü"]}


def test_each_line_says_all_there_is_to_say(many: list[dict[str, Any]]) -> None:
    for item in many:
        assert item["intent"] in INTENTS
        assert 0 <= item["confidence"] <= 1
        assert item["probabilities"].keys() == set(INTENTS)
        assert sum(item["probabilities"].values()) == pytest.approx(1, abs=0.001)
        assert item["disposition"] in ("route", "review", "acknowledgement", "out_of_scope", "person")
        assert isinstance(item["needs_review"], bool)
        assert item["language"] in ("en", "es", "other")
        assert item["triage"] in ("emergency", "same_day", "routine")
        assert item["urgent"] is (item["triage"] == "emergency")
        assert item["danger"] in (("self_harm", "ingestion", "other") if item["urgent"] else (None,))
        assert isinstance(item["also"], list)


def test_the_same_text_is_understood_the_same_wherever_it_stands(many: list[dict[str, Any]]) -> None:
    for text in (FEVER, BILL, DERMATOLOGIST):
        found = [item for item in many if item["text"] == text]
        assert len({item["intent"] for item in found}) == 1
        assert max(item["confidence"] for item in found) == pytest.approx(
            min(item["confidence"] for item in found), abs=0.05
        )


def test_empty_lines_are_passed_over(folder: Path) -> None:
    done = intake("classify", "--jsonl", folder=folder, stdin='\n{"text": "hello"}\n  \n\n{"text": "hello"}')

    assert len(done.lines) == 2


def test_nothing_in_is_nothing_out(folder: Path) -> None:
    assert jsonl(folder).lines == []


def test_lines_are_utf_8_whatever_the_terminal_is_set_to(folder: Path) -> None:
    line = json.dumps({"text": "résumé 熱"}, ensure_ascii=False)
    environment = {"PYTHONIOENCODING": "latin-1"}
    [shown] = intake("classify", "--jsonl", folder=folder, stdin=line, environment=environment).lines

    assert json.loads(shown)["text"] == "résumé 熱"


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (b'{"text": "swordfish"', "line 2 is not JSON"),
        (b"swordfish", "line 2 is not JSON"),
        (b'["swordfish"]', "line 2 has no `text`"),
        (b'"swordfish"', "line 2 has no `text`"),
        (b'{"body": "swordfish"}', "line 2 has no `text`"),
        (b'{"text": null}', "line 2 has no `text`"),
        (b'{"text": ["swordfish"]}', "line 2 has no `text`"),
        (b'{"text": "swordfish \xff"}', "line 2 is not "),
    ],
)
def test_a_line_that_cannot_be_read_is_named_and_not_repeated(line: bytes, complaint: str) -> None:
    with pytest.raises(IntakeError, match=complaint) as refused:
        list(read_objects(io.BytesIO(b'{"text": "hello"}\n' + line)))

    assert "swordfish" not in str(refused.value)


def test_a_line_that_cannot_be_read_ends_the_command_in_one_sentence(folder: Path) -> None:
    lines = b'{"text": "hello"}\n{"text": "swordfish \xff"}'
    environment = {"PYTHONIOENCODING": "utf-8:strict"}
    done = intake("classify", "--jsonl", folder=folder, stdin=lines, environment=environment)

    assert "line 2 is not " in done.error
    assert "swordfish" not in done.err


# ---- what cannot be done


@pytest.mark.parametrize("arguments", [[], ["--jsonl", "a text"]], ids=["neither", "both"])
def test_texts_or_lines_are_needed_and_not_both(folder: Path, arguments: list[str]) -> None:
    done = intake("classify", *arguments, folder=folder)

    assert done.status == 2
    assert done.err.splitlines()[-1] == "Error: Give texts to classify, or --jsonl to read them from stdin."


def test_a_model_that_is_not_there_is_named(folder: Path) -> None:
    done = intake("classify", "hello", folder=folder, environment={"MODEL_DIR": "no/such/model"})

    assert "no/such/model" in done.error
    assert done.out == ""


def test_a_model_that_was_altered_is_named(tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    for file in Path(__file__).parents[2].joinpath("classifier", "models", "intent").iterdir():
        (model / file.name).symlink_to(file)
    (model / "calibration.json").unlink()
    (model / "calibration.json").write_text("{}")

    done = intake("classify", "hello", folder=tmp_path, environment={"MODEL_DIR": str(model)})
    assert f"{model}/calibration.json was altered" in done.error
