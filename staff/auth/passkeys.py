"""Passkeys (WebAuthn): adding and removing them, and signing in with one.

A passkey proves the device and, by its PIN or fingerprint, the person, so that it is both factors at once. It cannot be
guessed or phished, so locks do not concern it.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import redis
from flask import Blueprint, Response, abort, current_app, flash, jsonify, redirect, request, session, url_for
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response as AnyResponse

from inbox.accounts.members import find_member_to_change
from inbox.accounts.sign_in_failures import SignInSource, record_failure
from inbox.audit.trail import record_action
from inbox.models import Passkey, Role, StaffMember, now
from staff.auth.access import member, open_to
from staff.auth.entry import enter_at
from staff.auth.reauthentication import refuse_unproved
from staff.auth.source import client_address
from web.services import services_of

if TYPE_CHECKING:
    from staff.auth.webauthn_site import Site

blueprint = Blueprint("passkeys", __name__, url_prefix="/staff/passkeys")

CHALLENGE_SECONDS = 300
MOST_PASSKEYS = 10
NOT_ACCEPTED = "This passkey was not accepted. Sign in another way, or ask your practice's administrator."
_CHALLENGE = "passkey_challenge"
_SIGNING_IN = "sign-in"


@blueprint.post("/new")
@open_to(Role.STAFF)
def begin_adding() -> AnyResponse:
    """Return what the browser needs to make a passkey, once the member has proved to be who they are."""
    if problem := refuse_unproved():
        return _refuse(problem)
    with services_of(current_app).database.read() as reading:
        known = [key.credential_id for key in reading.get_one(StaffMember, member().id).passkeys]
    if len(known) >= MOST_PASSKEYS:
        return _refuse(f"You have {MOST_PASSKEYS} passkeys. Remove one first.")
    options = _site().ask_for_new(_new_challenge(_adding()), member().id, member().email, member().name, known)
    return Response(options, mimetype="application/json")


@blueprint.post("")
@open_to(Role.STAFF)
def add() -> AnyResponse:
    """Store the passkey that the browser made."""
    challenge, credential = _take_challenge(_adding()), _credential()
    if challenge is None or credential is None:
        return _refuse("It took too long to make the passkey. Try again.")
    made = _site().read_new(challenge, credential)
    if made is None:
        return _refuse("The browser's answer could not be verified. Try again.")
    name = request.form.get("name", "").strip()[:60] or "Passkey"
    try:
        with services_of(current_app).database.write() as writing:
            account = find_member_to_change(writing, member().id)
            passkey = Passkey(
                credential_id=made.credential_id,
                public_key=made.public_key,
                sign_count=made.sign_count,
                name=name,
            )
            account.passkeys.append(passkey)
            writing.flush()
            _record(writing, "passkey_added", passkey.id)
    except IntegrityError:
        return _refuse("This passkey has been added already.")
    flash(f"Added the passkey “{name}”. You can sign in with it.")
    return jsonify(next=url_for("account.show"))


@blueprint.post("/<int:passkey_id>/remove")
@open_to(Role.STAFF)
def remove(passkey_id: int) -> AnyResponse:
    """Remove a passkey, given the password and, if there is an authenticator, a current code."""
    with services_of(current_app).database.read() as reading:
        passkey = reading.get(Passkey, passkey_id)
        if passkey is None or passkey.staff_id != member().id:
            abort(404)
    if problem := refuse_unproved():
        flash(problem)
        return redirect(url_for("account.show"), 303)
    with services_of(current_app).database.write() as writing:
        account = find_member_to_change(writing, member().id)
        account.passkeys = [kept for kept in account.passkeys if kept.id != passkey_id]
        _record(writing, "passkey_removed", passkey_id)
    flash("Removed the passkey.")
    return redirect(url_for("account.show"), 303)


@blueprint.post("/sign-in/begin")
def begin_signing_in() -> AnyResponse:
    """Return what the browser needs to let its user choose a passkey."""
    return Response(_site().ask_for_any(_new_challenge(_SIGNING_IN)), mimetype="application/json")


@blueprint.post("/sign-in")
def sign_in() -> AnyResponse:
    """Sign in with a passkey."""
    challenge, credential = _take_challenge(_SIGNING_IN), _credential()
    if current_user.is_authenticated or challenge is None or credential is None:
        return _refuse(NOT_ACCEPTED)
    staff_id = _prove(challenge, credential)
    if staff_id is None:
        return _refuse(NOT_ACCEPTED)
    entered = enter_at(staff_id, "passkey", request.form.get("next", ""))
    answer = jsonify(next=entered.headers["Location"])
    answer.headers.extend([("Set-Cookie", cookie) for cookie in entered.headers.getlist("Set-Cookie")])
    return answer


def _prove(challenge: bytes, credential: dict[str, Any]) -> int | None:
    """Return whose passkey answered the challenge, unless the account is disabled."""
    site = _site()
    with services_of(current_app).database.write() as writing:
        passkey = writing.scalar(select(Passkey).where(Passkey.credential_id == str(credential.get("id"))))
        source = SignInSource.address(client_address())
        if passkey is None:
            record_failure(writing, None, source, "passkey")
            return None
        account = find_member_to_change(writing, passkey.staff_id)
        count = site.read_count(challenge, credential, account.id, passkey.public_key, passkey.sign_count)
        if count is None or account.disabled_at is not None:
            record_failure(writing, account.id, source, "disabled" if account.disabled_at else "passkey")
            return None
        passkey.sign_count, passkey.last_used_at = count, now()
        return account.id


def _adding() -> str:
    """Return what a challenge is for that this session's member asked for with a password, and nobody else."""
    return f"adding in session {member().session_id}"


def _new_challenge(purpose: str) -> bytes:
    """Return a new challenge, kept where it can be taken once: whoever records an answer cannot use it again.

    It is good for one purpose only, as anyone gets one for signing in, and one for a new passkey takes a password.
    """
    key, challenge = secrets.token_hex(16), secrets.token_bytes(32)
    try:
        services_of(current_app).queue.connection.set(f"passkey:{purpose}:{key}", challenge.hex(), ex=CHALLENGE_SECONDS)
    except redis.RedisError:
        abort(503, "Passkeys do not work right now. Sign in with your password.")
    session[_CHALLENGE] = key
    return challenge


def _take_challenge(purpose: str) -> bytes | None:
    try:
        kept: Any = services_of(current_app).queue.connection.getdel(f"passkey:{purpose}:{session.pop(_CHALLENGE, '')}")
    except redis.RedisError:
        return None
    return bytes.fromhex(kept.decode()) if kept else None


def _credential() -> dict[str, Any] | None:
    try:
        value = current_app.json.loads(request.form.get("credential", ""))
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _record(writing: Any, action: str, passkey_id: int) -> None:
    subject = f"staff:{member().id}"
    record_action(writing, staff_id=member().id, practice=None, action=action, subject=subject, passkey=passkey_id)


def _refuse(problem: str) -> AnyResponse:
    return jsonify(error={"code": "refused", "message": problem}), 400  # type: ignore[return-value]


def _site() -> Site:
    from staff.auth.webauthn_site import Site  # slow to import, and few sign-ins need it

    return Site(services_of(current_app).settings.public_url)
