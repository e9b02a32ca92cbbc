"""One-time links: setting a password with one, and asking for one when the password is forgotten."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, make_response, redirect, render_template, request, url_for
from flask_limiter import RateLimitExceeded
from flask_login import current_user
from werkzeug.wrappers import Response

from inbox.accounts.members import find_member, revoke_sessions, set_password
from inbox.accounts.passwords import SHORTEST_PASSWORD
from inbox.accounts.staff_links import add_link, find_link, may_reset, next_purpose, was_asked_lately
from inbox.audit.trail import record_action
from inbox.models import now
from intake.errors import IntakeError
from tasks.mail.accounts import practice_that_mails
from web.services import services_of

blueprint = Blueprint("links", __name__, url_prefix="/staff")

USED_UP = "This link has been used, or it has expired. Ask for a new one."
DIFFERENT = "The new passwords do not match."
ASKED = "If this address has an account, an email with a link is on its way. It can take a few minutes."
TOO_OFTEN = "Too many attempts from your network. Wait a minute, then try again."


@blueprint.route("/set-password", methods=["GET", "POST"])
def set_new_password() -> Response:
    """Show the form, whose script takes the token out of the link, and set the password."""
    if request.method == "GET":
        return _form("set_password")
    if "new_password" not in request.form:
        return _check_link(request.form.get("token", "").strip())
    new = request.form["new_password"]
    if new != request.form.get("new_password_again"):
        return _form("set_password", DIFFERENT)
    try:
        with services_of(current_app).database.write() as writing:
            link = find_link(writing, request.form.get("token", "").strip(), now())
            if link is None:
                return _form("set_password", USED_UP)
            set_password(writing, link.member, new)
            link.used_at = now()
            revoke_sessions(writing, link.staff_id)
            record_action(
                writing,
                staff_id=link.staff_id,
                practice=None,
                action="password_set",
                subject=f"staff:{link.staff_id}",
                link=link.purpose,
            )
    except IntakeError as error:
        return _form("set_password", f"{str(error)[:1].upper()}{str(error)[1:]}.")
    flash("Your password is set. Sign in with it.")
    return redirect(url_for("sign_in.sign_in"), 303)


def _check_link(token: str) -> Response:
    """Answer a script that asks whether a link is still good, before anyone chooses a password."""
    with services_of(current_app).database.read() as reading:
        return Response(status=410 if find_link(reading, token, now()) is None else 204)


@blueprint.route("/forgot-password", methods=["GET", "POST"])
def forgot_password() -> Response:
    """Show the form, and mail a link; the answer does not tell whether there is an account."""
    services = services_of(current_app)
    if request.method == "GET" or services.settings.smtp_url is None or current_user.is_authenticated:
        return _form("forgot_password")
    with services.database.write() as writing:
        account = find_member(writing, request.form.get("email", ""))
        link = None
        if account is not None and may_reset(account) and not was_asked_lately(writing, account.id, now()):
            slugs = [row.practice for row in account.practices]
            if practice_that_mails(services.settings, services.practices, slugs) is not None:
                link = add_link(writing, account.id, next_purpose(writing, account), now())
                subject = f"staff:{account.id}"
                record_action(writing, staff_id=None, practice=None, action="reset_requested", subject=subject)
    if link is not None:
        services.queue.put("mail_link", link.id)
    flash(ASKED)
    return redirect(url_for("sign_in.sign_in"), 303)


@blueprint.errorhandler(RateLimitExceeded)
def too_often(_error: RateLimitExceeded) -> Response:
    """Show the rate limit's error on the page."""
    page = "forgot_password" if request.endpoint == "links.forgot_password" else "set_password"
    answer = _form(page, TOO_OFTEN, 429)
    answer.headers["Retry-After"] = "60"
    return answer


def _form(page: str, problem: str = "", status: int = 400) -> Response:
    shown = render_template(
        f"staff/{page}.html",
        problem=problem,
        token=request.form.get("token", ""),
        shortest=SHORTEST_PASSWORD,
        used_up=USED_UP,
        mails=services_of(current_app).settings.smtp_url is not None,
    )
    return make_response(shown, status if problem else 200)
