"""Who may sign in to the console: adding, listing, disabling and helping back in."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.commands.run import data_dir_option
from intake.errors import IntakeError
from intake.service_files import settings_of_running_service
from intake.vocabulary import Role

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from inbox.models import StaffMember
    from inbox.storage.database import Database

GENERATED_BYTES = 15

generate_option = click.option("--generate", is_flag=True, help="Generate a password and show it once.")


@click.group()
def staff() -> None:
    """Manage console accounts."""


@staff.command()
@click.argument("email")
@click.option(
    "--practice", "practices", multiple=True, required=True, help="Slug of their practice; repeat it for several."
)
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    required=True,
    help="Staff answer patients; managers also change settings; admins also see the job queues.",
)
@click.option("--name", help="The name that colleagues see. Default: EMAIL up to the @.")
@generate_option
@data_dir_option
def add(email: str, practices: tuple[str, ...], role: str, name: str | None, generate: bool, data_dir: Path) -> None:
    """Create an account for EMAIL at one or more practices.

    On a terminal, asks for the password twice. Otherwise, reads it from the first line of the input.
    """
    from inbox.accounts.members import add_member

    with _open(data_dir) as (database, known):
        _require_known(practices, known)
        password = _choose_password(generate)
        with database.write() as session:
            member = add_member(session, email, name or email.partition("@")[0], Role(role), practices, password)
            _record(session, member, "account_added", role=role, practices=sorted(set(practices)))
    click.echo(f"{member.email} may sign in at /staff/ as {role} for {', '.join(dict.fromkeys(practices))}.")
    _show_generated(generate, password)


@staff.command("list")
@data_dir_option
def list_members(data_dir: Path) -> None:
    """List accounts and their status."""
    from inbox.accounts.members import all_members
    from inbox.models import now

    with _open(data_dir) as (database, _), database.read() as session:
        moment = now()
        for member in all_members(session):
            practices = ", ".join(row.practice for row in member.practices)
            states = [
                "disabled" if member.disabled_at else "",
                "locked" if member.locked_until and moment < member.locked_until else "",
                "authenticator" if member.totp_secret else "",
            ]
            click.echo("  ".join([member.email, member.role, practices, *filter(None, states)]))


@staff.command()
@click.argument("email")
@data_dir_option
def disable(email: str, data_dir: Path) -> None:
    """Sign EMAIL out everywhere and block further sign-ins."""
    from inbox.accounts.administration import keep_out
    from inbox.models import now

    with _changing(data_dir, email) as (session, member):
        keep_out(session, member, now())
        _record(session, member, "account_disabled")
    click.echo(f"{member.email} is signed out everywhere and cannot sign in.")


@staff.command()
@click.argument("email")
@data_dir_option
def enable(email: str, data_dir: Path) -> None:
    """Let EMAIL sign in again after it was disabled or locked."""
    from inbox.accounts.members import unlock_member

    with _changing(data_dir, email) as (session, member):
        member.disabled_at = None
        unlock_member(session, member)
        _record(session, member, "account_enabled")
    click.echo(f"{member.email} may sign in.")


@staff.command()
@click.argument("email")
@generate_option
@click.option("--second-factor", is_flag=True, help="Also remove a lost authenticator and its recovery codes.")
@data_dir_option
def reset(email: str, generate: bool, second_factor: bool, data_dir: Path) -> None:
    """Set a new password for EMAIL and sign it out everywhere.

    On a terminal, asks for the password twice. Otherwise, reads it from the first line of the input.
    """
    from inbox.accounts.members import revoke_sessions, set_password
    from inbox.accounts.second_factor import remove_second_factor

    with _open(data_dir) as (database, _):
        with database.read() as session:
            _find(session, email)
        password = _choose_password(generate)
        with database.write() as session:
            member = _find(session, email)
            set_password(session, member, password)
            if second_factor:
                remove_second_factor(member)
            revoke_sessions(session, member.id)
            _record(session, member, "account_reset", second_factor=second_factor)
    click.echo(f"{member.email} has a new password and is signed out everywhere.")
    _show_generated(generate, password)


@contextmanager
def _open(data_dir: Path) -> Iterator[tuple[Database, list[str]]]:
    """Return the service's database, and the slugs of its practices."""
    from inbox.storage.database import Database
    from intake.encryption import Keyring
    from intake.practices import load_practices

    settings = settings_of_running_service(data_dir)
    practices = load_practices(settings.practices_file)
    database = Database(settings.database_url, Keyring(settings.encryption_keys))
    try:
        database.check_keys()
        yield database, [practice.slug for practice in practices.all]
    finally:
        database.close()


@contextmanager
def _changing(data_dir: Path, email: str) -> Iterator[tuple[Session, StaffMember]]:
    with _open(data_dir) as (database, _), database.write() as session:
        yield session, _find(session, email)


def _find(session: Session, email: str) -> StaffMember:
    from inbox.accounts.members import find_member

    member = find_member(session, email)
    if member is None:
        raise IntakeError(f"{email} has no account: `intake staff list` shows those that there are")
    return member


def _record(session: Session, member: StaffMember, action: str, **detail: object) -> None:
    from inbox.audit.trail import record_action

    record_action(session, staff_id=None, practice=None, action=action, subject=f"staff:{member.id}", **detail)


def _require_known(practices: tuple[str, ...], known: list[str]) -> None:
    for slug in practices:
        if slug not in known:
            raise IntakeError(f"there is no practice {slug}: the practices file has {', '.join(known)}")


def _choose_password(generate: bool) -> str:
    if generate:
        return secrets.token_urlsafe(GENERATED_BYTES)
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt="The same again"))
    return sys.stdin.readline().rstrip("\r\n")


def _show_generated(generate: bool, password: str) -> None:
    if generate:
        click.echo(f"Password, shown this once: {password}")
