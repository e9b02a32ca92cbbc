"""A program for `test_reporting`: the worker, with a model that fails and repeats the patient's words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sentry_sdk

from intake.error_reporting import configure_reporting
from intake.logs import configure_logging
from intake.settings import load_settings
from tasks.context import open_context, use
from tasks.worker import WarmWorker


class BrokenClassifier:
    """Stands where the model does."""

    def classify(self, texts: list[str]) -> Any:
        """Fails, with the patient's words in the message, a local variable and a breadcrumb."""
        patient_text = texts[0]
        sentry_sdk.add_breadcrumb(message=patient_text)
        raise ValueError(f"cannot understand {patient_text}")


def main() -> None:
    """Runs every job that waits."""
    settings = load_settings()
    configure_logging()
    configure_reporting(settings.sentry_dsn, "worker")
    context = replace(open_context(settings), classifier=BrokenClassifier())  # type: ignore[arg-type]
    use(context)
    WarmWorker(context).work(burst=True, logging_level="WARNING")
    sentry_sdk.flush()


if __name__ == "__main__":
    main()
