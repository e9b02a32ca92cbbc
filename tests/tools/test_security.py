"""What `make security` makes of what its parts report."""

from __future__ import annotations

from tools.security.api import judge_answers
from tools.security.code import judge_audit


def test_a_server_error_is_a_problem_though_schemathesis_saw_none() -> None:
    result = judge_answers([(202, "POST /forms/demo"), (503, "POST /twilio/sms")], 0, "")

    assert result.problems == 1
    assert "503 POST /twilio/sms" in str(result)


def test_a_run_that_ended_early_is_a_problem() -> None:
    assert judge_answers([], 1, "could not load the schema").problems == 1


def test_answered_and_refused_requests_are_no_problem() -> None:
    assert judge_answers([(202, "POST /forms/demo"), (400, "POST /forms/demo")], 0, "").problems == 0


def test_a_database_that_answers_for_no_library_is_a_skip_and_not_a_clean_bill() -> None:
    result = judge_audit([{"name": "flask", "skip_reason": "not found"}])

    assert result.counts.startswith("SKIPPED")


def test_a_known_vulnerability_is_a_problem() -> None:
    hit = {"name": "flask", "version": "1.0", "vulns": [{"id": "CVE-2018-1000656"}]}

    assert judge_audit([hit, {"name": "six", "skip_reason": "not found"}]).details == ("flask 1.0: CVE-2018-1000656",)
