"""What a process imports when it starts: each library that it doesn't need costs every start and every restart."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.app.command import ROOT, complete
from tests.world import PRACTICES_TOML

TRAINING = {"torch", "transformers", "sklearn", "scipy", "datasets", "faker", "anthropic", "openai", "matplotlib"}
MODEL = {"numpy", "onnxruntime", "tokenizers"}
# for what few requests or jobs do, or few services at all
SELDOM = {"apprise", "authlib", "botocore", "imapclient", "inscriptis", "mailparser_reply", "sentry_sdk", "twilio.rest"}
SETTINGS = {"cryptography", "pydantic", "pydantic_settings"}

HELP = "from app.cli import main; atexit.register(report); sys.argv[1:] = ['--help']; main()"
WEB = """
from gevent import monkey
monkey.patch_all()
from app.gunicorn_config import on_starting
on_starting(None)
report()
"""
WORKER = """
import tasks.worker
from intake.settings import load_settings
from tasks.context import open_context

classifier, compiled = open_context(load_settings()).classifier, []
modules = sorted(sys.modules)

from re._compiler import compile as compile_pattern
from classifier.questions.find import is_answerable
from classifier.contact.unsafe_contact import read_unsafe_contact

def note(frame, event, _):
    if event == "call" and frame.f_code is compile_pattern.__code__:
        compiled.append(frame.f_back.f_back.f_back.f_globals["__name__"])  # behind two functions of `re`

sys.setprofile(note)
for text in ("Do you take new patients?", "I lost my baby last week", "I just want a person", "he reads my phone"):
    is_answerable(classifier.classify([text])[0], text)
    read_unsafe_contact(text)
sys.setprofile(None)
compiled = [module for module in compiled if not module.startswith("numpy")]
print(json.dumps({"modules": modules, "compiled_later": compiled}))
"""
PROLOGUE = """
import atexit, gc, json, os, sys, threading

def report():
    files = [os.path.realpath(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd")]
    print("\\n" + json.dumps({
        "modules": sorted(sys.modules), "threads": threading.active_count(), "files": files, "collects": gc.isenabled()
    }))

"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Path:
    """A folder with a practices file and a database."""
    made = tmp_path_factory.mktemp("imports")
    (made / "practices.toml").write_text(PRACTICES_TOML)
    shutil.copy(migrated_file, made / "intake.db")
    return made


@pytest.fixture(scope="module")
def web(folder: Path) -> dict[str, Any]:
    """What the web server's first process says of itself before it starts others."""
    answer: dict[str, Any] = started(WEB, folder)
    return answer


@pytest.fixture(scope="module")
def worker(folder: Path) -> dict[str, Any]:
    """What a worker says of itself once it has started, and of its first texts."""
    answer: dict[str, Any] = started(WORKER, folder)
    return answer


def started(program: str, folder: Path) -> Any:
    """What a process says of itself once it has started."""
    done = subprocess.run(
        [sys.executable, "-c", PROLOGUE + program],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **complete(folder)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_help_needs_no_more_than_the_command_line(folder: Path) -> None:
    unwanted = {*TRAINING, *MODEL, *SELDOM, *SETTINGS, "sqlalchemy", "redis", "flask", "gevent", "asyncio"}

    assert unwanted & set(started(HELP, folder)["modules"]) == set()


def test_the_web_server_needs_no_model_and_nothing_that_few_requests_do(web: dict[str, Any]) -> None:
    assert {*TRAINING, *MODEL, *SELDOM, "requests"} & set(web["modules"]) == set()


def test_a_worker_needs_nothing_that_few_jobs_do(worker: dict[str, Any]) -> None:
    assert {*TRAINING, *SELDOM, "flask", "requests"} & set(worker["modules"]) == set()


def test_no_pattern_is_compiled_while_the_first_patients_wait(worker: dict[str, Any]) -> None:
    assert worker["compiled_later"] == []


def test_web_processes_share_the_imported_application_and_no_thread_or_connection(web: dict[str, Any]) -> None:
    assert {"app.wsgi", "app.gunicorn_config"} <= set(web["modules"])
    assert web["threads"] == 1
    assert [file for file in web["files"] if "intake.db" in file] == []
    assert web["collects"]
