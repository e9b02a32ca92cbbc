"""Accounts of members whom the identity provider has identified."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.accounts.administration import change_rights
from inbox.accounts.emergency_access import end_accesses
from inbox.accounts.members import add_member, find_member, find_member_to_change, revoke_sessions, unlock_member
from inbox.accounts.passwords import NO_PASSWORD
from inbox.accounts.second_factor import remove_second_factor
from inbox.accounts.staff_links import void_links
from inbox.audit.trail import record_action
from inbox.models import StaffMember, now
from intake.errors import IntakeError
from intake.oidc_rights import Rights


class NotAdmittedError(Exception):
    """The identity provider knows the person, but the console does not let them in.

    Attributes:
        staff_id: the account that was refused, None if there is none.
        lost_rights: whether the account signs in by the identity provider, which gives it none any more.
    """

    def __init__(self, reason: str, staff_id: int | None = None, *, lost_rights: bool = False) -> None:
        super().__init__(reason)
        self.staff_id = staff_id
        self.lost_rights = lost_rights


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the identity provider says someone is.

    Attributes:
        subject: the hash of the issuer and of the subject there, which never changes.
        email: the email address; None unless the provider has verified it.
        name: the name.
    """

    subject: str
    email: str | None = field(repr=False)
    name: str = field(repr=False)


def subject_of(issuer: str, subject: str) -> str:
    """Return the key of a person at an identity provider."""
    return hashlib.sha256(f"{issuer}\n{subject}".encode()).hexdigest()


def admit_identity(session: Session, identity: Identity, rights: Rights | None) -> StaffMember:
    """Return the account of a person, with exactly the rights that they have now; it is created if there is none.

    An account is found by its subject, else by the verified email address unless it belongs to another subject. What
    was set up for that address before the identity provider vouched for it opens the account no longer: an
    administrator may have invited somebody else's address, and kept the password.

    Raises:
        NotAdmittedError: the person has no rights here, no verified email address, or a disabled or removed account.
    """
    member = _find(session, identity)
    if rights is None or not rights.practices:
        reason, is_linked = "Your account gives you no access to this console.", bool(member and member.oidc_subject)
        raise NotAdmittedError(reason, member.id if member else None, lost_rights=is_linked)
    if member is None:
        return _create(session, identity, rights)
    if member.disabled_at is not None:
        raise NotAdmittedError("Your account is disabled.", member.id)
    if member.oidc_subject is None:
        _link(session, member, identity.subject)
    change_rights(session, None, member, rights.role, rights.practices)
    return member


def end_rights(session: Session, staff_id: int, moment: datetime) -> None:
    """Sign out a member to whom the identity provider gives no rights any more, everywhere."""
    revoke_sessions(session, staff_id)
    end_accesses(session, staff_id, moment)


def _find(session: Session, identity: Identity) -> StaffMember | None:
    known = session.scalar(select(StaffMember.id).where(StaffMember.oidc_subject == identity.subject))
    before = find_member_to_change(session, known) if known is not None else None
    if before is not None and before.removed_at is None:
        return before
    found = find_member(session, identity.email) if identity.email else None
    if found is None and before is not None:
        raise NotAdmittedError("Your account was removed.", before.id)
    if found is None:
        return None
    member = find_member_to_change(session, found.id)
    if member.oidc_subject is not None:
        raise NotAdmittedError("This email address belongs to another account.", member.id)
    return member


def _link(session: Session, member: StaffMember, subject: str) -> None:
    removed = select(StaffMember).where(StaffMember.oidc_subject == subject, StaffMember.removed_at.is_not(None))
    for before in session.scalars(removed):  # of a person who was invited anew
        before.oidc_subject = None
        session.flush()
    member.oidc_subject, member.password_hash = subject, NO_PASSWORD
    remove_second_factor(member)
    unlock_member(session, member)
    revoke_sessions(session, member.id)
    void_links(session, member.id, now())
    _record(session, member, "account_linked")


def _create(session: Session, identity: Identity, rights: Rights) -> StaffMember:
    if identity.email is None:
        raise NotAdmittedError("Your identity provider has not verified your email address.")
    name = identity.name[:100] or identity.email.partition("@")[0]
    try:
        member = add_member(session, identity.email, name, rights.role, rights.practices, None)
    except IntakeError:
        raise NotAdmittedError("Your identity provider sent an email address that cannot be used.") from None
    member.oidc_subject = identity.subject
    session.flush()
    _record(session, member, "account_created", role=rights.role, practices=sorted(rights.practices))
    return member


def _record(session: Session, member: StaffMember, action: str, **detail: object) -> None:
    record_action(session, staff_id=None, practice=None, action=action, subject=f"staff:{member.id}", **detail)
