"""The whole web application: what patients and carriers reach, and the console."""

from __future__ import annotations

from flask import Flask, redirect
from werkzeug.wrappers import Response

from app.edges import build_app as build_edges
from app.rate_limits import limit_sign_ins
from inbox.storage.presence import Heartbeat
from intake.error_reporting import configure_reporting
from intake.logs import configure_logging
from intake.settings import Settings, load_settings
from staff import rq_dashboard
from staff.accounts import attempts, emergency
from staff.accounts import page as accounts_page
from staff.audit import page as audit_page
from staff.auth import account, first_admin, links, oidc, passkeys, sign_in
from staff.auth.access import manage_sign_ins
from staff.conversations import (
    actions,
    alarm_badge,
    attachments,
    bulk,
    calls,
    conversation,
    draft,
    escalations,
    exports,
    inbox,
    mark_switch,
    recordings,
    reply_files,
    samples,
    saved_views,
    scheduled,
)
from staff.figures import page as figures_page
from staff.patients import (
    addresses,
    data,
    found_values,
    from_conversation,
    listing,
    merging,
    messages,
    new_record,
    record,
)
from staff.reviews import quality, review
from staff.saved_replies import own_page, practice_page
from staff.security import protect
from staff.settings import history_page as settings_history_page
from staff.settings import page as settings_page
from staff.settings import questions_page
from staff.setup import page as setup_page
from staff.undo import page as undo_page
from web import metrics
from web.services import services_of

BLUEPRINTS = (
    sign_in.blueprint,
    metrics.blueprint,
    alarm_badge.blueprint,
    calls.blueprint,
    escalations.blueprint,
    scheduled.blueprint,
    account.blueprint,
    passkeys.blueprint,
    links.blueprint,
    first_admin.blueprint,
    oidc.blueprint,
    accounts_page.blueprint,
    attempts.blueprint,
    emergency.blueprint,
    inbox.blueprint,
    bulk.blueprint,
    conversation.blueprint,
    draft.blueprint,
    actions.blueprint,
    recordings.blueprint,
    reply_files.blueprint,
    mark_switch.blueprint,
    saved_views.blueprint,
    samples.blueprint,
    exports.blueprint,
    listing.blueprint,
    record.blueprint,
    messages.blueprint,
    addresses.blueprint,
    merging.blueprint,
    data.blueprint,
    from_conversation.blueprint,
    new_record.blueprint,
    found_values.blueprint,
    attachments.blueprint,
    review.blueprint,
    figures_page.blueprint,
    quality.blueprint,
    audit_page.blueprint,
    settings_page.blueprint,
    settings_history_page.blueprint,
    questions_page.blueprint,
    practice_page.blueprint,
    own_page.blueprint,
    setup_page.blueprint,
    undo_page.blueprint,
)

# what anyone can guess at, without being signed in
LIMITED = (
    "sign_in.sign_in",
    "sign_in.second_factor",
    "passkeys.begin_signing_in",
    "passkeys.sign_in",
    "links.set_new_password",
    "links.forgot_password",
    "first_admin.make_account",
)


_HEARTBEAT = "heartbeat"


def create_app() -> Flask:
    """Build the application from the environment, with logs and error reports: what gunicorn loads.

    Raises:
        IntakeError: the settings or the practices file are not usable.
    """
    settings = load_settings()
    configure_logging()
    configure_reporting(settings.sentry_dsn, "web")
    app = build_app(settings)
    heartbeat = Heartbeat(services_of(app).database, "web")
    heartbeat.start()
    app.extensions[_HEARTBEAT] = heartbeat
    return app


def sign_off(app: Flask) -> None:
    """Say that the process of an application of `create_app` has ended, so that nobody waits for it to restart."""
    app.extensions[_HEARTBEAT].stop()


def build_app(settings: Settings) -> Flask:
    """Build the application.

    Raises:
        IntakeError: the practices file is not usable.
    """
    app = build_edges(settings)
    app.config.update(
        SESSION_COOKIE_NAME="intake_staff",
        SESSION_COOKIE_PATH="/staff",
        SESSION_COOKIE_SECURE=settings.public_url.startswith("https://"),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
    )
    manage_sign_ins(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    rq_dashboard.mount(app, settings)
    for endpoint in LIMITED:
        limit_sign_ins(app, endpoint)
    app.add_url_rule("/staff", "staff", _to_console)
    protect(app, settings.secret_keys)
    return app


def _to_console() -> Response:
    return redirect("/staff/", 308)
