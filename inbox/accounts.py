"""Staff accounts: passwords, sessions, lockout, and the second factor."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from inbox.audit import record_action
from inbox.models import Role, StaffMember, StaffPractice, StaffSession, now
from intake import email_address
from intake.errors import IntakeError

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 200
IDLE_ENDS = timedelta(hours=8)
SESSION_ENDS = timedelta(days=7)
FAILURES_TO_LOCK = 5
FIRST_LOCK = timedelta(seconds=30)
LONGEST_LOCK = timedelta(hours=1)
RECOVERY_CODES = 10
_RECOVERY_BYTES = 10  # 80 random bits, enough for a plain hash to reveal nothing
_SEEN_EVERY = timedelta(minutes=1)
_hasher = PasswordHasher()  # argon2id with the library's parameters, which follow RFC 9106
# The hash of a random password, fixed because hashing one at every start takes a tenth of a second. A test checks that
# its parameters match those of real hashes, because a sign-in without an account must take as long as one with it.
_NOBODYS_HASH = "$argon2id$v=19$m=65536,t=3,p=4$IkxsxeV84eZeMKStCIAqnA$XQGs45vHVpZ6lg4eF+fs8b61kU4HmDCxeLXVsj3ldsw"


def add_member(
    session: Session, email: str, name: str, role: Role, practices: Iterable[str], password: str
) -> StaffMember:
    """Add a staff account.

    Raises:
        IntakeError: the email address is invalid or taken, or the password is too short or too long.
    """
    address = email_address.normalise(email)
    if find_member(session, address) is not None:
        raise IntakeError(f"{address} already has an account: use `intake staff reset` to set a new password")
    member = StaffMember(
        email=address,
        name=name,
        role=role,
        password_hash=hash_password(password),
        practices=[StaffPractice(practice=slug) for slug in dict.fromkeys(practices)],
    )
    session.add(member)
    session.flush()
    return member


def find_member(session: Session, email: str) -> StaffMember | None:
    """Return the account of an email address, if there is one."""
    return session.scalar(select(StaffMember).where(StaffMember.email == email.strip().lower()))


def find_member_to_change(session: Session, staff_id: int) -> StaffMember:
    """Return an account, locked until the transaction ends."""
    return session.get_one(StaffMember, staff_id, with_for_update=True)


def all_members(session: Session) -> list[StaffMember]:
    """Return all accounts, sorted by email address."""
    return list(session.scalars(select(StaffMember).order_by(StaffMember.email)))


def set_password(member: StaffMember, password: str) -> None:
    """Set a member's password and end any lockout.

    Raises:
        IntakeError: the password is too short or too long.
    """
    member.password_hash = hash_password(password)
    member.failed_sign_ins, member.locked_until = 0, None


def hash_password(password: str) -> str:
    """Return the argon2id hash of a password.

    Raises:
        IntakeError: the password is too short or too long.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise IntakeError(f"the password must be {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters long")
    return _hasher.hash(password)


def check_password(member: StaffMember | None, password: str) -> bool:
    """Return whether a password is the member's; takes just as long if there is no member."""
    try:
        _hasher.verify(member.password_hash if member else _NOBODYS_HASH, password)
    except (VerificationError, InvalidHashError):
        return False
    return member is not None


def judge(session: Session, member: StaffMember, proved: bool, moment: datetime) -> bool:
    """Accept or reject a sign-in attempt. Reject it while the account is locked or disabled, and count failures.

    After five failures in a row, the account is locked for 30 seconds. Each further failure doubles the time, up to an
    hour. `open_session` resets the count.

    Args:
        session: the transaction in which `find_member_to_change` returned the member, so that every failure counts.
        member: the account.
        proved: whether the password or code was correct.
        moment: the current time.
    """
    if is_locked(member, moment) or member.disabled_at is not None:
        return False
    if proved:
        return True
    member.failed_sign_ins += 1
    beyond = member.failed_sign_ins - FAILURES_TO_LOCK
    if beyond >= 0:
        member.locked_until = moment + min(FIRST_LOCK * (1 << min(beyond, 10)), LONGEST_LOCK)
        record_action(session, staff_id=None, practice=None, action="account_locked", subject=f"staff:{member.id}")
    return False


def is_locked(member: StaffMember, moment: datetime) -> bool:
    """Return whether the account is locked because of recent failed sign-ins."""
    return member.locked_until is not None and moment < member.locked_until


def open_session(session: Session, member: StaffMember, browser: str) -> str:
    """Open a session, delete the member's expired ones, and return the token for the cookie: 256 random bits."""
    token = secrets.token_urlsafe(32)
    member.failed_sign_ins, member.locked_until = 0, None
    session.execute(
        delete(StaffSession).where(StaffSession.staff_id == member.id, StaffSession.created_at < now() - SESSION_ENDS)
    )
    session.add(StaffSession(staff_id=member.id, token_hash=_digest(token), browser=browser[:200]))
    return token


def find_session(session: Session, token: str, moment: datetime) -> StaffSession | None:
    """Return the session of a token, None if it is revoked, expired, or idle too long, or its member is disabled."""
    found = session.scalar(select(StaffSession).where(StaffSession.token_hash == _digest(token)))
    if found is None or found.member.disabled_at is not None or not is_running(found, moment):
        return None
    return found


def is_running(found: StaffSession, moment: datetime) -> bool:
    """Return whether a session is not revoked, not expired, and not idle too long."""
    idle, age = moment - found.last_seen_at, moment - found.created_at
    return found.revoked_at is None and idle <= IDLE_ENDS and age <= SESSION_ENDS


def running_sessions(session: Session, staff_id: int, moment: datetime) -> list[StaffSession]:
    """Return a member's running sessions, most recently used first."""
    query = select(StaffSession).where(StaffSession.staff_id == staff_id).order_by(StaffSession.last_seen_at.desc())
    return [found for found in session.scalars(query) if is_running(found, moment)]


def is_stale(found: StaffSession, moment: datetime) -> bool:
    """Return whether a session's last-seen time is due for an update."""
    return moment - found.last_seen_at > _SEEN_EVERY


def revoke_sessions(session: Session, staff_id: int, *, but: int | None = None) -> None:
    """Sign a member out everywhere, or everywhere but in one session."""
    query = update(StaffSession).where(StaffSession.staff_id == staff_id, StaffSession.revoked_at.is_(None))
    if but is not None:
        query = query.where(StaffSession.id != but)
    session.execute(query.values(revoked_at=now()))


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
    if is_locked(member, moment):
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


def remove_second_factor(member: StaffMember) -> None:
    """Remove the authenticator and recovery codes, so that the password alone is enough."""
    member.totp_secret = member.totp_last_step = None
    member.recovery_codes = []


def _recovery_code() -> str:
    letters = base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower()
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))


def _recovery_digest(code: str) -> str:
    return _digest(re.sub(r"[\s-]", "", code).lower())


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
