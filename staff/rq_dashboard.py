"""The RQ dashboard at `/staff/queues/`: read-only, for administrators.

It shows only row ids, because jobs contain nothing else. Only the routes listed here answer, so that a route added by a
later version stays closed until it has been reviewed. Its Redis connection drops all writes, because RQ cleans up even
while it reads.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any

import redis
from flask import Blueprint, Flask, Response, abort, current_app, g, jsonify
from redis.backoff import NoBackoff
from redis.client import Pipeline
from redis.retry import Retry
from rq import Worker
from rq.exceptions import NoSuchJobError
from rq.serializers import JSONSerializer
from rq_dashboard import web as dashboard

from inbox.models import Role
from intake.settings import Settings
from staff.auth.access import open_to
from tasks.queues.names import MESSAGES, QUEUES
from templates.staff import FOLDER

# its base.html replaces the dashboard's own, because the blueprint registered first is searched first
frame = Blueprint("queues", __name__, template_folder=str(FOLDER / "queues"))

_NAME = dashboard.blueprint.name
READS = frozenset(
    {
        "queues_overview",
        "jobs_overview",
        "job_view",
        "workers_overview",
        "list_queues",
        "list_jobs",
        "job_info",
        "list_workers",
        "favicon",
        "static",
    }
)
_READING_COMMANDS = frozenset(
    {"EXISTS", "HGET", "HGETALL", "LLEN", "LRANGE", "SMEMBERS", "XREVRANGE", "ZCARD", "ZRANGE", "PING"}
)
_REGISTRIES = ("queued", "scheduled", "deferred", "started", "finished", "failed", "canceled")
# Allowed URL arguments. The dashboard writes some of them into its pages and looks all of them up in Redis.
_ARGUMENTS: dict[str, Callable[[Any], bool]] = {
    "instance_number": lambda value: value == 0,
    "queue_name": lambda value: value in QUEUES,
    "registry_name": lambda value: value in _REGISTRIES,
    "order": lambda value: value in ("asc", "dsc"),
    "per_page": lambda value: _is_number(value, most=200),
    "page": lambda value: _is_number(value, most=100_000),
    "job_id": lambda value: re.fullmatch(r"[A-Za-z0-9_-]{1,100}", value) is not None,
    "filename": lambda value: True,  # Flask keeps paths inside the folder
}
_POLL_MILLISECONDS = 5000


class ReadingPipeline(Pipeline):
    """A pipeline that drops commands that write."""

    def execute_command(self, *arguments: Any, **options: Any) -> Any:
        """Stage a command that reads."""
        if arguments[0] not in _READING_COMMANDS:
            return self
        return super().execute_command(*arguments, **options)  # type: ignore[no-untyped-call]


class ReadingRedis(redis.Redis):
    """A client that drops commands that write, and answers that nothing changed."""

    def execute_command(self, *arguments: Any, **options: Any) -> Any:
        """Run a command that reads."""
        if arguments[0] not in _READING_COMMANDS:
            return 0
        return super().execute_command(*arguments, **options)  # type: ignore[no-untyped-call]

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:
        """Return a pipeline that reads."""
        return ReadingPipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)


def mount(app: Flask, settings: Settings) -> None:
    """Add the dashboard to the application."""
    app.register_blueprint(frame)
    app.register_blueprint(dashboard.blueprint, url_prefix="/staff/queues")
    dashboard.config.serializer = JSONSerializer  # pickle would run any code it finds in Redis
    app.config.update(
        RQ_DASHBOARD_REDIS_URL=["this service"],  # shown on its pages, so not the URL, which may contain a password
        RQ_DASHBOARD_DISABLE_DELETE=True,
        RQ_DASHBOARD_POLL_INTERVAL=_POLL_MILLISECONDS,
    )
    app.redis_conn = ReadingRedis.from_url(  # type: ignore[attr-defined]
        settings.redis_url, socket_connect_timeout=1, socket_timeout=2, retry=Retry(NoBackoff(), 0)
    )
    app.before_request_funcs[_NAME] = [_make_nonce]  # the dashboard's own opens a connection for each request
    app.after_request_funcs[_NAME] = [_allow_its_scripts]
    for endpoint in [name for name in app.view_functions if name.startswith(f"{_NAME}.")]:
        name = endpoint.removeprefix(f"{_NAME}.")
        view = _list_workers if name == "list_workers" else app.view_functions[endpoint]
        app.view_functions[endpoint] = open_to(Role.ADMIN)(_checked(view) if name in READS else _closed)


def _closed(**_arguments: Any) -> Response:
    abort(403, "This page is read-only. Intake finds lost jobs and queues them again automatically.")


def _checked(view: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(view)
    def checked(**arguments: Any) -> Any:
        if "queue_name" in arguments:
            arguments["queue_name"] = arguments["queue_name"] or MESSAGES
        if not all(_ARGUMENTS[name](value) for name, value in arguments.items()):
            abort(404)
        try:
            return view(**arguments)
        except NoSuchJobError:
            abort(404, "This job has finished or does not exist.")
        except redis.RedisError:
            abort(503, "Redis is unreachable. Check REDIS_URL, and that Redis is running.")

    return checked


def _list_workers(instance_number: int) -> Response:
    """Return the same as the dashboard's own view, but for jobs serialized as JSON."""
    workers = Worker.all(connection=current_app.redis_conn, serializer=JSONSerializer)  # type: ignore[attr-defined]
    return jsonify(
        workers=[
            {
                "name": worker.name,
                "queues": [queue.name for queue in worker.queues],
                "state": worker.get_state(),
                "current_job": dashboard.serialize_current_job(worker.get_current_job()),
                "version": worker.version,
                "python_version": worker.python_version,
            }
            for worker in sorted(workers, key=lambda worker: worker.name)
        ]
    )


def _make_nonce() -> None:
    g.nonce = secrets.token_urlsafe(16)


def _allow_its_scripts(response: Response) -> Response:
    """Allow each page's one inline script and the templates that it compiles, and nothing else beyond the policy."""
    if "nonce" not in g:
        return response  # the request was refused before it reached a page
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'self' 'nonce-{g.nonce}' 'unsafe-eval'; style-src 'self'; "
        "img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    return response


def _is_number(value: object, *, most: int) -> bool:
    return re.fullmatch(r"[1-9][0-9]{0,5}", str(value)) is not None and int(str(value)) <= most
