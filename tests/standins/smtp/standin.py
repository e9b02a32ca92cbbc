"""The server: a port, the sessions on it, and what tests set and read."""

from __future__ import annotations

from collections.abc import Mapping
from socketserver import ThreadingTCPServer

from tests.standins.certificates import Certificate
from tests.standins.record import DEADLINE_SECONDS, Record
from tests.standins.server import StandIn, TrackedConnections
from tests.standins.smtp.faults import Faults
from tests.standins.smtp.mails import Mail
from tests.standins.smtp.session import Session


class SmtpStandIn(StandIn):
    """A mail server on a loopback port, which takes well-made mails to anybody.

    Also a context manager. An exception inside a session is raised again by `stop`.

    Attributes:
        faults: failures scripted by the test.
        users: user → password; with any, mails are taken only from who has signed in.
        certificate: what it encrypts with; None never encrypts.
        encrypts_at_once: TLS from the first byte, as on port 465.
    """

    def __init__(
        self,
        users: Mapping[str, str] | None = None,
        certificate: Certificate | None = None,
        *,
        encrypts_at_once: bool = False,
    ) -> None:
        super().__init__()
        self.faults = Faults()
        self.users = dict(users or {})
        self.certificate = certificate
        self.encrypts_at_once = encrypts_at_once
        self._mails: Record[Mail] = Record("mails")
        self._refusals: Record[str] = Record("refusals")

    @property
    def offers_starttls(self) -> bool:
        """Whether a session begins in the clear and has to be encrypted, as on port 587."""
        return self.certificate is not None and not self.encrypts_at_once

    @property
    def url(self) -> str:
        """What `SMTP_URL` is set to."""
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def mails(self) -> list[Mail]:
        """Mails accepted, oldest first."""
        return self._mails.entries()

    @property
    def refusals(self) -> list[str]:
        """What was refused because it was not well made, oldest first."""
        return self._refusals.entries()

    def wait_for_mails(self, count: int, timeout: float = DEADLINE_SECONDS) -> list[Mail]:
        """Wait until at least `count` mails have been accepted and return them all.

        Raises:
            AssertionError: fewer came within `timeout` seconds.
        """
        return self._mails.wait_for(count, timeout)

    def accept(self, mail: Mail) -> None:
        """Take a mail on."""
        self._mails.append(mail)

    def refuse(self, reason: str) -> None:
        """Note what was not well made."""
        self._refusals.append(reason)

    def open_server(self) -> TrackedConnections:
        """Returns the server that runs sessions."""
        return _Server(("127.0.0.1", 0), type("BoundSession", (Session,), {"standin": self}))

    def stop(self) -> None:
        """Release every session held by a fault, close everything and wait for the threads.

        Raises:
            ExceptionGroup: of whatever went wrong inside a session.
        """
        self.faults.clear()
        super().stop()


class _Server(TrackedConnections, ThreadingTCPServer):
    """One session a connection."""
