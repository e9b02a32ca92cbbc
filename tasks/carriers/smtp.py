"""Sending email through the practice's mail server (RFC 5321), and deciding whether it may have gone out."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import smtplib
import ssl
from datetime import timedelta
from functools import cache
from urllib.parse import urlsplit

import structlog

from inbox.attachments.file_store import StoreAwayError
from intake.errors import IntakeError
from intake.logs import where_raised
from intake.mail_server import Encryption, MailServer, parse_mail_server
from intake.settings import Settings
from tasks.carriers.email_message import compose, delivery_key
from tasks.carriers.protocol import (
    Accepted,
    LostFileError,
    MessageList,
    Outcome,
    OutgoingMessage,
    ProviderStatus,
    Refused,
    Retryable,
    Unanswered,
)

log = structlog.get_logger(__name__)

TIMEOUT_SECONDS = 10.0
UNANSWERED = "unanswered"
_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)
# These codes reject the service, not the email: it must sign in, use another password, or encrypt first.
_SIGN_IN_CODES = frozenset({530, 534, 535, 538})


class EmailSender:
    """Sends email through an SMTP server.

    SMTP has no way to ask later what became of an email. If the server does not answer after it has received the whole
    email, the email may have gone out. It is not sent again and stays unconfirmed, so that staff follow up.
    """

    def __init__(
        self,
        server: MailServer,
        service: str,
        encryption: ssl.SSLContext,
        timeout_seconds: float,
        secret: str = "",
    ) -> None:
        """Create a sender for a mail server.

        Args:
            server: the server's address and credentials.
            service: the host of the service's public URL, used as the name in the greeting.
            encryption: the certificates to trust.
            timeout_seconds: the time limit for each of the server's answers.
            secret: what makes Message-IDs that nobody can guess.
        """
        self._server = server
        self._secret = secret
        self._service = service
        self._encryption = encryption
        self._timeout = timeout_seconds

    def send(self, text: OutgoingMessage) -> Outcome:
        """Try to send an email once."""
        try:
            mail = compose(text, self._service, self._secret).as_bytes()
        except LostFileError:
            return Refused("lost_file")
        except StoreAwayError:
            return Retryable("file store away")
        except IntakeError:
            return Refused("invalid_address")
        except Exception as error:  # whatever nobody thought of: nothing has left, and staff must know that
            log.error(
                "email_not_composed", delivery_id=text.delivery_id, error=where_raised(error, error.__traceback__)
            )
            return Refused("not_composed")
        connection: smtplib.SMTP | None = None
        try:
            connection = self._connect()
            self._prepare(connection)
            return self._hand_over(connection, text, mail)
        except _AnswerError as error:
            return _judge(error.code)
        except ssl.SSLError:
            return Retryable("no encryption")
        except (OSError, smtplib.SMTPException) as error:  # SMTPException is an OSError, but that is not promised
            return Retryable(type(error).__name__[:32], no_answer=True)
        finally:
            if connection is not None:
                connection.close()

    def list_messages(self, text: OutgoingMessage, reach: timedelta) -> MessageList | None:
        """Return None: SMTP cannot list emails, so an unanswered one stays unconfirmed and is not sent again."""
        return None

    def look_up(self, provider_id: str) -> ProviderStatus | None:
        """Return None: SMTP cannot look up an accepted email. If it bounces, the report arrives as an email."""
        return None

    def _connect(self) -> smtplib.SMTP:
        if self._server.encryption is Encryption.TLS:
            return smtplib.SMTP_SSL(
                self._server.host,
                self._server.port,
                local_hostname=self._service,
                timeout=self._timeout,
                context=self._encryption,
            )
        return smtplib.SMTP(self._server.host, self._server.port, local_hostname=self._service, timeout=self._timeout)

    def _prepare(self, connection: smtplib.SMTP) -> None:
        """Encrypt the connection if required, and sign in if there is a user."""
        if self._server.encryption is Encryption.STARTTLS:
            connection.starttls(context=self._encryption)  # raises where the server does not offer it
        connection.ehlo_or_helo_if_needed()
        if self._server.user is not None:
            connection.login(self._server.user, self._server.password or "")

    def _hand_over(self, connection: smtplib.SMTP, text: OutgoingMessage, mail: bytes) -> Outcome:
        _expect(2, connection.mail(text.sender))
        _expect(2, connection.rcpt(text.to))
        _expect(3, connection.docmd("DATA"))
        connection.send(_LEADING_DOT.sub(b"..", mail))
        # Until this line is sent, the server has no complete email and drops it with the connection.
        try:
            connection.send(b".\r\n")
            answer = connection.getreply()
        except (OSError, smtplib.SMTPException):
            answer = (0, b"")
        if answer[0] // 100 not in (2, 4, 5):
            log.warning("mail_unanswered", delivery_id=text.delivery_id)
            return Unanswered(UNANSWERED, no_answer=True)
        _expect(2, answer)
        with contextlib.suppress(OSError, smtplib.SMTPException):
            connection.quit()
        return Accepted(delivery_key(text, self._service, self._secret))


def make_email_sender(settings: Settings, timeout_seconds: float = TIMEOUT_SECONDS) -> EmailSender | None:
    """Return a sender for the mail server in the settings, None if there is none.

    Args:
        settings: the service's settings.
        timeout_seconds: the time limit for each of the server's answers.
    """
    if settings.smtp_url is None:
        return None
    return EmailSender(
        parse_mail_server(settings.smtp_url),
        _greeting(urlsplit(settings.public_url).hostname or "localhost"),
        _trusted(),
        timeout_seconds,
        settings.secret_key,
    )


@cache
def _trusted() -> ssl.SSLContext:
    """Return what trusts the authorities of this machine, which takes long to read."""
    return ssl.create_default_context()


def _greeting(host: str) -> str:
    """Return a host in the form that a client greets with (RFC 5321, section 4.1.3)."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return f"[{address}]" if address.version == 4 else f"[IPv6:{address}]"


class _AnswerError(Exception):
    """The server answered with an unexpected code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def _expect(kind: int, answer: tuple[int, bytes]) -> None:
    """Check the first digit of an answer's code. The error omits the answer's text, which may name the patient."""
    if answer[0] // 100 != kind:
        raise _AnswerError(answer[0])


def _judge(code: int) -> Outcome:
    if 500 <= code < 600 and code not in _SIGN_IN_CODES:
        return Refused(str(code))
    return Retryable(str(code))
