"""The architecture: which room may import which, what serving does without, and how variables and classes are named."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from setuptools import find_packages

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONTRACTS = [contract["name"] for contract in PYPROJECT["tool"]["importlinter"]["contracts"]]
ROOMS = PYPROJECT["tool"]["importlinter"]["root_packages"]
TRAINING_ONLY = {
    "torch", "transformers", "optimum", "optimum-onnx", "datasets", "accelerate", "scikit-learn", "faker", "openai",
    "anthropic", "matplotlib", "sentencepiece",
}  # fmt: skip

WRONG_IMPORTS = [
    ("intake", "app.cli"),
    ("intake", "inbox.models.column_types"),
    ("classifier", "templates.segments"),
    ("templates", "inbox.storage.database"),
    ("inbox", "tasks.queues.queue"),
    ("inbox.models", "inbox.storage.leases"),
    ("inbox.contact", "inbox.conversations.state"),
    ("tasks", "web.services"),
    ("tasks.carriers", "tasks.notification.models"),
    ("tasks.notification", "tasks.delivery.states"),
    ("tasks", "training.recipe"),
    ("web", "staff.display"),
    ("web", "webhooks.browser.chat"),
    ("staff", "webhooks.browser.origins"),
    ("webhooks", "staff.display"),
    ("webhooks", "app.wsgi"),
    ("training", "tasks.queues.queue"),
    ("training.data", "training.evaluation.report"),
    ("training.fit", "training.data.held_back"),
]

# Imports every module of the packages that serve, then says which of the heavy libraries came along.
IMPORT_SERVING = """
import importlib, pkgutil, sys
for room in ("app", "staff", "webhooks", "web", "tasks", "inbox", "templates", "classifier", "intake"):
    for module in pkgutil.walk_packages(importlib.import_module(room).__path__, room + "."):
        if not module.name.endswith(("__main__", "migrations.env")):
            importlib.import_module(module.name)
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def lint_imports(folder: Path) -> str:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


def test_rooms_import_only_what_they_may() -> None:
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in lint_imports(ROOT)


@pytest.fixture(scope="module")
def broken_house(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the contracts say about a copy that breaks each of them."""
    copy = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", copy)
    for room in ROOMS:
        shutil.copytree(
            ROOT / room, copy / room, ignore=shutil.ignore_patterns("intent", "corpus", "runs", "__pycache__")
        )
    for importer, imported in WRONG_IMPORTS:
        (copy / importer.replace(".", "/") / f"wrong_{imported.partition('.')[0]}.py").write_text(
            f"import {imported}\n"
        )
    return lint_imports(copy)


@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_contract_can_break(broken_house: str, contract: str) -> None:
    assert any(line.startswith(f"{contract} BROKEN") for line in broken_house.splitlines())


@pytest.mark.parametrize(("importer", "imported"), WRONG_IMPORTS)
def test_a_wrong_import_is_named(broken_house: str, importer: str, imported: str) -> None:
    room = imported.partition(".")[0]
    assert re.search(rf"{re.escape(importer)}\.wrong_{room} ->\s+{re.escape(imported)}", broken_house)


def test_no_contract_has_exceptions() -> None:
    for contract in PYPROJECT["tool"]["importlinter"]["contracts"]:
        assert not any("ignore" in key for key in contract), contract["name"]


def test_serving_never_imports_what_training_needs() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_SERVING], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )

    imported = set(done.stdout.split())
    assert {"webhooks", "onnxruntime", "tokenizers", "flask", "rq"} <= imported
    assert not imported & {
        "torch", "transformers", "optimum", "datasets", "sklearn", "faker", "openai", "anthropic", "matplotlib",
        "training",
    }  # fmt: skip


def closure(requirements: list[str]) -> Iterator[str]:
    """The names of everything that an installation brings, as far as it is installed here."""
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [Requirement(text) for text in requirements]
    while waiting:
        requirement = waiting.pop()
        name, extras = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        yield name
        try:
            needed = [Requirement(text) for text in requires(name) or []]
        except PackageNotFoundError:
            continue
        environments = [{"extra": extra} for extra in ("", *extras)]
        waiting += [
            dependency
            for dependency in needed
            if not dependency.marker or any(map(dependency.marker.evaluate, environments))
        ]


def test_an_installation_to_serve_brings_nothing_that_only_training_needs() -> None:
    brought = set(closure(PYPROJECT["project"]["dependencies"]))

    assert {"onnxruntime", "tokenizers", "flask", "werkzeug", "numpy"} <= brought
    assert not brought & TRAINING_ONLY


def test_an_installation_to_train_brings_it() -> None:
    extra = PYPROJECT["project"]["optional-dependencies"]["training"]

    assert {canonicalize_name(Requirement(text).name) for text in extra} >= TRAINING_ONLY


def test_every_package_is_installed() -> None:
    packages = {
        str(file.parent.relative_to(ROOT)).replace("/", ".") for room in ROOMS for file in (ROOT / room).rglob("*.py")
    }

    found = PYPROJECT["tool"]["setuptools"]["packages"]["find"]
    installed = find_packages(str(ROOT), include=found["include"])

    assert {name for name in packages if "runs" not in name} == set(installed)


def names_bound(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every argument and variable that a module binds, with its line."""
    for node in ast.walk(tree):
        match node:
            case (
                ast.arg(arg=name)
                | ast.Name(id=name, ctx=ast.Store())
                | ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
            ):
                yield name, node.lineno


@pytest.mark.parametrize(
    "code",
    [
        "one = 1",
        "one: int = 1",
        "(one := 1)",
        "one, another = 1, 2",
        "for one in (1, 2): pass",
        "[one for one in (1, 2)]",
        "{one: 1 for one in (1, 2)}",
        "lambda one: 1",
        "def add(first, *, one): pass",
        "def add(*one): pass",
        "with open('file') as one: pass",
        "try: pass\nexcept ValueError as one: pass",
        "match 1:\n    case one: pass",
    ],
)
def test_a_variable_is_found_wherever_it_is_bound(code: str) -> None:
    assert "one" in dict(names_bound(ast.parse(code)))


@pytest.mark.parametrize("code", ["query.one()", "print('one')", "someone = 1", "add(one=1)"])
def test_what_is_no_variable_is_left_alone(code: str) -> None:
    assert "one" not in dict(names_bound(ast.parse(code)))


@pytest.mark.parametrize("folder", PYPROJECT["tool"]["mypy"]["packages"])
def test_every_variable_says_what_it_is(folder: str) -> None:
    """A variable is named after what it holds; `one` only says that there are several."""
    files = sorted((ROOT / folder).rglob("*.py"))
    assert files

    texts = {file: file.read_text(encoding="utf-8") for file in files}
    found = [
        f"{file.relative_to(ROOT)}:{line}"
        for file, text in texts.items()
        if re.search(r"\bone\b", text)  # so that few have to be parsed
        for name, line in names_bound(ast.parse(text))
        if name == "one"
    ]
    assert found == []


def test_every_public_class_has_a_name_of_its_own() -> None:
    """A class is found by its name alone, in a search, a log, or a stack trace."""
    files: dict[str, list[str]] = {}
    for room in ROOMS:
        for file in sorted((ROOT / room).rglob("*.py")):
            for name in re.findall(r"^class ([A-Z]\w*)", file.read_text(encoding="utf-8"), re.MULTILINE):
                files.setdefault(name, []).append(str(file.relative_to(ROOT)))

    assert len(files) > 500
    assert {name: places for name, places in files.items() if len(places) > 1} == {}
