"""How `pytest -n` distributes the tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.distribution import CONSOLES, FIRST, LANGUAGE_MODELS, SHARED_SERVICES, TORCH, place_of, unit_of

TESTS = Path(__file__).parent


def test_a_module_goes_to_one_process() -> None:
    assert unit_of("tests/inbox/audit/test_trail.py::test_a") == unit_of(
        "tests/inbox/audit/test_trail.py::test_b[c::d]"
    )
    assert unit_of("tests/inbox/audit/test_trail.py::test_a") != unit_of("tests/inbox/accounts/test_members.py::test_a")


def test_tests_that_start_their_own_processes_are_distributed_one_by_one() -> None:
    assert unit_of("tests/e2e/test_up.py::test_a") != unit_of("tests/e2e/test_up.py::test_b")
    [shared] = SHARED_SERVICES
    assert unit_of(f"tests/e2e/{shared}::test_a") == unit_of(f"tests/e2e/{shared}::test_b")
    assert (TESTS / "e2e" / shared).exists()


def test_modules_that_share_the_running_product_go_to_one_process() -> None:
    assert unit_of("tests/browser/test_demo.py::test_a") == unit_of("tests/browser/test_outages.py::test_b")
    assert unit_of("tests/browser/test_demo.py::test_a") != unit_of("tests/browser/test_console.py::test_a")


def test_modules_that_import_torch_go_to_one_process() -> None:
    assert unit_of("tests/training/fit/test_teacher.py::test_a") == unit_of("tests/training/test_pipeline.py::test_b")
    assert unit_of("tests/training/fit/test_teacher.py::test_a") == unit_of("tests/test_benchmarks.py::test_a")
    assert unit_of("tests/training/fit/test_teacher.py::test_a") != unit_of("tests/training/test_recipe.py::test_a")


def test_the_other_modules_of_the_training_share_the_corpus() -> None:
    assert unit_of("tests/training/data/test_corpus.py::test_a") == unit_of("tests/training/test_recipe.py::test_b")


def test_whatever_asks_a_language_model_goes_with_the_training() -> None:
    assert (TESTS.parent / LANGUAGE_MODELS).exists()
    assert unit_of(f"{LANGUAGE_MODELS}::test_a") == unit_of("tests/training/test_recipe.py::test_b")


def test_modules_that_share_a_postgresql_server_go_to_one_process() -> None:
    assert unit_of("tests/postgres/test_races.py::test_a") == unit_of("tests/postgres/test_alarms.py::test_b")
    assert unit_of("tests/postgres/test_races.py::test_a") != unit_of("tests/inbox/audit/test_trail.py::test_a")


def test_what_takes_longest_starts_first() -> None:
    modules = [
        "tests/test_architecture.py",
        "tests/inbox/audit/test_trail.py",
        "tests/e2e/test_up.py",
        "tests/browser/a.py",
    ]

    assert sorted(modules, key=place_of) == [modules[3], modules[2], modules[0], modules[1]]


@pytest.mark.parametrize("folder", FIRST)
def test_every_folder_that_starts_first_exists(folder: str) -> None:
    assert (TESTS / folder).is_dir()


@pytest.mark.parametrize("place", TORCH)
def test_every_place_that_needs_torch_exists(place: str) -> None:
    assert (TESTS.parent / place).exists()


@pytest.mark.parametrize("name", CONSOLES)
def test_every_module_that_is_set_apart_exists_and_leaves_the_product_alone(name: str) -> None:
    assert "product" not in (TESTS / "browser" / name).read_text()
