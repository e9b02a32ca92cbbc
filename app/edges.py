"""The edges of the web application: what patients' browsers and carriers reach. `app.wsgi` adds the console."""

from __future__ import annotations

from flask import Flask, Response, current_app, request

from app.rate_limits import limit_requests, trust_proxies
from intake.settings import Settings
from web import health
from web.errors import register_errors
from web.json_bodies import StrictJSON
from web.row_ids import bound_row_ids
from web.services import attach, open_services, services_of
from webhooks.browser import chat, demo, forms
from webhooks.email import routes as email
from webhooks.twilio import media, sms, voice

MAX_BODY_BYTES = 64 * 1024
SETTINGS_HOLD_SECONDS = 1.0


def build_app(settings: Settings) -> Flask:
    """Build the edges.

    Raises:
        IntakeError: the practices file is not usable.
    """
    app = Flask("webhooks")
    app.json = StrictJSON(app)
    bound_row_ids(app)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SECRET_KEY_FALLBACKS=list(settings.secret_keys[1:]),
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_BODY_BYTES,
    )
    attach(app, open_services(settings))
    _keep_settings_fresh(app)
    register_errors(app)
    app.register_blueprint(health.blueprint)
    app.register_blueprint(sms.blueprint)
    app.register_blueprint(voice.blueprint)
    app.register_blueprint(media.blueprint)
    app.register_blueprint(chat.blueprint)
    app.register_blueprint(forms.blueprint)
    app.register_blueprint(email.blueprint)
    app.register_blueprint(demo.blueprint)
    limit_requests(app, settings)
    trust_proxies(app, settings)
    app.after_request(_harden)
    if settings.public_url.startswith("https://"):
        app.after_request(_require_https)
    return app


def _keep_settings_fresh(app: Flask) -> None:
    """Let what managers change hold without a restart; whether the process lives is answered without the database."""

    @app.before_request
    def look() -> None:
        if request.blueprint != health.blueprint.name:
            services_of(current_app).live.refresh(older_than=SETTINGS_HOLD_SECONDS)


def _require_https(response: Response) -> Response:
    """Have browsers use HTTPS for the next year, whatever an address says."""
    response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response


def _harden(response: Response) -> Response:
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    return response
