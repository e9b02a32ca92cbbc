"""Asking a signed-in member for the password and a current code before the account's protection changes.

A member without a password signs in anew at the identity provider instead, once for each change.
"""

from __future__ import annotations

from typing import Any

from flask import current_app, request
from sqlalchemy.orm import Session

from inbox.accounts.members import find_member_to_change, has_proof
from inbox.accounts.passwords import NO_PASSWORD, check_password
from inbox.accounts.second_factor import prove_second_factor
from inbox.accounts.sign_in_failures import SignInSource, count_failure, forget_failures, is_blocked, judge_code
from inbox.models import StaffMember, StaffSession, now
from staff.auth.access import member
from staff.auth.source import client_address
from web.services import services_of

WRONG_PASSWORD = "Incorrect password, or too many failed attempts. Check your password, or try again later."  # noqa: S105
WRONG_CURRENT_CODE = "Incorrect or already used code. Enter the code that your authenticator app shows now."
UNCONFIRMED = "Confirm that it is you with single sign-on first, then make the change within five minutes."
NOTHING_TO_PROVE_WITH = "Your account has no password. Ask your practice's administrator to reset it."


def read_proof(session: Session) -> dict[str, Any]:
    """Return what a form needs to know to ask for this proof; see `staff/proof.html`."""
    account = session.get_one(StaffMember, member().id)
    return {
        "account": account,
        "has_password": account.password_hash != NO_PASSWORD,
        "is_confirmed": has_proof(session.get_one(StaffSession, member().session_id), now()),
    }


def refuse_unproved(field: str = "password", *, with_code: bool = True) -> str:
    """Return why a form does not prove that the member filled it in, in display words; empty if it does.

    Wrong passwords count like failed sign-ins, but only for this session: whoever sits at an unattended browser does
    not lock the member out elsewhere.

    Args:
        field: the form field with the password.
        with_code: whether a member with an authenticator must also give its current code, or a recovery code.
    """
    database = services_of(current_app).database
    source = SignInSource.session(member().session_id, client_address())
    with database.read() as reading:
        account = reading.get_one(StaffMember, member().id)
    has_password, typed = account.password_hash != NO_PASSWORD, request.form.get(field, "")
    if has_password and not typed:
        return WRONG_PASSWORD  # nobody guesses with an empty field
    is_right = check_password(account, typed)  # slow, so outside the transaction
    with database.write() as writing:
        account, moment = find_member_to_change(writing, member().id), now()
        if has_password and is_blocked(writing, account.id, source, moment):
            return WRONG_PASSWORD
        if has_password and not is_right:
            count_failure(writing, account.id, source, moment)
            return WRONG_PASSWORD
        proof = writing.get_one(StaffSession, member().session_id, with_for_update=True, populate_existing=True)
        if not has_password and not has_proof(proof, moment):
            return UNCONFIRMED if account.oidc_subject else NOTHING_TO_PROVE_WITH
        if with_code and account.totp_secret is not None:
            factor = prove_second_factor(account, request.form.get("code", ""), moment)
            if not judge_code(writing, account, factor is not None, source, moment):
                return WRONG_CURRENT_CODE
        proof.proved_at = None
        forget_failures(writing, account.id, source)
    return ""
