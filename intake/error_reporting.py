"""Errors to Sentry, built up from what is known to be harmless rather than stripped of what is known to be not.

An error report keeps its type, its place in the code, the release and the ids of rows. It never keeps what an
exception said, local variables, request bodies, headers, query strings, breadcrumbs or job arguments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from intake import __version__
from intake.errors import IntakeError

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

_KEPT = ("event_id", "timestamp", "platform", "level", "release", "environment", "sdk", "transaction", "type")
_OWN = frozenset({"app", "staff", "webhooks", "web", "tasks", "inbox", "templates", "classifier", "intake"})
_KEPT_OF_A_FRAME = ("filename", "module", "function", "lineno", "in_app", "abs_path")


def configure_reporting(dsn: str | None, process: Literal["web", "worker", "mail"]) -> None:
    """Report this process's errors to Sentry when there is an address to report to.

    Args:
        dsn: Sentry's address of the project, None to report nothing.
        process: `web`, `worker`, or `mail`.
    """
    if dsn is None:
        return
    import sentry_sdk
    from sentry_sdk.integrations import Integration
    from sentry_sdk.integrations.flask import FlaskIntegration
    from sentry_sdk.integrations.rq import RqIntegration

    integration: Integration = FlaskIntegration() if process == "web" else RqIntegration()
    sentry_sdk.init(
        dsn=dsn,
        release=f"practice-intake@{__version__}",
        integrations=[integration],
        send_default_pii=False,
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_enabling_integrations=False,  # they import whatever library they know and find, which takes seconds
        traces_sample_rate=None,
        trace_propagation_targets=[],  # or each request to a third party would name this service's traces
        ignore_errors=["tasks.jobs.JobFailedError"],  # stands for an error that was reported already
        before_send=scrub,
    )
    sentry_sdk.set_tag("process", process)


def scrub(event: Event, hint: Hint) -> Event | None:
    """Return a report with only what is known to be harmless in it."""
    source: dict[str, Any] = dict(event)
    kept: dict[str, Any] = {key: source[key] for key in _KEPT if key in source}
    kept["tags"] = {"process": dict(source.get("tags") or {}).get("process", "unknown")}
    if "exception" in source:
        safe = hint.get("exc_info")
        values = source["exception"].get("values") or []
        kept["exception"] = {"values": [_scrub_exception(value) for value in values]}
        if safe and isinstance(safe[1], IntakeError) and kept["exception"]["values"]:
            kept["exception"]["values"][-1]["value"] = str(safe[1])
    else:
        kept["logentry"] = {"message": _scrub_log_line(source)}
    request = source.get("request") or {}
    if "url" in request:
        kept["request"] = {"url": str(request["url"]).split("?")[0], "method": request.get("method")}
    return kept  # type: ignore[return-value]


def _scrub_log_line(source: dict[str, Any]) -> str:
    """Return the template of a log line, which is code; its arguments may be anything.

    A library may have filled in the template itself, with the answer of a server for example. Then it has no arguments,
    and only the logger is named.
    """
    entry, logger = source.get("logentry") or {}, str(source.get("logger") or "an unknown logger")
    if entry.get("params") or logger.partition(".")[0] in _OWN:
        return str(entry.get("message", "log line"))[:200]
    return f"a log line of {logger}"[:200]


def _scrub_exception(value: dict[str, Any]) -> dict[str, Any]:
    frames = (value.get("stacktrace") or {}).get("frames") or []
    return {
        "type": value.get("type"),
        "module": value.get("module"),
        "value": "",
        "mechanism": {"type": (value.get("mechanism") or {}).get("type", "generic"), "handled": False},
        "stacktrace": {"frames": [{key: frame[key] for key in _KEPT_OF_A_FRAME if key in frame} for frame in frames]},
    }
