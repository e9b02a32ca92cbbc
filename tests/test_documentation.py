"""What is written for people agrees with what is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from app.cli import cli
from app.edges import build_app
from classifier import INTENTS
from intake import practices
from intake.practices import Limits, Links, Practice, load_practices
from intake.settings import Settings
from tests.world import ENCRYPTION_KEY
from web.openapi import description
from web.services import services_of

ROOT = Path(__file__).parents[1]
DEMO_FILE = ROOT / "practices.demo.toml"


def commands(group: click.Group, path: str = "intake") -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}"


COMMANDS = list(commands(cli))


# ---- settings


def test_the_example_environment_lists_every_setting_and_no_other() -> None:
    listed = re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)

    assert listed == [name.upper() for name in Settings.model_fields]


def test_the_example_environment_explains_every_setting() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()

    for before, line in pairwise(lines):
        if not line.startswith("#") and line:
            assert before.startswith("# "), line


@pytest.mark.parametrize("name", Settings.model_fields)
def test_the_example_environment_shows_what_holds_when_nothing_is_set(name: str) -> None:
    [shown] = re.findall(rf"^{name.upper()}=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE)

    field = Settings.model_fields[name]
    if shown and not field.is_required():
        assert float(shown) == field.default if isinstance(field.default, int | float) else shown == str(field.default)


# ---- commands


@pytest.mark.parametrize("command", COMMANDS)
def test_the_readme_shows_every_command(command: str) -> None:
    assert re.search(rf"\b{command}\b", (ROOT / "README.md").read_text())


@pytest.mark.parametrize("file", ["README.md", "Procfile", ".env.example", "practices.demo.toml", "CHANGELOG.md"])
def test_every_command_that_is_written_about_exists(file: str) -> None:
    groups = {command.rpartition(" ")[0] for command in COMMANDS}
    for line in (ROOT / file).read_text().splitlines():
        for found in re.findall(r"(?:`|^\$ |: )(intake [a-z]+(?: [a-z-]+)?)", line):
            words = found.split()
            assert found in COMMANDS or " ".join(words[:2]) in COMMANDS or found in groups, line


def test_the_continuous_test_is_the_readmes() -> None:
    assert (ROOT / ".ci" / "run").read_text().splitlines()[-2:] == ["make lint", "make test"]
    for command in ("make lint", "make test"):
        assert f"| `{command}` |" in (ROOT / "README.md").read_text()


def test_the_readme_explains_every_target() -> None:
    [phony] = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)

    for target in set(phony.split()) - {"clean"}:
        assert f"| `make {target}` |" in (ROOT / "README.md").read_text(), target


# ---- the HTTP interface


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    """Path, method and description of everything that can be asked."""
    return [
        (path, name, part)
        for path, parts in description()["paths"].items()
        for name, part in parts.items()
        if name != "parameters"
    ]


def test_the_openapi_description_has_every_route_and_no_other(tmp_path: Path) -> None:
    app = build_app(
        Settings(
            _env_file=None,
            database_url=f"sqlite:///{tmp_path}/intake.db",
            redis_url="redis://127.0.0.1:1",
            secret_key="a secret for tests only",
            encryption_keys=ENCRYPTION_KEY,
            public_url="https://intake.example.com",
            practices_file=DEMO_FILE,
        )
    )
    routes = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.endpoint != "static"
    }
    services_of(app).database.close()

    assert {(path, method) for path, method, _ in operations()} == routes


def test_every_operation_is_summed_up_and_says_what_it_answers() -> None:
    for path, method, operation in operations():
        assert operation["summary"], (method, path)
        assert all(answer["description"] for answer in operation["responses"].values()), (method, path)


# ---- practices


def test_the_practices_file_and_the_classifier_speak_of_the_same_intents() -> None:
    assert practices.INTENTS == INTENTS


def test_the_demo_practices_file_shows_every_key() -> None:
    text = DEMO_FILE.read_text()

    for key in {*Practice.model_fields, *Links.model_fields, *Limits.model_fields}:
        assert re.search(rf"^(?:# )?(?:{key} = |\[+practice\.{key}\b)", text, re.MULTILINE), key


def test_what_the_demo_practices_file_leaves_out_would_be_right_too(tmp_path: Path) -> None:
    """Its examples in comments are keys that exist, with values that are accepted."""
    text = DEMO_FILE.read_text().replace("MG…", "MG" + "0" * 32)
    example = re.compile(r"^# (?=\[practice\.|[a-z_]+ = (?!\[\"mailtos))", re.MULTILINE)
    file = tmp_path / "practices.toml"
    file.write_text(example.sub("", text))

    [demo] = load_practices(file).all
    assert demo.messaging_service_sid
    assert demo.review_threshold
    assert demo.routes
    assert demo.replies


def test_the_openapi_description_is_valid() -> None:
    OpenAPIV31SpecValidator(description()).validate()
