"""Attack every route of `/openapi.json` with schemathesis, most requests with the proof that their route asks for."""

from __future__ import annotations

import logging
import os
import subprocess
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import structlog

from tests.standins.twilio import AUTH_TOKEN
from tests.world import SITE, WIDGET_KEY
from tools.security.result import Result
from tools.security.target import EMAIL_SECRET, PUBLIC_URL, running_service

EXAMPLES: Final = 150
_SECONDS: Final = 300
# a stream of events has no end to wait for
_OPTIONS: Final = (
    *("--checks", "not_a_server_error", "--phases", "coverage,fuzzing", "--exclude-path-regex", "events$"),
    *("--max-examples", str(EXAMPLES), "--continue-on-failure", "--no-color", "--warnings", "off"),
    *("--generation-database", "none", "--request-timeout", "20"),
)


def attack_api(tools: Path) -> Result:
    """Run schemathesis, and count the answers."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with running_service() as service, tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "answers"
        target = {
            "TARGET_URL": service.url,
            "TARGET_PUBLIC_URL": PUBLIC_URL,
            "TARGET_TWILIO_TOKEN": AUTH_TOKEN,
            "TARGET_EMAIL_SECRET": EMAIL_SECRET,
            "TARGET_ORIGIN": SITE,
            "TARGET_WIDGET_KEY": WIDGET_KEY,
            "TARGET_LOG": str(log),
            "SCHEMATHESIS_HOOKS": "tools.security.api_hooks",
            "PYTHONPATH": str(Path.cwd()),
        }
        command = [str(tools / "schemathesis"), "run", f"{service.url}/openapi.json", *_OPTIONS]
        code, output = run_limited(command, Path(folder), os.environ | target, _SECONDS)
        answers = [line.split(" ", 1) for line in log.read_text().splitlines()] if log.exists() else []
    return judge_answers([(int(status), route) for status, route in answers], code, output)


def run_limited(command: list[str], folder: Path, environment: Mapping[str, str], seconds: float) -> tuple[int, str]:
    """Run a command, and return its exit status and what it printed; a hanging one is stopped and counts as failed."""
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=seconds
        )
    except subprocess.TimeoutExpired as error:
        printed = error.stdout.decode(errors="replace") if isinstance(error.stdout, bytes) else error.stdout or ""
        return 1, f"{printed}\nstopped after {seconds:g} s: a route may hang"
    return done.returncode, done.stdout


def judge_answers(answers: list[tuple[int, str]], code: int, output: str) -> Result:
    """Return the outcome: every server error is a problem, and so is a run that ended early."""
    kinds = Counter(status // 100 for status, _ in answers)
    errors = Counter(f"{status} {route}" for status, route in answers if status >= 500)
    details = [f"{count} times {what}" for what, count in errors.items()]
    if code and not errors:
        details.append(output.strip()[-1000:])
    counts = f"{len(answers)} requests to {len({route for _, route in answers})} routes, {kinds[2] + kinds[3]} accepted"
    return Result("schemathesis", counts, sum(errors.values()) or int(code != 0), tuple(details))
