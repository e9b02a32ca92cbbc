"""The inbox: the open alarms, then the conversations on all channels of the member's practices by last activity."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, render_template, request

from inbox.audit import record_action
from inbox.models import Role, now
from intake.practices import Practice
from intake.vocabulary import TOPICS, Channel, Team, words_of
from staff import display
from staff.auth.access import member, open_to
from staff.conversations.inbox_queries import (
    EVERY,
    LEVELS,
    MESSAGES_SEARCHED,
    MOST_COUNTED,
    PRIORITIES,
    SEARCHED,
    UNFINISHED,
    Filters,
    Page,
    count_unread,
    list_page,
    search_page,
)
from staff.displays import is_new_display, seal_of
from staff.live import stream
from tasks.pubsub import practice_topic
from tasks.unproven_numbers import capped_practices
from web.services import services_of

blueprint = Blueprint("inbox", __name__, url_prefix="/staff")

LONGEST_SEARCH = 100
STATES = {UNFINISHED: "Not closed", **{str(state): said for state, said in display.STATES.items()}, EVERY: "All"}


@blueprint.get("/")
@open_to(Role.STAFF)
def page() -> str:
    """Show the list."""
    filters = Filters.read(request.args, member().reachable)
    with services_of(current_app).database.read() as session:
        found = list_page(session, member(), filters, _practices(), now())
        unread = count_unread(session, member())
    return _show(found, filters, unread, "")


@blueprint.post("/search")
@open_to(Role.STAFF)
def search() -> str:
    """Show the conversations that match a search, sent by POST to keep it out of URLs and browser history."""
    wanted = request.form.get("wanted", "").strip()[:LONGEST_SEARCH]
    filters = Filters.read(request.form, member().reachable)
    with services_of(current_app).database.read() as session:
        unread = count_unread(session, member())
        if not wanted:
            found = list_page(session, member(), filters, _practices(), now())
        else:
            found = search_page(session, member(), filters, wanted, _practices(), now())
    return _show(found, filters, unread, wanted)


@blueprint.get("/events")
@open_to(Role.STAFF)
def events() -> Response:
    """Stream an event whenever the list may have changed."""
    return stream(services_of(current_app), [practice_topic(slug) for slug in member().reachable])


def _show(found: Page, filters: Filters, unread: int, wanted: str) -> str:
    """Return the page, and record whose conversations it shows."""
    rows = [*found.pinned, *found.rows]
    seal = seal_of("search" if wanted else "inbox", [wanted, [(row.id, row.who, row.preview) for row in rows]])
    if (rows or wanted) and is_new_display(seal):
        with services_of(current_app).database.write() as session:
            record_action(
                session,
                staff_id=member().id,
                practice=None,
                action="searched" if wanted else "listed",
                subject="inbox",
                conversations=[row.id for row in rows],
                **({"emergency": list(member().emergency)} if member().emergency else {}),
            )
    return _render(found, filters, unread, wanted, seal)


def _render(found: Page, filters: Filters, unread: int, wanted: str, seal: str) -> str:
    practices = _practices()
    with services_of(current_app).database.read() as session:
        capped = capped_practices(session, list(practices), now())
    shown: dict[str, Any] = {
        "seal": seal,
        "capped": [practices[slug].name for slug in sorted(capped)],
        "page": found,
        "filters": filters,
        "wanted": wanted,
        "unread": f"{MOST_COUNTED - 1}+" if unread >= MOST_COUNTED else str(unread),
        "practices": {slug: practice.name for slug, practice in practices.items()},
        "channels": {channel.value: name for channel, name in display.CHANNELS.items()},
        "states": display.STATES,
    }
    return render_template("staff/inbox.html", choices=_choices(), searched=(SEARCHED, MESSAGES_SEARCHED), **shown)


def _choices() -> dict[str, dict[str, str]]:
    """Return each filter's options, with their display words."""
    services = services_of(current_app)
    own = [services.practices.require(slug) for slug in member().reachable]
    teams = [*Team, *(team for practice in own for team in practice.teams)]
    choices: dict[str, dict[str, str]] = {
        "state": {str(state): name for state, name in STATES.items()},
        "triage": {level: level.words for level in LEVELS},
        "priority": {name: name.capitalize() for name in PRIORITIES},
        "team": {name: words_of(name) for name in dict.fromkeys(teams)},
        "intent": {name: words_of(name) for name in TOPICS},
        "channel": {channel.value: display.CHANNELS[channel] for channel in Channel},
    }
    return choices | ({"practice": {practice.slug: practice.name for practice in own}} if len(own) > 1 else {})


def _practices() -> dict[str, Practice]:
    practices = services_of(current_app).practices
    return {slug: practices.require(slug) for slug in member().reachable}
