"""What `intake model check` says about the entity model."""

from __future__ import annotations

from pathlib import Path

from classifier.entities.check import check_entities


def test_without_a_model_the_rules_work_alone_and_the_check_says_so(tmp_path: Path) -> None:
    finding = check_entities(tmp_path / "none")

    assert finding.passed
    assert "no entity model is installed" in finding.detail


def test_a_model_folder_that_is_not_whole_does_not_pass(tmp_path: Path) -> None:
    finding = check_entities(tmp_path)

    assert not finding.passed
    assert str(tmp_path) in finding.detail
