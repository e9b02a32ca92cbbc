"""A program for `test_error_reporting`: asks a third party for something, and logs what it answered."""

from __future__ import annotations

import logging
import sys

import requests
import sentry_sdk

from intake.error_reporting import configure_reporting
from intake.logs import configure_logging


def main() -> None:
    """Calls out while an error could be reported, and reports one with the answer in it."""
    dsn, url, secret = sys.argv[1:]
    configure_logging()
    configure_reporting(dsn, "worker")
    with sentry_sdk.isolation_scope(), sentry_sdk.start_transaction(name="job"):
        requests.post(url, json={}, timeout=30)
        logging.getLogger("somebody.else").error(f"the server answered {secret}")
        logging.getLogger("apprise.plugins").error(f"cannot reach {secret}")
    sentry_sdk.flush()


if __name__ == "__main__":
    main()
