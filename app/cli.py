"""The `intake` command."""

from __future__ import annotations

import atexit
import gc
import sys

import click

from app.commands.audit import audit
from app.commands.backup import backup, restore
from app.commands.calibrate import calibrate
from app.commands.classify import classify
from app.commands.export import export
from app.commands.init import init
from app.commands.keys import keys
from app.commands.mail import mail
from app.commands.model import model
from app.commands.patient import patient
from app.commands.practice import practice
from app.commands.questions import questions
from app.commands.redact import redact
from app.commands.retention import retention
from app.commands.run import migrate, up, web, worker
from app.commands.simulate import simulate
from app.commands.staff import staff
from app.exits import explain_failure
from app.installed_version import installed_version
from app.interrupts import INTERRUPTED


def _show_version(context: click.Context, _: click.Parameter, is_asked: bool) -> None:
    if is_asked:
        click.echo(f"intake, version {installed_version()}")
        context.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and exit.",
)
def cli() -> None:
    """Answer a healthcare practice's patient messages.

    Start with `intake init` and `intake up`, then play a patient with `intake simulate sms "..."`.
    """


COMMANDS = (
    *(init, up, web, worker, mail, migrate, classify, redact, calibrate, simulate, model, practice, questions, keys),
    *(staff, audit),
    *(retention, patient, export, backup, restore),
)
for command in COMMANDS:
    cli.add_command(command)


def main() -> None:
    """Run the command; whatever goes wrong is one sentence on stderr and a non-zero status."""
    # Otherwise Python searches every imported module for garbage before it ends, which takes longer than most commands.
    atexit.register(gc.freeze)
    with explain_failure():
        try:
            cli.main(standalone_mode=False)
        except click.ClickException as error:
            error.show()
            sys.exit(error.exit_code)
        except (click.Abort, KeyboardInterrupt):
            click.echo("Interrupted.", err=True)
            sys.exit(INTERRUPTED)
        except BrokenPipeError:
            sys.exit(141)
