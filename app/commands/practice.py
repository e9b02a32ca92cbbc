"""Checking a practices file."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.commands.run import data_dir_option
from intake.errors import IntakeError
from intake.service_files import RUN_FILE, settings_of_running_service
from intake.vocabulary import AutoReply, Language

if TYPE_CHECKING:
    from intake.practices import Practice, Practices
    from tasks.carriers.protocol import Outcome


@click.group()
def practice() -> None:
    """Work with the practices file."""


@practice.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--replies", "show_replies", is_flag=True, help="Show each reply as a patient would read it now.")
@click.option("--prompts", "show_prompts", is_flag=True, help="Show each voice prompt as a caller would hear it now.")
@click.option("--consent", "show_consent", is_flag=True, help="Show the wording that belongs next to phone fields.")
@click.option("--notify", "tests_addresses", is_flag=True, help="Send a test notice to each address of each team.")
@data_dir_option
def check(
    file: Path, show_replies: bool, show_prompts: bool, show_consent: bool, tests_addresses: bool, data_dir: Path
) -> None:
    """Check a practices FILE and name the line or key of each error.

    The status is 3 if nothing is wrong and a practice's emergencies page nobody. Which carriers there are is read from
    the service's settings, if it is set up here.
    """
    from app.exits import NOBODY_PAGED
    from app.paging_check import paging_warning
    from intake.practices import load_practices, naming_file
    from tasks.notification.addresses import check_addresses
    from templates.replies import check_replies
    from templates.segments import count_segments
    from templates.text_consent import whole_wording
    from templates.voice_prompts import check_prompts

    practices = load_practices(file)
    carriers, is_silent = _known_carriers(data_dir), False
    for entry in practices.all:
        moment = datetime.now(UTC)
        with naming_file(file):
            check_addresses(entry)
            replies, prompts = check_replies(entry, moment), check_prompts(entry, moment)
        longest = max(count_segments(text) for text in replies.values())
        remarks = ", automatic replies are off" if entry.auto_reply is AutoReply.OFF else ""
        remarks += ", reviews are shared for training" if entry.share_reviews_for_training else ""
        click.echo(f"{entry.slug}: {entry.name}, {len(replies)} replies of at most {longest} SMS segments{remarks}")
        if warning := paging_warning(entry, carriers, ()):
            is_silent = True
            click.echo(f"  warning: {warning}", err=True)
        if show_replies:
            _show_lines({f"{name} ({count_segments(text)})": text for name, text in replies.items()})
        if show_consent:
            _show_lines({language: whole_wording(entry, language) for language in (Language.EN, Language.ES)})
        if show_prompts:
            _show_lines(prompts)
    _warn_of_lost(practices, data_dir)
    if tests_addresses:
        _test_addresses(practices.all, data_dir)
    if is_silent:
        sys.exit(NOBODY_PAGED)


def _show_lines(texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        click.echo(f"  {name}: {text}")


@dataclass(frozen=True, slots=True)
class _GivenCarriers:
    """Which carriers of notices are set up, where other settings may be missing."""

    sends_texts: bool
    smtp_url: str | None


def _known_carriers(data_dir: Path) -> _GivenCarriers | None:
    """Return which carriers are set up; None if no service is set up here, as a file can be checked anywhere."""
    from intake.settings import ENV_FILE, given_settings

    given = given_settings(data_dir / RUN_FILE, ENV_FILE)
    if not given:
        return None
    return _GivenCarriers(bool(given.get("twilio_account_sid")), given.get("smtp_url") or None)


def _warn_of_lost(practices: Practices, data_dir: Path) -> None:
    """Warn of practices that the service's database knows and the file lacks, if there is a service here."""
    from sqlalchemy.exc import SQLAlchemyError

    from inbox.backup.database_dump import is_empty
    from inbox.practices.lost import describe_lost, find_lost
    from inbox.storage.database import Database
    from intake.encryption import Keyring

    try:
        settings = settings_of_running_service(data_dir)
        if is_empty(settings.database_url):
            return
        database = Database(settings.database_url, Keyring(settings.encryption_keys))
        with database.read() as session:
            warning = describe_lost(find_lost(session, practices))
    except (IntakeError, SQLAlchemyError):
        return  # a file can be checked anywhere
    if warning:
        click.echo(f"warning: {warning}", err=True)


def _test_addresses(practices: list[Practice], data_dir: Path) -> None:
    """Send each address a test notice and say which were taken; of an address only its kind is shown."""
    from tasks.carriers.protocol import Accepted
    from tasks.notification.notifier import make_notifier
    from tasks.notification.render import Wording

    settings = settings_of_running_service(data_dir)
    notifier, refused = make_notifier(settings), 0
    for practice in practices:
        for team, known in practice.teams.items():
            for number, address in enumerate(known.notify, start=1):
                title = f"[test] {practice.name}: this is where {team.replace('_', ' ')} is told"
                wording = Wording(title, "Nobody has written; nothing has to be done.", f"{title}. Nothing to be done.")
                outcome = notifier.send(wording, address, practice)
                is_taken = isinstance(outcome, Accepted)
                refused += not is_taken
                kind = address.partition(":")[0]
                answer = "sent" if is_taken else f"not sent ({_explain(outcome)})"
                click.echo(f"  {practice.slug}.teams.{team}.notify[{number}] ({kind}): {answer}")
    if refused:
        raise IntakeError(f"{refused} test notices were not taken; see above")


def _explain(outcome: Outcome) -> str:
    """Return in a few words why a notice did not go out; the carrier's own words may hold an address."""
    from tasks.carriers.protocol import NotSent, Refused, Retryable

    match outcome:
        case Refused():
            return "the carrier refused it"
        case Retryable():
            return "the carrier is busy or out of reach"
        case NotSent():
            return "no carrier is set up"
        case _:
            return "the carrier did not answer"
