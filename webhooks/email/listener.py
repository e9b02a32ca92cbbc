"""Taking raw email in from a mail server, by LMTP (RFC 2033) or SMTP (RFC 5321)."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from typing import Any

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from intake.errors import IntakeError
from intake.mail_listening import MailDoor
from web.services import Services
from webhooks.email.intake_desk import IntakeDesk, SmtpReply

log = structlog.get_logger(__name__)

MOST_CONNECTIONS = 20
MOST_RECIPIENTS = 100
TIMEOUT_SECONDS = 300.0
_NO_SIGN_IN = ("PLAIN", "LOGIN")


class MailListener:
    """A thread that takes mail in. Also a context manager."""

    def __init__(self, services: Services, door: MailDoor) -> None:
        """Prepare it.

        Raises:
            IntakeError: the certificate can't be used.
        """
        self._door = door
        self._tls = _load_certificate(door)
        self._handler = _Handler(IntakeDesk(services, door.trusted), door)
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(_log_error)
        self._thread = threading.Thread(target=self._loop.run_forever, name="mail listener", daemon=True)
        self.port = door.port

    def __enter__(self) -> MailListener:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen; connections are accepted when this returns.

        Raises:
            IntakeError: the address is taken, or is not one of this machine's.
        """
        self._thread.start()
        opening = self._loop.create_server(self._open_session, self._door.host, self._door.port)
        try:
            self._server = asyncio.run_coroutine_threadsafe(opening, self._loop).result()
        except OSError as error:
            self._end_loop()
            raise IntakeError(f"MAIL_LISTEN: cannot listen there ({error.strerror}): choose another address") from None
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        """Close every connection; what was not answered is sent again by its server."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._end_loop()

    async def _close(self) -> None:
        self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._loop.shutdown_default_executor()  # what is being stored is stored

    def _end_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _open_session(self) -> SMTP:
        kind = _LmtpSession if self._door.protocol == "lmtp" else _SmtpSession
        return kind(
            self._handler,
            data_size_limit=self._door.largest,
            enable_SMTPUTF8=True,
            hostname=socket.gethostname(),
            ident="Intake",
            tls_context=self._tls,
            timeout=TIMEOUT_SECONDS,
            auth_exclude_mechanism=_NO_SIGN_IN,
            loop=self._loop,
        )


class _Handler:
    """Decides about each command, and counts the connections."""

    def __init__(self, desk: IntakeDesk, door: MailDoor) -> None:
        self.desk = desk
        self.connections = 0
        self._door = door

    def refuse_client(self, address: str) -> SmtpReply | None:
        """Return why a client is sent away, if it is."""
        if not self._door.admits(address):
            log.warning("mail_peer_refused")
            return SmtpReply.NOT_ADMITTED
        return SmtpReply.TOO_BUSY if self.connections > MOST_CONNECTIONS else None

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._door.must_encrypt and session.ssl is None:
            return SmtpReply.ENCRYPT
        answer = self.desk.admit_sender(address)
        if not answer.is_refusal:
            envelope.mail_from = address
        return answer

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return SmtpReply.TOO_MANY_RECIPIENTS
        answer = await asyncio.to_thread(self.desk.admit_recipient, address)
        if not answer.is_refusal:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_exception(self, error: Exception) -> str:
        """Answer without what the exception says, which may be a patient's."""
        log.error("mail_session_failed", error=type(error).__name__)
        return SmtpReply.TRY_LATER


class _SmtpSession(SMTP):
    """A session that reads a message of any line length into one buffer, and answers for each recipient.

    The library's own takes up a gigabyte for 36 MB of line ends, refuses lines of over 1,000 bytes, which mail programs
    do send, and gives one answer where LMTP needs one per recipient (https://github.com/aio-libs/aiosmtpd/issues/517).
    """

    event_handler: _Handler
    answers_each = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._original_transport is None:  # and not for the same connection, encrypted
            self.event_handler.connections += 1
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.event_handler.connections -= 1
        super().connection_lost(error)

    async def _handle_client(self) -> None:
        peer = self.session.peer if self.session else None
        refusal = self.event_handler.refuse_client(peer[0] if peer else "")
        if refusal is not None:
            await self.push(refusal)
            self._writer.close()
            return
        await super()._handle_client()

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802
        envelope = self.envelope
        if envelope is None or await self.check_helo_needed():
            return
        recipients = list(envelope.rcpt_tos)
        if not recipients:
            await self.push("503 5.5.1 Need a RCPT command first")
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        raw = await self._read_message()
        if raw is None:
            answers = [SmtpReply.TOO_LARGE] * len(recipients)
        else:
            answers = await asyncio.to_thread(self.event_handler.desk.take, raw, recipients, envelope.mail_from or "")
        self._set_post_data_state()  # type: ignore[no-untyped-call]
        await self.push("\r\n".join(answers if self.answers_each else [_answer_once(answers)]))

    async def _read_message(self) -> bytes | None:
        """Return the message without the doubled dots; None if it is too large, once all of it was sent."""
        content = bytearray()
        is_line_start = True
        size, limit = 0, self.data_size_limit or 0
        while True:
            try:
                line = await self._reader.readuntil(b"\r\n")
            except asyncio.LimitOverrunError as error:
                line = await self._reader.read(error.consumed)
            if is_line_start and line == b".\r\n":
                return bytes(content) if size <= limit else None
            if is_line_start and line.startswith(b"."):
                line = line[1:]
            is_line_start = line.endswith(b"\r\n")
            size += len(line)
            if size <= limit:
                content += line
            else:
                content.clear()


class _LmtpSession(_SmtpSession, LMTP):
    """The same by LMTP."""

    answers_each = True


def _answer_once(answers: list[SmtpReply]) -> SmtpReply:
    """Return the one answer that SMTP allows: taken only if it was taken for every recipient."""
    return next((answer for answer in answers if answer.is_refusal), SmtpReply.TAKEN)


def _load_certificate(door: MailDoor) -> ssl.SSLContext | None:
    if door.certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(door.certificate, door.key)
    except OSError:  # ssl.SSLError is one
        raise IntakeError(
            "MAIL_CERTIFICATE_FILE or MAIL_KEY_FILE cannot be used: expected a PEM certificate and the key that fits it"
        ) from None
    return context


def _log_error(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    error = context.get("exception")
    log.error("mail_listener_failed", error=type(error).__name__ if error else None)
