"""Saving the inbox's current filters under a name, and renaming and deleting what was saved."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from inbox.audit.trail import record_action
from inbox.conversations.saved_views import LONGEST_NAME, MOST_VIEWS, find_view, rename_view, save_view
from inbox.conversations.tags import Tag, find_tag
from inbox.models import Role, SavedView, now
from intake.errors import IntakeError
from staff.auth.access import member, open_to
from staff.conversations.filters import Filters
from staff.conversations.inbox import INBOX
from staff.conversations.list_pane import address_of, describe_filters, team_choices
from staff.conversations.people import assignable
from staff.conversations.view_list import filters_of, show_views
from web.services import services_of

blueprint = Blueprint("saved_views", __name__, url_prefix="/staff/views")

NO_SEARCH = "A saved view can’t include a search, because its words may name a patient. End the search first."


@blueprint.get("")
@open_to(Role.STAFF)
def page() -> str:
    """Show the member's views, to rename or delete them."""
    with services_of(current_app).database.read() as session:
        views = show_views(session, member(), now())
        people = assignable(session, member().reachable)
        described = {view.id: describe_filters(view.filters, _tag_of(session, view.filters), people) for view in views}
    return render_template(
        "staff/saved_views.html", views=views, described=described, longest=LONGEST_NAME, most=MOST_VIEWS
    )


@blueprint.post("")
@open_to(Role.STAFF)
def save() -> Response:
    """Save the filters of the list, without the search or the page, and show them."""
    filters = Filters.read(request.form, member().reachable)
    if filters.search:
        abort(400, NO_SEARCH)
    if filters.team and filters.team not in team_choices():
        abort(400, "No team has this name. Choose one of the list.")
    stored, name = urlencode(filters.as_query(tag="")), request.form.get("name", "")
    with services_of(current_app).database.write() as session:
        tag = _tag_of(session, filters)
        if filters.tag and tag is None:
            abort(400, "No conversation has this tag anymore. Choose another tag, or any.")
        try:
            view = save_view(session, member().id, name, stored, tag.word if tag else None)
        except IntakeError as error:
            abort(400, str(error))
        _record(session, view, "view_saved")
    return redirect(address_of(INBOX, filters.as_query()), 303)


@blueprint.post("/<int:view_id>")
@open_to(Role.STAFF)
def rename(view_id: int) -> Response:
    """Give a view another name."""
    with services_of(current_app).database.write() as session:
        view = find_view(session, member().id, view_id) or abort(404)
        try:
            rename_view(session, view, request.form.get("name", ""))
        except IntakeError as error:
            abort(400, str(error))
        _record(session, view, "view_renamed")
    flash("The view is renamed.")
    return redirect(url_for(".page"), 303)


@blueprint.post("/<int:view_id>/delete")
@open_to(Role.STAFF)
def delete(view_id: int) -> Response:
    """Delete a view; the conversations in it stay."""
    with services_of(current_app).database.write() as session:
        view = find_view(session, member().id, view_id) or abort(404)
        _record(session, view, "view_deleted")
        session.delete(view)
    flash("The view is deleted. Its conversations are still there.")
    return redirect(url_for(".page"), 303)


def _tag_of(session: Session, filters: Filters) -> Tag | None:
    return find_tag(session, member().reachable, filters.tag) if filters.tag else None


def _record(session: Session, view: SavedView, action: str) -> None:
    """Record what was done to a view; its name may name a patient, so it stays out."""
    filters = filters_of(session, view, member()).as_query()
    record_action(
        session, staff_id=member().id, practice=None, action=action, subject=f"view:{view.id}", filters=filters
    )
