"""Pin what the service installs, with hashes: `make lock` writes `requirements/*.lock`.

A lock holds for every platform and Python version that the service runs on, and has the versions of `constraints.txt`,
which the tests passed with.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

PLATFORMS: Final = ("x86_64-manylinux_2_28", "aarch64-manylinux_2_28")
PYTHONS: Final = ("3.11", "3.12", "3.13")
SERVING_EXTRAS: Final = ("postgres",)
LOCKS: Final = {
    "requirements/serving.lock": ["pyproject.toml", "requirements/serving.in"],
    "requirements/s3.lock": ["requirements/s3.in"],
    "requirements/security.lock": ["requirements/security.in"],
}
SERVED: Final = ("requirements/serving.lock", "requirements/s3.lock")
# What the machine is set up to download from stays out of the file.
_PLAIN: Final = ("--no-config", "--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links")


def main(uv: str) -> None:
    """Write the locks, and check that every library of the service comes built for every platform."""
    compile_lock = (uv, "pip", "compile", "--quiet", *_PLAIN)
    extras = [word for extra in SERVING_EXTRAS for word in ("--extra", extra)]
    for lock, sources in LOCKS.items():
        wanted = ["--universal", "--generate-hashes", "--python-version", PYTHONS[0], "--constraint", "constraints.txt"]
        named = extras if "pyproject.toml" in sources else []
        subprocess.run([*compile_lock, *wanted, *named, "--output-file", lock, *sources], check=True)
    for platform in PLATFORMS:
        for version in PYTHONS:
            there = ["--python-platform", platform, "--python-version", version, "--only-binary", ":all:", "--no-deps"]
            for lock in SERVED:
                subprocess.run([*compile_lock, *there, lock], check=True, stdout=subprocess.DEVNULL)
                print(f"{lock} installs on {platform} with Python {version}", flush=True)


if __name__ == "__main__":
    if not Path("pyproject.toml").is_file() or len(sys.argv) != 2:
        raise SystemExit("expected the repository as the current folder, and the path of uv: run `make lock`")
    main(sys.argv[1])
