"""The web application."""

from __future__ import annotations

from flask import Flask, Response

from intake.logs import configure_logging
from intake.reporting import configure_reporting
from intake.settings import Settings, load_settings
from webhooks import chat, demo, email, forms, health, sms, voice
from webhooks.errors import register_errors
from webhooks.limits import limit_requests, trust_proxies
from webhooks.parts import attach, open_parts

MAX_BODY_BYTES = 64 * 1024


def create_app() -> Flask:
    """Builds the application from the environment, with logs and error reports: what gunicorn loads.

    Raises:
        IntakeError: the settings or the practices file are not usable.
    """
    settings = load_settings()
    configure_logging()
    configure_reporting(settings.sentry_dsn, "web")
    return build_app(settings)


def build_app(settings: Settings) -> Flask:
    """Builds the application.

    Raises:
        IntakeError: the practices file is not usable.
    """
    app = Flask("webhooks")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_BODY_BYTES,
    )
    attach(app, open_parts(settings))
    register_errors(app)
    app.register_blueprint(health.blueprint)
    app.register_blueprint(sms.blueprint)
    app.register_blueprint(voice.blueprint)
    app.register_blueprint(chat.blueprint)
    app.register_blueprint(forms.blueprint)
    app.register_blueprint(email.blueprint)
    app.register_blueprint(demo.blueprint)
    limit_requests(app, settings)
    trust_proxies(app, settings)
    app.after_request(_harden)
    return app


def _harden(response: Response) -> Response:
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    return response
