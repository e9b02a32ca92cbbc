"""Email addresses in the one form in which they are stored, compared and sent."""

from __future__ import annotations

import re

from intake.errors import IntakeError

# What https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address accepts, with a dot in the domain and no
# dot at an end of the local part, as mail servers have it. ASCII alone: not every server relays others (RFC 6531).
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?=.{{3,254}}\Z)(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+{_LABEL}")


def normalise(address: str) -> str:
    """Return an email address in lower case, such as `maria@example.com`.

    Servers may tell capitals apart in front of the `@` (RFC 5321, section 2.4); none that patients use does, and a
    patient who types a capital is the same patient.

    Raises:
        IntakeError: it is not an address that mail can be sent to. The message does not repeat it.
    """
    if not _ADDRESS.fullmatch(address):
        raise IntakeError("not an email address: expected one such as maria@example.com")
    return address.lower()
