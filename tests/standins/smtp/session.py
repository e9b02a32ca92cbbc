"""One client's session with the server: the commands of RFC 5321 in their order."""

from __future__ import annotations

import base64
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from socketserver import StreamRequestHandler
from typing import TYPE_CHECKING

from tests.standins.smtp.faults import Stage
from tests.standins.smtp.mails import Mail, flaw

if TYPE_CHECKING:
    from tests.standins.smtp.standin import SmtpStandIn

LONGEST_COMMAND = 512
_PATH = r"<([^<>@\s]+@[A-Za-z0-9.-]+)>"
_MAIL = re.compile(rf"FROM:{_PATH}((?: [A-Z0-9]+(?:=\S+)?)*)", re.IGNORECASE)
_RCPT = re.compile(rf"TO:{_PATH}", re.IGNORECASE)
_CLIENT = re.compile(r"\[(?:IPv6:)?[0-9a-fA-F.:]+\]|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")


class _HangUpError(Exception):
    """The session is over."""


@dataclass
class _Envelope:
    sender: str
    eight_bit: bool
    recipients: list[str] = field(default_factory=list)


class Session(StreamRequestHandler):
    """Answers one client."""

    standin: SmtpStandIn

    def setup(self) -> None:
        """Encrypt at once, where the server does."""
        super().setup()
        self.over_tls = False
        self.client: str | None = None
        self.user: str | None = None
        self.envelope: _Envelope | None = None

    def handle(self) -> None:
        """Serve until the client or a fault ends it."""
        try:
            if self.standin.encrypts_at_once:
                self._encrypt()
            self._say("220 mail.example ESMTP", Stage.GREETING)
            while line := self._line():
                verb, _, argument = line.partition(" ")
                self._command(verb.upper())(argument)
        except (_HangUpError, OSError):
            return  # an OSError: the client has gone, or does not trust the certificate

    def finish(self) -> None:
        """Close the connection, which may be another one than at the start."""
        try:
            super().finish()
        except OSError:
            pass
        finally:
            self.connection.close()

    def _command(self, verb: str) -> Callable[[str], None]:
        known: dict[str, Callable[[str], None]] = {
            "EHLO": self._ehlo,
            "STARTTLS": self._starttls,
            "AUTH": self._auth,
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "DATA": self._data,
            "RSET": self._reset,
            "QUIT": self._quit,
        }
        return known.get(verb, self._unknown)

    def _unknown(self, argument: str) -> None:
        self._say("500 5.5.1 Command not known")

    def _ehlo(self, argument: str) -> None:
        if not _CLIENT.fullmatch(argument):
            self._say("501 5.5.4 Not the name of a host")
            return
        self.client, self.envelope = argument, None
        offers = ["8BITMIME", "SIZE 10485760", "ENHANCEDSTATUSCODES"]
        if self.standin.offers_starttls and not self.over_tls:
            offers.append("STARTTLS")
        if self.standin.users and (self.over_tls or not self._must_encrypt):
            offers.append("AUTH PLAIN LOGIN")
        lines = ["mail.example", *offers]
        ends = ["-"] * (len(lines) - 1) + [" "]
        self._say("\r\n".join(f"250{end}{line}" for end, line in zip(ends, lines, strict=True)), Stage.EHLO)

    def _starttls(self, argument: str) -> None:
        if not self.standin.offers_starttls or self.over_tls:
            self._say("503 5.5.1 Not offered")
            return
        self._say("220 2.0.0 Go ahead")
        self._encrypt()
        self.client = None  # what was said in the clear is forgotten (RFC 3207, section 4.2)

    def _auth(self, argument: str) -> None:
        if self._must_encrypt or self.client is None:
            self._say("538 5.7.11 Encryption required")
            return
        mechanism, _, initial = argument.partition(" ")
        if mechanism.upper() == "PLAIN":
            _, user, password = self._decode(initial or self._ask("334 ")).split("\0")
        else:
            user = self._decode(initial or self._ask("334 VXNlcm5hbWU6"))
            password = self._decode(self._ask("334 UGFzc3dvcmQ6"))
        if self.standin.users.get(user) == password:
            self.user = user
            self._say("235 2.7.0 Welcome")
        else:
            self._say("535 5.7.8 Wrong user or password")

    def _mail(self, argument: str) -> None:
        if self.client is None:
            self._say("503 5.5.1 Say EHLO first")
            return
        if self._must_encrypt or (self.standin.users and self.user is None):
            self._say("530 5.7.0 Encrypt and sign in first")
            return
        found = _MAIL.fullmatch(argument)
        options = {option.upper().partition("=")[0]: option.upper() for option in found[2].split()} if found else {}
        if found is None or not options.keys() <= {"SIZE", "BODY"}:
            self._say("501 5.5.4 Malformed, or a parameter that was not offered")
            return
        if self._say("250 2.1.0 Sender taken", Stage.MAIL):
            self.envelope = _Envelope(found[1], options.get("BODY") == "BODY=8BITMIME")

    def _rcpt(self, argument: str) -> None:
        found = _RCPT.fullmatch(argument)
        if self.envelope is None or found is None:
            self._say("503 5.5.1 No sender, or a malformed recipient")
            return
        if self._say("250 2.1.5 Recipient taken", Stage.RCPT):
            self.envelope.recipients.append(found[1])

    def _data(self, argument: str) -> None:
        if self.envelope is None or not self.envelope.recipients:
            self._say("503 5.5.1 No recipient")
            return
        if not self._say("354 Send it", Stage.DATA):
            return
        raw, envelope = self._content(), self.envelope
        self.envelope = None
        refusal = flaw(raw, envelope.sender, envelope.recipients, eight_bit=envelope.eight_bit)
        if refusal is not None:
            self.standin.refuse(refusal)
            self._say(refusal)
            return
        mail = Mail(envelope.sender, ", ".join(envelope.recipients), raw, self.over_tls, self.user)
        self._say("250 2.0.0 Taken", Stage.CONTENT, taken=lambda: self.standin.accept(mail))

    def _content(self) -> bytes:
        """Read to the line with a single dot, and take the doubled dots back."""
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                raise _HangUpError
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    def _reset(self, argument: str) -> None:
        self.envelope = None
        self._say("250 2.0.0 Forgotten")

    def _quit(self, argument: str) -> None:
        self._say("221 2.0.0 Bye")
        raise _HangUpError

    @property
    def _must_encrypt(self) -> bool:
        return self.standin.offers_starttls and not self.over_tls

    def _say(self, answer: str, stage: Stage | None = None, taken: Callable[[], None] = lambda: None) -> bool:
        """Answer, or do what a fault at this stage has it; returns whether it was the answer given here."""
        fault = self.standin.faults.take(stage) if stage else None
        if fault is None or fault.accept:
            taken()
        if fault is not None:
            reply = fault.strike()
            if reply is None:
                raise _HangUpError
            answer = reply
        self.wfile.write(answer.encode("ascii") + b"\r\n")
        return fault is None

    def _ask(self, challenge: str) -> str:
        self._say(challenge)
        return self._line()

    def _decode(self, value: str) -> str:
        return base64.b64decode(value, validate=True).decode()

    def _line(self) -> str:
        line = self.rfile.readline(LONGEST_COMMAND + 1)
        if not line:
            raise _HangUpError
        if not line.endswith(b"\r\n") or not line.isascii():
            self.standin.refuse("a command that does not end with CRLF, is longer than 512 bytes or is not ASCII")
            raise _HangUpError
        return line[:-2].decode("ascii")

    def _encrypt(self) -> None:
        assert self.standin.certificate is not None
        self.rfile.close()
        self.connection = self.request = self.standin.certificate.server_side(self.connection)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
        self.over_tls = isinstance(self.connection, ssl.SSLSocket)
