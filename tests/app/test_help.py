"""Every command explains itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from app.cli import cli
from intake import __version__


def commands(group: click.Group, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command and group below a group, by what is typed to reach it."""
    for name, command in group.commands.items():
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)


COMMANDS = dict(commands(cli))
BY_NAME = [pytest.param(path, id=" ".join(path)) for path in COMMANDS]


def test_these_are_the_commands() -> None:
    assert {" ".join(path) for path, command in COMMANDS.items() if not isinstance(command, click.Group)} == {
        *("init", "up", "web", "worker", "mail serve", "mail fetch", "migrate", "classify", "redact", "calibrate"),
        *("simulate sms", "simulate voicemail", "simulate chat", "practice check"),
        *("model info", "model check", "model import", "model list", "model activate", "model rollback"),
        "model export-reviews",
        *("keys new", "keys status", "keys rotate"),
        *("patient export", "patient erase", "patient hold", "retention run", "backup", "restore"),
        *("staff add", "staff list", "staff disable", "staff enable", "staff reset", "audit verify"),
        *("questions try", "export fhir"),
    }


@pytest.mark.parametrize("path", BY_NAME)
def test_help_says_what_a_command_does_and_how_it_is_typed(path: tuple[str, ...]) -> None:
    command = COMMANDS[path]

    for flag in ("--help", "-h"):
        shown = CliRunner().invoke(cli, [*path, flag], prog_name="intake")
        assert shown.exit_code == 0
        assert shown.output.startswith(f"Usage: intake {' '.join(path)} ")
        assert command.help is not None
        assert command.help.split("\n\n")[0].splitlines()[0].split()[0] in shown.output


@pytest.mark.parametrize("path", BY_NAME)
def test_a_command_is_summed_up_in_one_sentence(path: tuple[str, ...]) -> None:
    help_text = COMMANDS[path].help or ""
    summary = help_text.split("\n\n")[0]

    assert summary.endswith(".")
    assert summary[0].isupper()
    assert ". " not in summary


@pytest.mark.parametrize("path", BY_NAME)
def test_every_option_and_argument_is_explained(path: tuple[str, ...]) -> None:
    command = COMMANDS[path]

    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name
            assert parameter.help.endswith("."), parameter.name
        else:
            name = (parameter.metavar or parameter.name or "").rstrip(".").upper()
            assert name in re.findall("[A-Z_]+", command.help or ""), name


def test_help_of_the_whole_lists_every_command() -> None:
    shown = CliRunner().invoke(cli, ["--help"], prog_name="intake")

    assert shown.exit_code == 0
    for name, command in cli.commands.items():
        assert f"  {name} " in shown.output
        assert (command.help or "").split("\n\n")[0] in " ".join(shown.output.split())


def test_the_version_is_told() -> None:
    shown = CliRunner().invoke(cli, ["--version"], prog_name="intake")

    assert (shown.exit_code, shown.output) == (0, f"intake, version {__version__}\n")
