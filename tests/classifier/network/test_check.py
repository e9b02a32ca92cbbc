from __future__ import annotations

from pathlib import Path

from classifier.network.check import KNOWN_MESSAGES, check
from tests.classifier import tiny_model


def test_the_shipped_model_passes_every_check() -> None:
    findings = check()

    assert [finding for finding in findings if not finding.passed] == []
    assert {"model.onnx", "tokenizer.json", "config.json", "calibration.json", "model"} <= {
        finding.subject for finding in findings
    }
    assert [finding.subject for finding in findings[-3:]] == [message for message, _ in KNOWN_MESSAGES]


def test_every_bad_file_is_found_not_only_the_first(model_folder: Path) -> None:
    (model_folder / "config.json").write_text("{}")
    (model_folder / "tokenizer.json").unlink()

    findings = check(model_folder)

    assert {finding.subject for finding in findings if not finding.passed} == {"config.json", "tokenizer.json"}
    assert str(model_folder / "tokenizer.json") in " ".join(map(str, findings))


def test_a_folder_without_a_manifest_is_one_finding(tmp_path: Path) -> None:
    (finding,) = check(tmp_path)

    assert (finding.subject, finding.passed) == ("manifest.json", False)


def test_whole_files_that_do_not_load_are_found(model_folder: Path) -> None:
    (model_folder / "model.onnx").write_bytes(b"no network")
    tiny_model.seal(model_folder)

    last = check(model_folder)[-1]

    assert (last.subject, last.passed) == ("model", False)
    assert "model.onnx" in last.detail


def test_a_model_that_misreads_known_messages_fails(model_folder: Path) -> None:
    answers = check(model_folder)[-len(KNOWN_MESSAGES) :]

    assert not all(finding.passed for finding in answers)
    assert "expected clinical_concern" in answers[0].detail


def test_a_finding_reads_as_one_line(model_folder: Path) -> None:
    first = check(model_folder)[0]

    assert str(first).startswith("ok: calibration.json: ")
