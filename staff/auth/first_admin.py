"""Making the first account in the browser, with the one-time link that `intake up` prints."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, make_response, redirect, render_template, request, url_for
from flask_limiter import RateLimitExceeded
from werkzeug.wrappers import Response

from inbox.accounts.first_admin import LONGEST_NAME, has_members, make_first_admin
from inbox.accounts.passwords import SHORTEST_PASSWORD
from inbox.models import now
from intake.errors import IntakeError
from staff.auth.entry import SETUP, enter_at
from staff.auth.links import TOO_OFTEN
from web.services import services_of

DIFFERENT = "The passwords do not match."
USED = "This link cannot be used any more: the first account exists. Sign in, or ask your administrator to invite you."

blueprint = Blueprint("first_admin", __name__, url_prefix="/staff")


@blueprint.get("/first-admin")
def show_form() -> Response:
    """Show the form, whose script takes the token out of the link; with an account, lead to the sign-in page."""
    with services_of(current_app).database.read() as reading:
        if has_members(reading):
            flash(USED)
            return redirect(url_for("sign_in.sign_in"), 303)
    return _form()


@blueprint.post("/first-admin")
def make_account() -> Response:
    """Make the account, sign its owner in, and lead to the setup checklist."""
    services, form = services_of(current_app), request.form
    if form.get("new_password", "") != form.get("new_password_again"):
        return _form(DIFFERENT)
    try:
        with services.database.write() as writing:
            account = make_first_admin(
                writing,
                form.get("token", "").strip(),
                email=form.get("email", "").strip(),
                name=form.get("name", "").strip(),
                password=form.get("new_password", ""),
                practices=[practice.slug for practice in services.practices.all],
                moment=now(),
            )
    except IntakeError as error:
        return _form(f"{str(error)[:1].upper()}{str(error)[1:]}.")
    return enter_at(account.id, "first admin link", SETUP)


@blueprint.errorhandler(RateLimitExceeded)
def too_often(_error: RateLimitExceeded) -> Response:
    """Show the rate limit's error on the page."""
    answer = _form(TOO_OFTEN, 429)
    answer.headers["Retry-After"] = "60"
    return answer


def _form(problem: str = "", status: int = 400) -> Response:
    shown = render_template(
        "staff/first_admin.html",
        problem=problem,
        typed=request.form,
        shortest=SHORTEST_PASSWORD,
        longest_name=LONGEST_NAME,
    )
    return make_response(shown, status if problem else 200)
