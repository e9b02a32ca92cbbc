"""Failed sign-ins: who has to wait, and who gets in all the same.

Wrong passwords count for an account and where they came from, so that nobody can lock a colleague out from elsewhere.
Guesses at one account from many addresses slow down further guesses from addresses, but not from a device that the
member has used before. Whoever has to wait gets in with the password and a second factor together, or with a passkey.

Wrong codes count for the account alone: they are only looked at together with the right password.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from inbox.audit.trail import record_action
from inbox.models import SignInFailure, StaffMember

FAILURES_TO_LOCK = 5
FIRST_LOCK = timedelta(seconds=30)
LONGEST_LOCK = timedelta(hours=1)
SLOW_FROM = 20
"""How many failures from all addresses together, within `SLOW_WITHIN`, slow down an account's sign-ins from there."""
SLOW_WITHIN = timedelta(hours=1)
SLOW_BETWEEN = timedelta(seconds=30)
FORGOTTEN_AFTER = timedelta(days=1)
_ADDRESS = "address "


@dataclass(frozen=True, slots=True)
class SignInSource:
    """Where a sign-in comes from.

    Attributes:
        key: what failures are counted under.
        shown: what the audit trail says of it.
    """

    key: str
    shown: str

    @classmethod
    def address(cls, address: str) -> SignInSource:
        """Return a network address from which the member has not signed in with this browser before."""
        return cls(f"{_ADDRESS}{address}", address)

    @classmethod
    def device(cls, device: str, address: str) -> SignInSource:
        """Return a browser in which the member has signed in before."""
        return cls(f"device {device}", address)

    @classmethod
    def session(cls, session_id: int, address: str) -> SignInSource:
        """Return a browser in which the member is signed in."""
        return cls(f"session {session_id}", address)

    @property
    def is_address(self) -> bool:
        """Whether nothing but the address is known."""
        return self.key.startswith(_ADDRESS)


def lock_for(failures: int) -> timedelta | None:
    """Return for how long a number of failures in a row locks: from 30 seconds, doubling, up to an hour."""
    beyond = failures - FAILURES_TO_LOCK
    return min(FIRST_LOCK * (1 << min(beyond, 10)), LONGEST_LOCK) if beyond >= 0 else None


def is_blocked(session: Session, staff_id: int, source: SignInSource, moment: datetime) -> bool:
    """Return whether a password alone is not enough for now."""
    own = _find(session, staff_id, source)
    if own is not None and own.locked_until is not None and moment < own.locked_until:
        return True
    return source.is_address and _is_slowed(session, staff_id, moment)


def count_failure(session: Session, staff_id: int, source: SignInSource, moment: datetime) -> None:
    """Count a wrong password and record it; the fifth in a row locks.

    Args:
        session: the transaction in which `find_member_to_change` returned the member, so that every failure counts.
        staff_id: the account.
        source: where it came from.
        moment: the current time.
    """
    session.execute(delete(SignInFailure).where(SignInFailure.last_at < moment - FORGOTTEN_AFTER))
    row = _find(session, staff_id, source)
    if row is None:
        row = SignInFailure(staff_id=staff_id, source=source.key, failures=0)
        session.add(row)
    row.failures += 1
    row.last_at = moment
    length = lock_for(row.failures)
    if length is not None:
        row.locked_until = moment + length
    session.flush()
    record_failure(session, staff_id, source, "locked" if length else "password")


def forget_failures(session: Session, staff_id: int, source: SignInSource | None = None) -> None:
    """Forget the failures from a source, or all of an account."""
    query = delete(SignInFailure).where(SignInFailure.staff_id == staff_id)
    session.execute(query if source is None else query.where(SignInFailure.source == source.key))


def judge_code(session: Session, member: StaffMember, proved: bool, source: SignInSource, moment: datetime) -> bool:
    """Accept or reject a code that came with the right password, and count wrong ones; the fifth in a row locks."""
    if are_codes_locked(member, moment) or member.disabled_at is not None:
        return False
    if proved:
        return True
    member.failed_sign_ins += 1
    length = lock_for(member.failed_sign_ins)
    if length is not None:
        member.locked_until = moment + length
    record_failure(session, member.id, source, "codes locked" if length else "code")
    return False


def are_codes_locked(member: StaffMember, moment: datetime) -> bool:
    """Return whether no code is accepted for now, because of wrong ones that came with the right password."""
    return member.locked_until is not None and moment < member.locked_until


def record_failure(session: Session, staff_id: int | None, source: SignInSource, reason: str) -> None:
    """Record a failed sign-in. What was typed is left out, as it may be a password in the wrong field."""
    subject = f"staff:{staff_id}" if staff_id else "staff"
    detail = {"from": source.shown, "reason": reason}
    record_action(session, staff_id=None, practice=None, action="sign_in_failed", subject=subject, **detail)


def _find(session: Session, staff_id: int, source: SignInSource) -> SignInFailure | None:
    query = select(SignInFailure).where(SignInFailure.staff_id == staff_id, SignInFailure.source == source.key)
    return session.scalar(query)


def _is_slowed(session: Session, staff_id: int, moment: datetime) -> bool:
    """Return whether so many wrong passwords came from addresses that one of them must wait for the next."""
    query = select(func.sum(SignInFailure.failures), func.max(SignInFailure.last_at)).where(
        SignInFailure.staff_id == staff_id,
        SignInFailure.source.startswith(_ADDRESS),
        SignInFailure.last_at > moment - SLOW_WITHIN,
    )
    failures, last_at = session.execute(query).one()
    return (failures or 0) >= SLOW_FROM and moment - last_at < SLOW_BETWEEN
