"""Fetching a practice's email from its mailbox by IMAP (RFC 3501).

Every email in the folder is stored, and moved out of it once that is committed. If the process dies in between, the
email is found again and recognized. So the folder itself says what is still to be done.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog
from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError, StatementError

from intake.logs import where_raised
from intake.mailbox import Mailbox
from web.services import Services
from webhooks.email.raw_email import read_raw_email
from webhooks.email.recording import record_email

log = structlog.get_logger(__name__)

TIMEOUT = SocketTimeout(connect=20, read=60)
ANSWERED_WITHIN = timedelta(days=3)
SETTINGS_HOLD_SECONDS = 1.0
FIRST_REST_SECONDS, LONGEST_REST_SECONDS = 60.0, 3600.0
_SIZE, _DATE = b"RFC822.SIZE", b"INTERNALDATE"


@contextmanager
def open_mailbox(mailbox: Mailbox, tls: ssl.SSLContext) -> Iterator[IMAPClient]:
    """Sign in to a mailbox, and open its folder.

    Raises:
        OSError: the server can't be reached, or its certificate isn't trusted.
        IMAPClientError: it refuses the password, or there is no such folder.
        IntakeError: there is no password.
    """
    password = mailbox.read_password()
    client = IMAPClient(mailbox.host, mailbox.port, ssl=True, ssl_context=tls, timeout=TIMEOUT)
    try:
        client.normalise_times = False  # they keep their time zones
        client.login(mailbox.user, password)
        prepare_done_folder(client, mailbox)
        client.select_folder(mailbox.folder)
        yield client
    finally:
        with suppress(IMAPClientError, OSError):
            client.logout()


class RestingEmails:
    """Which emails of an open folder failed, each for a reason of its own, and until when they are left alone."""

    def __init__(self) -> None:
        """Begin with none; the numbers of emails hold as long as the folder is open."""
        self._failures: dict[int, int] = {}
        self._until: dict[int, float] = {}

    @property
    def count(self) -> int:
        """How many emails failed."""
        return len(self._failures)

    def note_failure(self, uid: int, moment: float) -> None:
        """Leave an email alone: a minute at first, then twice as long each time, up to an hour."""
        failures = self._failures.get(uid, 0)
        self._failures[uid] = failures + 1
        self._until[uid] = moment + min(LONGEST_REST_SECONDS, FIRST_REST_SECONDS * 2 ** min(failures, 10))

    def choose_awake(self, uids: Iterable[int], moment: float) -> list[int]:
        """Return the emails to try now, the oldest first."""
        return sorted(uid for uid in uids if self._until.get(uid, moment) <= moment)


def prepare_done_folder(client: IMAPClient, mailbox: Mailbox) -> None:
    """Create the folder for what was stored, if someone deleted it."""
    if not client.folder_exists(mailbox.done_folder):
        client.create_folder(mailbox.done_folder)


def fetch_new(client: IMAPClient, services: Services, slug: str, mailbox: Mailbox, resting: RestingEmails) -> int:
    """Store every email in the open folder for a practice, and return how many there were.

    An email that fails stays in the folder and rests; the others don't wait for it.

    Raises:
        OSError: the connection broke, or files can't be kept.
        IMAPClientAbortError: the connection broke.
        sqlalchemy.exc.SQLAlchemyError: the database could not be reached; the email stays in the folder.
    """
    stored = 0
    for uid in resting.choose_awake(client.search("UNDELETED"), time.monotonic()):
        try:
            stored += _take_one(client, uid, services, slug, mailbox)
        except Exception as error:
            if _is_outage(error):
                raise
            where = where_raised(error, error.__traceback__)
            log.error("email_not_fetched", practice=slug, uid=uid, error=where)
            resting.note_failure(uid, time.monotonic())
    return stored


def _is_outage(error: Exception) -> bool:
    """Return whether every other email would fail too."""
    if isinstance(error, SQLAlchemyError):
        is_about_values = isinstance(error, DataError | IntegrityError) or type(error) is StatementError
        return not is_about_values
    return isinstance(error, OSError | IMAPClientAbortError)


def _take_one(client: IMAPClient, uid: int, services: Services, slug: str, mailbox: Mailbox) -> bool:
    """Store one email and move it away; return whether it was still there."""
    services.live.refresh(older_than=SETTINGS_HOLD_SECONDS)
    practice = services.practices.require(slug)
    about = client.fetch([uid], [_SIZE, _DATE]).get(uid)
    if about is None:
        return False
    limit = services.settings.mail_largest_bytes
    item = "BODY.PEEK[]" if about[_SIZE] <= limit else f"BODY.PEEK[]<0.{limit}>"
    found = client.fetch([uid], [item]).get(uid, {})
    raw = next((value for name, value in found.items() if name.startswith(b"BODY[]")), None)
    if raw is None:
        return False
    email = read_raw_email(
        raw,
        recipients=(practice.email or "",),
        return_path=None,
        trusted=mailbox.trusted_servers,
        is_whole=about[_SIZE] <= limit,
    )
    if _is_old(about[_DATE]):  # such as what was in the mailbox when it was connected
        email = replace(email, is_late=True)
    record_email(services, practice, email)
    _move_away(client, uid, mailbox.done_folder)
    return True


def _is_old(received_at: datetime) -> bool:
    return datetime.now(UTC) - received_at > ANSWERED_WITHIN


def _move_away(client: IMAPClient, uid: int, folder: str) -> None:
    if client.has_capability("MOVE"):
        client.move([uid], folder)
        return
    client.copy([uid], folder)
    client.delete_messages([uid])  # marked, and so not found again
    if client.has_capability("UIDPLUS"):
        client.uid_expunge([uid])
