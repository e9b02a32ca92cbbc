"""What administrators do with their practices' accounts: invite, change, disable, enable, reset, and remove them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from inbox.accounts.emergency_access import admins_of, end_accesses
from inbox.accounts.members import add_member, revoke_sessions, unlock_member
from inbox.accounts.passwords import NO_PASSWORD
from inbox.accounts.second_factor import remove_second_factor
from inbox.accounts.staff_links import add_link, next_purpose, void_links
from inbox.audit.trail import record_action
from inbox.conversations.saved_views import forget_views_of
from inbox.conversations.undo import forget_undos_of
from inbox.models import (
    Conversation,
    ConversationRead,
    LinkPurpose,
    MemberNotice,
    Role,
    SavedReply,
    StaffLink,
    StaffMember,
    StaffPractice,
    StaffSession,
    now,
)
from inbox.replies.drafts import forget_drafts_of
from inbox.replies.files import delete_draft_files_of
from intake.errors import IntakeError


def members_of(session: Session, practices: Collection[str]) -> Sequence[StaffMember]:
    """Return the members of any of some practices, sorted by name."""
    shared = select(StaffPractice.staff_id).where(StaffPractice.practice.in_(practices))
    query = select(StaffMember).where(StaffMember.id.in_(shared))
    return session.scalars(query.order_by(StaffMember.name, StaffMember.id)).all()


def may_administer(member: StaffMember, practices: Collection[str]) -> bool:
    """Return whether an administrator of some practices may change an account: it must belong to no other practice."""
    own = {row.practice for row in member.practices}
    return bool(own) and own <= set(practices)


def may_keep_out(member: StaffMember, practices: Collection[str], existing: Collection[str]) -> bool:
    """Return whether an administrator of some practices may disable an account.

    A practice that has left the practices file has no administrator, and must not keep in whoever was dismissed.
    Nothing else is allowed for its sake: a new password would open the practice, should it come back.

    Args:
        member: the account.
        practices: the practices of the administrator.
        existing: all practices that there are.
    """
    own = {row.practice for row in member.practices}.intersection(existing)
    return bool(own) and own <= set(practices)


def invite_member(
    session: Session,
    admin_id: int,
    *,
    email: str,
    name: str,
    role: Role,
    practices: Iterable[str],
    moment: datetime,
) -> StaffLink:
    """Add an account without a password, and a link to set one.

    Raises:
        IntakeError: the email address is invalid or taken.
    """
    member = add_member(session, email, name, role, practices, None)
    link = add_link(session, member.id, LinkPurpose.INVITE, moment)
    slugs = sorted(row.practice for row in member.practices)
    _record(session, admin_id, member, "account_invited", role=role, practices=slugs)
    return link


def awaits_password(member: StaffMember) -> bool:
    """Return whether a member, invited or reset, has no password and no single sign-on, and may still choose one."""
    return member.password_hash == NO_PASSWORD and member.oidc_subject is None and member.disabled_at is None


def renew_link(session: Session, admin_id: int, member: StaffMember, moment: datetime) -> StaffLink:
    """Give a member without a password another link of the same purpose to set one; the earlier one is worthless."""
    link = add_link(session, member.id, next_purpose(session, member), moment)
    action = "account_invited_again" if link.purpose == LinkPurpose.INVITE else "account_reset"
    _record(session, admin_id, member, action)
    return link


def change_rights(
    session: Session, changed_by: int | None, member: StaffMember, role: Role, practices: Iterable[str]
) -> bool:
    """Set a member's role and practices, and return whether that changes anything; if so, sign them out."""
    wanted = dict.fromkeys(practices)
    if member.role == role and {row.practice for row in member.practices} == set(wanted):
        return False
    kept = {row.practice: row for row in member.practices}
    _unassign(session, member.id, Conversation.practice.in_(kept.keys() - wanted.keys()))
    member.role = role
    member.practices = [kept.get(slug) or StaffPractice(practice=slug) for slug in wanted]
    revoke_sessions(session, member.id)
    end_accesses(session, member.id, now())
    session.flush()
    _record(session, changed_by, member, "account_changed", role=role, practices=sorted(wanted))
    return True


def disable_member(session: Session, admin_id: int, member: StaffMember, moment: datetime) -> None:
    """Keep a member out from now on, and record it."""
    keep_out(session, member, moment)
    _record(session, admin_id, member, "account_disabled")


def keep_out(session: Session, member: StaffMember, moment: datetime) -> None:
    """Keep a member out: no session, link, or emergency access stays open, and no conversation stays assigned to them.

    A patient who writes again would wait for somebody who cannot answer.
    """
    member.disabled_at = member.disabled_at or moment
    revoke_sessions(session, member.id)
    void_links(session, member.id, moment)
    end_accesses(session, member.id, moment)
    _unassign(session, member.id)


def enable_member(session: Session, admin_id: int, member: StaffMember) -> None:
    """Let a member in again after they were disabled or locked."""
    member.disabled_at = None
    unlock_member(session, member)
    _record(session, admin_id, member, "account_enabled")


def remove_member(session: Session, admin_id: int | None, member: StaffMember, moment: datetime) -> None:
    """End an account for good, and every way into it at once.

    The row stays without its address and rights, as replies, notes, reviews, settings, and the audit trail name it. The
    address can be invited anew. Whom the identity provider knows stays out until then.

    Raises:
        IntakeError: a practice would have no administrator left.
    """
    slugs = sorted(row.practice for row in member.practices)
    if member.role == Role.ADMIN and member.disabled_at is None:
        for slug in slugs:
            if all(admin.id == member.id for admin in admins_of(session, slug)):
                raise IntakeError(f"{member.name} is the only administrator of {slug}: make someone else one first")
    member.removed_at = member.disabled_at = moment
    member.email, member.password_hash = f"removed-{member.id}@removed.invalid", NO_PASSWORD
    member.practices.clear()
    remove_second_factor(member)
    unlock_member(session, member)
    end_accesses(session, member.id, moment)
    session.execute(delete(StaffSession).where(StaffSession.staff_id == member.id))
    session.execute(delete(StaffLink).where(StaffLink.staff_id == member.id))
    forget_drafts_of(session, staff_id=member.id)
    delete_draft_files_of(session, staff_id=member.id)
    session.execute(delete(SavedReply).where(SavedReply.staff_id == member.id))
    forget_undos_of(session, staff_id=member.id)
    forget_views_of(session, staff_id=member.id)
    session.execute(delete(ConversationRead).where(ConversationRead.staff_id == member.id))
    session.execute(delete(MemberNotice).where(MemberNotice.staff_id == member.id))
    _unassign(session, member.id)
    session.flush()
    _record(session, admin_id, member, "account_removed", practices=slugs)


def reset_member(
    session: Session, admin_id: int, member: StaffMember, moment: datetime, *, second_factor: bool
) -> StaffLink:
    """Take a member's password away, sign them out, and add a link to set a new one.

    Args:
        session: an open write transaction.
        admin_id: the administrator.
        member: the account.
        moment: the current time.
        second_factor: whether to remove a lost authenticator and passkeys too.
    """
    purpose = next_purpose(session, member)
    member.password_hash = NO_PASSWORD
    if second_factor:
        remove_second_factor(member)
    unlock_member(session, member)
    revoke_sessions(session, member.id)
    link = add_link(session, member.id, purpose, moment)
    _record(session, admin_id, member, "account_reset", second_factor=second_factor)
    return link


def _unassign(session: Session, staff_id: int, *which: ColumnElement[bool]) -> None:
    """Leave the conversations that are assigned to a member to everyone, or those that meet a condition."""
    session.execute(update(Conversation).where(Conversation.assigned_to == staff_id, *which).values(assigned_to=None))


def _record(session: Session, staff_id: int | None, member: StaffMember, action: str, **detail: object) -> None:
    record_action(session, staff_id=staff_id, practice=None, action=action, subject=f"staff:{member.id}", **detail)
