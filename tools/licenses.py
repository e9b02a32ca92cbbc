"""List the license of every library that the service installs: `make lock` writes `docs/licenses.md`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Final

LOCK: Final = Path("requirements/serving.lock")
LIST: Final = Path("docs/licenses.md")
ALLOWED: Final = frozenset(
    {
        *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0"),
        *("MIT-CMU", "PSF-2.0", "ZPL-2.1", "Zlib"),
        # changes to the library itself must be published; using it unchanged, as a library, obliges to nothing
        *("LGPL-3.0-only", "MPL-2.0"),
    }
)
# Installed on other systems or older Pythons alone, so not to be asked here.
_ELSEWHERE: Final = {"async-timeout": "Apache-2.0", "colorama": "BSD-3-Clause"}
# Stated in the library's own files alone.
_IN_ITS_FILES: Final = {"imapclient": "BSD-3-Clause"}
# What libraries write that do not name their license as SPDX does.
_SPDX: Final = {
    "Apache": "Apache-2.0",
    "Apache 2": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "3-Clause BSD License": "BSD-3-Clause",
    "BSD": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "Dual License": "Apache-2.0 OR BSD-3-Clause",
    "MIT License": "MIT",
}
_HEAD: Final = """# Licenses

The libraries that the service installs, and their licenses, as the libraries state them. `make lock` writes this page.
A test checks each license against a list of those that allow use in a product like this one.
The console's icons are Lucide's, under ISC and MIT; NOTICE names them and the models.

| library | license |
|---|---|
"""


def locked_names(lock: str) -> list[str]:
    """Return the names of the libraries in a lock."""
    return re.findall(r"^([a-z0-9.-]+)==", lock, re.MULTILINE)


def license_of(name: str) -> str:
    """Return the license of a library as an SPDX expression, or as the library calls it.

    Raises:
        PackageNotFoundError: the library is not installed.
    """
    try:
        about = metadata(name).json
    except PackageNotFoundError:
        if name in _ELSEWHERE:
            return _ELSEWHERE[name]
        raise
    if name in _IN_ITS_FILES:
        return _IN_ITS_FILES[name]
    if about.get("license_expression"):
        return str(about["license_expression"])
    classified = [line.rpartition(" :: ")[2] for line in about.get("classifier", []) if line.startswith("License")]
    short = str(about.get("license") or "").strip()
    stated = short if short and "\n" not in short and len(short) <= 40 else " AND ".join(classified)
    return _SPDX.get(stated, stated) or "not stated"


def licenses_in(expression: str) -> Iterator[str]:
    """Yield the licenses that an SPDX expression names."""
    yield from re.split(r" AND | OR |[()]", expression)


def page(lock: str) -> str:
    """Return the page that lists the licenses of a lock."""
    return _HEAD + "".join(f"| {name} | {license_of(name)} |\n" for name in locked_names(lock))


if __name__ == "__main__":
    LIST.write_text(page(LOCK.read_text()))
