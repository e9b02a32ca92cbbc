"""The inbox: the open alarms, then a view of the conversations on all channels of the member's practices."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from flask import Blueprint, Response, abort, current_app, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from inbox.models import Role
from staff.auth.access import member, open_to
from staff.conversations.filters import Filters, View
from staff.conversations.list_pane import DENSITIES, DENSITY_COOKIE, address_of, read_filters, show_list
from staff.conversations.search_words import LONGEST_SEARCH, seal_words
from staff.live import stream
from tasks.pubsub import practice_topic
from web.services import services_of

blueprint = Blueprint("inbox", __name__, url_prefix="/staff")

INBOX = "/staff/"
DENSITY_KEPT = timedelta(days=365)


@blueprint.get("/")
@open_to(Role.STAFF)
def page() -> str:
    """Show the list."""
    return render_template("staff/inbox.html", conversation=None, **show_list(read_filters()))


@blueprint.post("/search")
@open_to(Role.STAFF)
def search() -> AnyResponse:
    """Redirect to the results of a search, whose words are sent by POST and stay encrypted in the address."""
    wanted = request.form.get("wanted", "").strip()[:LONGEST_SEARCH]
    filters = Filters.read(request.form, member().reachable)
    if wanted:
        view = View.EVERY if filters.view is View.ALL else filters.view
        filters = replace(filters, view=view, search=seal_words(wanted))
    elif filters.view is View.EVERY:
        filters = replace(filters, view=View.ALL)
    return redirect(address_of(INBOX, filters.as_query()), 303)


@blueprint.post("/density")
@open_to(Role.STAFF)
def set_density() -> AnyResponse:
    """Give the list's rows more or less room in this browser."""
    wanted = request.form.get("density", "")
    if wanted not in DENSITIES:
        abort(400, "The list is comfortable or compact.")
    response = redirect(address_of(INBOX, read_filters().whole_query()), 303)
    response.set_cookie(
        DENSITY_COOKIE,
        wanted,
        max_age=DENSITY_KEPT,
        path="/staff",
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
        httponly=True,
        samesite="Lax",
    )
    return response


@blueprint.get("/events")
@open_to(Role.STAFF)
def events() -> Response:
    """Stream an event whenever the list may have changed."""
    return stream(services_of(current_app), [practice_topic(slug) for slug in member().reachable])
