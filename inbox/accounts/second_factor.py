"""The authenticator app and its recovery codes."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from datetime import datetime

import pyotp

from inbox.accounts.passwords import NO_PASSWORD
from inbox.models import StaffMember

RECOVERY_CODES = 10
_RECOVERY_BYTES = 10  # 80 random bits, enough for a plain hash to reveal nothing


def new_totp_secret() -> str:
    """Return a base32 secret for an authenticator app (RFC 6238)."""
    return pyotp.random_base32()


def totp_address(member: StaffMember, secret: str) -> str:
    """Return the `otpauth:` URL for an authenticator app's QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=member.email, issuer_name="Intake")


def prove_second_factor(member: StaffMember, code: str, moment: datetime) -> str | None:
    """Use up a code and return its kind, `authenticator` or `recovery_code`.

    Args:
        member: the account from `find_member_to_change`, so that a code cannot be used for two sign-ins at once.
        code: the code as typed, with or without spaces.
        moment: the current time.

    Returns:
        None if the code is invalid or the account is locked.
    """
    if member.locked_until is not None and moment < member.locked_until:
        return None
    if check_totp(member, re.sub(r"\s", "", code), moment):
        return "authenticator"
    return "recovery_code" if use_recovery_code(member, code) else None


def check_totp(member: StaffMember, code: str, moment: datetime) -> bool:
    """Return whether a code is valid now, one step ago, or one step ahead; each code works once."""
    if member.totp_secret is None or not re.fullmatch(r"[0-9]{6}", code):
        return False
    totp = pyotp.TOTP(member.totp_secret)
    current = totp.timecode(moment)
    for step in (current - 1, current, current + 1):
        if (member.totp_last_step is None or step > member.totp_last_step) and secrets.compare_digest(
            totp.generate_otp(step), code
        ):
            member.totp_last_step = step
            return True
    return False


def is_code_of(secret: str, code: str, moment: datetime) -> bool:
    """Return whether an app that has a secret shows this code now, one step ago, or one step ahead."""
    return pyotp.TOTP(secret).verify(code, for_time=moment, valid_window=1)


def new_recovery_codes(member: StaffMember) -> list[str]:
    """Replace a member's recovery codes and return the ten new ones; each replaces the authenticator once."""
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    member.recovery_codes = [_recovery_digest(code) for code in codes]
    return codes


def use_recovery_code(member: StaffMember, code: str) -> bool:
    """Return whether a code is one of the member's recovery codes, and use it up; spacing does not matter."""
    digest = _recovery_digest(code)
    if digest not in member.recovery_codes:
        return False
    member.recovery_codes = [stored for stored in member.recovery_codes if stored != digest]
    return True


def has_second_factor(member: StaffMember) -> bool:
    """Return whether a member has an authenticator or a passkey, so that a password alone is not enough."""
    return member.totp_secret is not None or bool(member.passkeys)


def lacks_second_factor(member: StaffMember) -> bool:
    """Return whether a member can sign in with a password alone; the identity provider's members have no password."""
    return member.password_hash != NO_PASSWORD and not has_second_factor(member)


def remove_authenticator(member: StaffMember) -> None:
    """Remove the authenticator and recovery codes."""
    member.totp_secret = member.totp_last_step = None
    member.recovery_codes = []


def remove_second_factor(member: StaffMember) -> None:
    """Remove the authenticator, recovery codes, and passkeys, so that the password alone is enough."""
    remove_authenticator(member)
    member.passkeys.clear()


def _recovery_code() -> str:
    letters = base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower()
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))


def _recovery_digest(code: str) -> str:
    return hashlib.sha256(re.sub(r"[\s-]", "", code).lower().encode()).hexdigest()
