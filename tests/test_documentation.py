"""What is written for people agrees with what is there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from app.cli import cli
from app.edges import build_app
from classifier import INTENTS
from inbox.models import DeliveryState
from intake import vocabulary
from intake.practices import Limits, Links, Practice, load_practices
from intake.settings import Settings, load_settings
from tasks.metrics import ALL
from tasks.routing.table import ROUTES
from tests.world import ENCRYPTION_KEY
from training.__main__ import main as training
from web.openapi import description
from web.services import services_of

ROOT = Path(__file__).parents[1]
DEMO_FILE = ROOT / "practices.demo.toml"
README = ROOT / "README.md"
DOCS = ROOT / "docs"
ADRS = DOCS / "adr"
CHANGELOG = ROOT / "CHANGELOG.md"
LONGEST_ENTRY = 40  # words
DOCUMENTS = [README, ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted(DOCS.rglob("*.md"))]
WRITTEN_ABOUT = [*DOCUMENTS, CHANGELOG, ROOT / "Procfile", ROOT / ".env.example", DEMO_FILE]
LARGEST_README = 8000
TARGETS = {*re.findall(r"[a-z-]+", re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[0])}


def commands(group: click.Group, path: str = "intake") -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}"


COMMANDS = list(commands(cli))


def text_of(files: Iterable[Path]) -> str:
    return "\n".join(file.read_text() for file in files)


def by_path(file: Path) -> str:
    return str(file.relative_to(ROOT))


def section(file: Path, heading: str) -> str:
    """What stands between a heading and the next one of any level."""
    return re.split(r"^#+ (?=[A-Z])", file.read_text().partition(f"# {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[
        0
    ]


# ---- settings


def test_the_example_environment_lists_every_setting_and_no_other() -> None:
    listed = re.findall(r"^([A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)

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
def test_the_list_of_commands_explains_every_command(command: str) -> None:
    assert f"| `{command}` |" in (DOCS / "commands.md").read_text()


@pytest.mark.parametrize("command", training.commands)
def test_the_list_of_commands_explains_every_command_of_training(command: str) -> None:
    assert f"| `python -m training {command}` |" in (DOCS / "commands.md").read_text()


@pytest.mark.parametrize("file", WRITTEN_ABOUT, ids=by_path)
def test_every_command_that_is_written_about_exists(file: Path) -> None:
    groups = {command.rpartition(" ")[0] for command in COMMANDS}
    for line in file.read_text().splitlines():
        for found in re.findall(r"(?:`|^\$ |: |/)(intake [a-z]+(?: [a-z-]+)?)", line):
            words = found.split()
            assert found in COMMANDS or " ".join(words[:2]) in COMMANDS or found in groups, line


@pytest.mark.parametrize("file", WRITTEN_ABOUT, ids=by_path)
def test_every_make_target_that_is_written_about_exists(file: Path) -> None:
    assert set(re.findall(r"(?:`|^\$ )make ([a-z-]+)", file.read_text(), re.MULTILINE)) <= TARGETS


def test_the_continuous_test_is_the_readmes() -> None:
    assert (ROOT / ".ci" / "run").read_text().splitlines()[-2:] == ["make lint", "make test"]
    for command in ("make lint", "make test"):
        assert f"| `{command}` |" in README.read_text()


@pytest.mark.parametrize("target", sorted(TARGETS - {"clean"}))
def test_the_readme_explains_every_target(target: str) -> None:
    assert f"| `make {target}` |" in README.read_text()


# ---- metrics


def test_operations_explains_every_metric_and_no_other() -> None:
    explained = set(re.findall(r"^\| `(intake_[a-z_]+)` \|", section(DOCS / "operations.md", "Metrics"), re.MULTILINE))
    current = set(re.findall(r"\"(intake_[a-z_]+)\"", (ROOT / "web" / "metrics.py").read_text()))

    assert explained == {series.name for series in ALL} | current


def test_operations_explains_every_alert_and_no_other() -> None:
    alerts = re.findall(r"- alert: (\w+)", (DOCS / "ops" / "prometheus-alerts.yml").read_text())

    assert re.findall(r"`(Intake\w+)`", section(DOCS / "operations.md", "Alerts")) == alerts


# ---- how it works


def test_the_configuration_tells_the_routing_table_as_it_is() -> None:
    table = section(DOCS / "configuration.md", "What happens to each kind of message")

    rows = re.findall(r"^\| `(\w+)`.* \| `(\w+)` \| (\w+) \|$", table, re.MULTILINE)
    assert {route: (team, priority) for route, team, priority in rows} == ROUTES


def test_the_diagram_of_the_outbox_has_every_state_and_no_other() -> None:
    drawn = section(DOCS / "architecture.md", "Outbox states").partition("stateDiagram-v2")[2].partition("```")[0]

    states = set(re.findall(r"^ +(\w+) -->", drawn, re.MULTILINE)) | set(re.findall(r"--> (\w+)", drawn))
    assert states == set(DeliveryState)


def test_the_configuration_names_every_setting() -> None:
    named = section(DOCS / "configuration.md", "Environment")

    assert {name for name in Settings.model_fields if f"`{name.upper()}`" not in named} == set()


# ---- documents


def test_the_readme_is_a_front_door() -> None:
    assert len(README.read_bytes()) < LARGEST_README


@pytest.mark.parametrize("file", DOCUMENTS, ids=by_path)
def test_every_link_leads_somewhere(file: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", file.read_text()):
        path, _, anchor = target.partition("#")
        linked = file.parent / path if path else file
        assert linked.exists(), target
        assert not anchor or anchor in anchors_of(linked), target


def anchors_of(file: Path) -> set[str]:
    """The anchors that a reader of Markdown gives to the headings."""
    headings = re.findall(r"^#+ (.*)$", file.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("file", DOCUMENTS, ids=by_path)
def test_every_document_can_be_found_from_the_readme(file: Path) -> None:
    found, waiting = {README}, [README]
    while waiting:
        document = waiting.pop()
        for path in re.findall(r"\]\(([^)#:]+\.md)(?:#[^)]*)?\)", document.read_text()):
            linked = (document.parent / path).resolve()
            if linked not in found:
                found.add(linked)
                waiting.append(linked)

    assert file in found


@pytest.mark.parametrize("file", DOCUMENTS, ids=by_path)
def test_every_path_that_is_named_exists(file: Path) -> None:
    rooms = [folder.parent.name for folder in ROOT.glob("*/__init__.py")]
    named = re.findall(rf"`((?:{'|'.join(rooms)}|docs)/[\w./-]*)`", file.read_text())

    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_table_of_what_to_open_names_files_in_every_row() -> None:
    rows = section(DOCS / "architecture.md", "To change X, open these files").strip().splitlines()[2:]
    rows = [row for row in rows if row.startswith("|")]

    assert len(rows) > 15
    assert [row for row in rows if not re.search(r"`[\w.]+/[\w./]*`", row)] == []


def test_every_file_and_name_in_that_table_is_there() -> None:
    table = section(DOCS / "architecture.md", "To change X, open these files")
    files = [
        path for path in re.findall(r"`([\w.][\w./-]*)`", table) if "/" in path or "." in path or path == "Procfile"
    ]
    names = re.findall(r"`(\w+)(?:\(\))?`(?: of a `\w+`)? in `([\w./]+\.py)`", table)

    assert [path for path in files if not (ROOT / path).exists()] == []
    assert len(names) > 5
    assert [(name, path) for name, path in names if not re.search(rf"\b{name}\b", (ROOT / path).read_text())] == []


@pytest.mark.parametrize("file", sorted(ADRS.glob("[0-9]*.md")), ids=lambda file: file.stem)
def test_every_decision_record_is_listed_and_has_its_three_parts(file: Path) -> None:
    number, text = file.name[:4], file.read_text()

    assert f"[{number}]({file.name})" in (ADRS / "README.md").read_text()
    assert text.startswith(f"# {int(number)}. ")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]


def test_every_entry_of_the_changelog_is_short_and_names_its_subject() -> None:
    entries = re.findall(r"^- (.*?)(?=\n- |\n*^#|\Z)", CHANGELOG.read_text(), re.MULTILINE | re.DOTALL)

    assert len(entries) > 500
    assert [entry for entry in entries if len(entry.split()) > LONGEST_ENTRY] == []
    assert [entry for entry in entries if re.match(r"(Who|Whoever|Whom|Whose)\b", entry)] == []


def test_no_test_cites_a_document_that_is_not_there() -> None:
    cited = re.findall(r"\b([A-Z]{4,})(?:\.md)?(?:'s)? section\b", text_of((ROOT / "tests").rglob("*.py")))

    assert [name for name in cited if not list(ROOT.glob(f"**/{name}.md"))] == []


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
        load_settings(
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
    assert vocabulary.INTENTS == INTENTS


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
