"""The console's scripts, style sheets, and pictures, which browsers keep without asking for them again.

Their addresses name the version of all of them together, so a page never gets some of one version and some of another
from what a browser kept. The files of a version import each other by relative addresses.
"""

from __future__ import annotations

import hashlib
from typing import Any

from flask import Blueprint, send_from_directory
from werkzeug.wrappers import Response

from templates.staff import FOLDER

FILES = FOLDER / "static"
KEPT_SECONDS = 365 * 24 * 3600
_LENGTH = 16


def version_of_files() -> str:
    """Return a digest of the names and contents of the files."""
    digest = hashlib.sha256()
    for path in sorted(FILES.iterdir()):
        contents = path.read_bytes()
        digest.update(f"{path.name} {len(contents)} ".encode() + contents)
    return digest.hexdigest()[:_LENGTH]


VERSION = version_of_files()


def serve_files(blueprint: Blueprint) -> None:
    """Have a blueprint serve the files as `static`, and name the version in the addresses that pages are given.

    Without a version, or with that of a page from before an update, a file is asked for each time that it is used.
    """
    blueprint.add_url_rule("/static/<path:filename>", "static", _send)
    blueprint.add_url_rule(f"/static/<string(length={_LENGTH}):version>/<path:filename>", "static", _send)

    @blueprint.url_defaults
    def name_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == f"{blueprint.name}.static":
            values.setdefault("version", VERSION)


def _send(filename: str, version: str = "") -> Response:
    is_current = version == VERSION
    answer = send_from_directory(FILES, filename, max_age=KEPT_SECONDS if is_current else None)
    answer.cache_control.immutable = is_current
    return answer
