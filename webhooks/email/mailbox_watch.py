"""A thread per mailbox that fetches email as it comes in, and tries again whenever something fails."""

from __future__ import annotations

import ssl
import threading
import time

import structlog
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError
from sqlalchemy.exc import SQLAlchemyError

from intake.errors import IntakeError
from intake.logs import where_raised
from intake.mailbox import Mailbox
from web.services import Services
from webhooks.email.mailbox_reader import RestingEmails, fetch_new, open_mailbox, prepare_done_folder

log = structlog.get_logger(__name__)

LOOK_EVERY_SECONDS = 60.0
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 300.0
_GLANCE_SECONDS = 1.0


class MailboxWatch:
    """Watches one mailbox.

    Attributes:
        is_failing: whether its last try failed.
    """

    def __init__(self, services: Services, practice: str, mailbox: Mailbox, tls: ssl.SSLContext) -> None:
        self.practice = practice
        self.is_failing = False
        self._services = services
        self._mailbox = mailbox
        self._tls = tls
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name=f"mailbox {practice}", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the email that is being stored."""
        self._stopping.set()
        self._thread.join()

    def _watch(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            try:
                with open_mailbox(self._mailbox, self._tls) as client:
                    resting = RestingEmails()
                    while not self._stopping.is_set():
                        self._fetch(client, resting)
                        self.is_failing, failures = False, 0
                        if not self._wait_for_more(client):
                            break
            except (IMAPClientError, OSError, SQLAlchemyError) as error:
                log.warning("mailbox_failed", practice=self.practice, error=type(error).__name__)
            except IntakeError as error:
                log.error("mailbox_failed", practice=self.practice, reason=str(error))
            except Exception as error:  # a thread that ends unseen would leave patients unheard
                log.error("mailbox_failed", practice=self.practice, error=where_raised(error, error.__traceback__))
            else:
                self._stopping.wait(FIRST_PAUSE_SECONDS)
                continue
            self.is_failing = True
            self._stopping.wait(pause_after(failures))
            failures += 1

    def _fetch(self, client: IMAPClient, resting: RestingEmails) -> None:
        prepare_done_folder(client, self._mailbox)
        # What comes in meanwhile the server tells in answers that nobody looks at, and does not tell again while the
        # client waits.
        looked_at, following = object(), self._next_uid(client)
        while following != looked_at:
            fetch_new(client, self._services, self.practice, self._mailbox, resting)
            looked_at, following = following, self._next_uid(client)

    def _next_uid(self, client: IMAPClient) -> object:
        """Open the folder anew, and return the number that its next email will get, if the server says so."""
        return client.select_folder(self._mailbox.folder).get(b"UIDNEXT")

    def _wait_for_more(self, client: IMAPClient) -> bool:
        """Wait until the server says that something came in (RFC 2177), a minute has passed, or the watch stops.

        Returns:
            Whether the connection still holds: servers end one that waits, and the client loses one on half a line.
        """
        until = time.monotonic() + LOOK_EVERY_SECONDS
        if not client.has_capability("IDLE"):
            self._stopping.wait(LOOK_EVERY_SECONDS)
            client.noop()
            return True
        try:
            client.idle()
            while time.monotonic() < until and not self._stopping.is_set():
                if client.idle_check(timeout=_GLANCE_SECONDS):
                    break
            client.idle_done()
        except IMAPClientAbortError:
            log.info("mailbox_connection_ended", practice=self.practice)
            return False
        return True


def pause_after(failures: int) -> float:
    """Return how many seconds to wait after so many failures in a row."""
    return float(min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** min(failures, 10)))
