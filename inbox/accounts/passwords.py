"""Passwords: hashing, checking, and refusing weak ones."""

from __future__ import annotations

from collections.abc import Iterable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from inbox.models import StaffMember
from intake.errors import IntakeError

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 200
LEAST_SCORE = 3  # of 4: more than 10^8 guesses
_JUDGED = 72  # the beginning that is judged, as the time grows faster than the length
NO_PASSWORD = ""
"""The hash of an account that cannot sign in with a password: an open invitation, or one of the identity provider."""
_hasher = PasswordHasher()  # argon2id with the library's parameters, which follow RFC 9106
# The hash of a random password, fixed because hashing one at every start takes a tenth of a second. A test checks that
# its parameters match those of real hashes, because a sign-in without an account must take as long as one with it.
_NOBODYS_HASH = "$argon2id$v=19$m=65536,t=3,p=4$IkxsxeV84eZeMKStCIAqnA$XQGs45vHVpZ6lg4eF+fs8b61kU4HmDCxeLXVsj3ldsw"


def words_about(email: str, name: str, practices: Iterable[str]) -> list[str]:
    """Return the words that a guesser would try first for a member."""
    return [word for text in (email, name, *practices, "intake") for word in (text, *_parts(text))]


def hash_password(password: str, known: Iterable[str] = ()) -> str:
    """Return the argon2id hash of a password.

    Args:
        password: the password.
        known: words that a guesser would try first.

    Raises:
        IntakeError: the password is too short, too long, or easy to guess.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise IntakeError(f"the password must be {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters long")
    weakness = find_weakness(password, known)
    if weakness:
        raise IntakeError(f"this password is easy to guess: {weakness}")
    return _hasher.hash(password)


def find_weakness(password: str, known: Iterable[str]) -> str:
    """Return why a password is easy to guess and what to do, in a sentence; empty if it is not."""
    from zxcvbn import zxcvbn  # slow to import, and only new passwords are judged

    judged = zxcvbn(password[:_JUDGED], user_inputs=list(known))
    if judged["score"] >= LEAST_SCORE:
        return ""
    reason = str(judged["feedback"]["warning"]).rstrip(".")
    if any(match.get("dictionary_name") == "user_inputs" for match in judged["sequence"]):
        reason = reason or "it is made of your name, your email address, or your practice"
    reason = f"{reason[:1].lower()}{reason[1:]}" if reason else "it is short or follows a pattern"
    return f"{reason}; use three or four random words instead"


def check_password(member: StaffMember | None, password: str) -> bool:
    """Return whether a password is the member's; takes just as long if there is no member or no password."""
    try:
        _hasher.verify(member.password_hash if member and member.password_hash else _NOBODYS_HASH, password)
    except (VerificationError, InvalidHashError):
        return False
    return member is not None and member.password_hash != NO_PASSWORD


def _parts(text: str) -> list[str]:
    """Return the words of a text that are long enough to matter."""
    return [part for part in "".join(c if c.isalnum() else " " for c in text).split() if len(part) > 2]
