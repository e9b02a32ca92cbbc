"""How `pytest -n` distributes the tests: tests that share something expensive stay in one process.

A whole unit goes to one process. Long units start first, so that no process is left with one at the end while the
others are idle.
"""

from __future__ import annotations

from functools import cache
from pathlib import PurePosixPath

from xdist.scheduler import LoadScopeScheduling

FIRST = ("browser", "e2e", "training", "postgres", "app")
SHARED_SERVICES = ("test_running_service.py",)  # modules in `e2e/` whose tests share processes
# Each of their tests has a console of its own.
CONSOLES = (
    *("test_accounts.py", "test_alarms.py", "test_calls.py", "test_console.py", "test_drafts.py", "test_patients.py"),
    *("test_first_run.py", "test_found.py", "test_inbox_panes.py", "test_operations.py", "test_review.py"),
    *("test_keys_of_a_day.py", "test_keys_while_loading.py", "test_reply_files.py", "test_saved_replies.py"),
    *("test_held.py", "test_lost_answers.py", "test_meanwhile.py", "test_phones.py", "test_signed_out.py"),
    *("test_closing_requests.py", "test_morning.py", "test_second_look.py", "test_undo.py"),
    *("test_figures.py", "test_heading.py", "test_records.py", "test_sent_pictures.py"),
    *("test_left_chats.py", "test_questions_asked.py"),
)
TORCH = (  # each process that imports it takes seconds
    *("tests/training/fit", "tests/training/export", "tests/training/data/test_dataset.py"),
    *("tests/training/data/spans", "tests/training/test_entity_pipeline.py"),
    *("tests/training/benchmark/test_local_models.py", "tests/training/refresh/test_command.py"),
    *("tests/training/test_pipeline.py", "tests/training/test_errors.py", "tests/test_benchmarks.py"),
)
# Uses the clients of language models, which those in `training/` import as well.
LANGUAGE_MODELS = "tests/standins/test_llm_standin.py"
CONSOLE_UNIT, PRODUCT_UNIT = "browser: consoles", "browser: the running product"
TORCH_UNIT, TRAINING_UNIT, POSTGRES_UNIT = "training: torch", "training: the rest", "postgres"


class UnitScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Distribute whole units."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)


def unit_of(nodeid: str) -> str:
    """Return the unit that a test belongs to, which is its module except in four folders.

    Each test in `e2e/` is its own unit if it starts its own processes. Modules in `browser/` share Chromium and,
    except for those that test the console, one running product. Modules that need PyTorch share it, the others in
    `training/` share the corpus and what draws and asks, and those in `postgres/` share a PostgreSQL server.
    """
    module, folder = _module_and_folder(nodeid)
    if folder == "e2e" and module.name not in SHARED_SERVICES:
        return nodeid
    if folder == "browser":
        return CONSOLE_UNIT if module.name in CONSOLES else PRODUCT_UNIT
    if folder == "postgres":
        return POSTGRES_UNIT
    if _needs_torch(module):
        return TORCH_UNIT
    return TRAINING_UNIT if folder == "training" or str(module) == LANGUAGE_MODELS else str(module)


def place_of(nodeid: str) -> int:
    """Return when a test starts: lower numbers first."""
    module, folder = _module_and_folder(nodeid)
    if _needs_torch(module):
        return FIRST.index("browser")
    return FIRST.index(folder) if folder in FIRST else len(FIRST)


@cache
def _needs_torch(module: PurePosixPath) -> bool:
    return any(module.is_relative_to(place) for place in TORCH)


def _module_and_folder(nodeid: str) -> tuple[PurePosixPath, str]:
    return _split_path(nodeid.partition("::")[0])


@cache
def _split_path(file: str) -> tuple[PurePosixPath, str]:
    module = PurePosixPath(file)
    return module, module.parts[1] if len(module.parts) > 2 else ""
