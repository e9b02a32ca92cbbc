"""What `make security` makes of what its parts report."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tools.security.api import judge_answers, run_limited
from tools.security.code import judge_audit, judge_failure


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


@pytest.mark.parametrize(
    "said",
    [
        "ERROR: hash mismatch in requirements/serving.lock",
        "ERROR:pip_audit._cli:requirements/serving.lock is not hashed: connection pooling==1.0",
        "",
    ],
    ids=["hash", "no hash", "nothing"],
)
def test_an_audit_that_fails_is_a_problem(said: str) -> None:
    result = judge_failure(said)

    assert (result.counts, result.problems, result.details) == ("it did not run", 1, (said,))


@pytest.mark.parametrize(
    "said",
    [
        "ERROR:pip_audit._cli:Could not connect to PyPI's vulnerability feed",
        "requests.exceptions.ConnectionError: Max retries exceeded with url: /pypi/flask/3.0/json",
        "requests.exceptions.ReadTimeout: Read timed out.",
    ],
    ids=["feed", "connection", "timeout"],
)
def test_an_audit_without_a_network_is_skipped_and_says_so(said: str) -> None:
    result = judge_failure(said)

    assert (result.problems, result.counts.partition(":")[0]) == (0, "SKIPPED")


def test_an_attack_that_never_ends_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    code, output = run_limited([sys.executable, "-c", "import signal; signal.pause()"], tmp_path, {}, 0.1)

    assert judge_answers([], code, output).problems == 1
    assert "stopped after 0.1 s" in output
