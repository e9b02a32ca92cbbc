"""Keys from a file or a command, such as a key management service's, instead of from the environment itself.

`NAME_FILE` is a file that only its owner can read; `NAME_COMMAND` is a command whose output is the value. Several keys
are one per line, the newest first. `ATTACHMENTS_S3_SECRET`, which is one, can come from there, too.
"""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

SOURCED: Final = ("encryption_keys", "secret_key", "attachments_s3_secret")
COMMAND_SECONDS: Final = 30
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def is_given(name: str, given: Mapping[str, Any]) -> bool:
    """Return whether a key is set in any of its ways."""
    return any(given.get(way) for way in (name, f"{name}_file", f"{name}_command"))


def resolve_keys(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings with each key read from where it is.

    Args:
        given: Settings by field name, unchecked.

    Raises:
        ValueError: A key is set in two ways that disagree, its file is readable by others, or its command failed.
    """
    resolved = dict(given)
    for name in SOURCED:
        values = _values(name, given)
        if len(set(values.values())) > 1:
            ways = " and ".join(way.upper() for way in values)
            raise ValueError(f"{ways} are both set and differ; set one of them")
        if values:
            resolved[name] = next(iter(values.values()))
    if "\n" in str(resolved.get("secret_key") or ""):
        newest, _, older = str(resolved["secret_key"]).partition("\n")
        resolved["secret_key"] = newest
        resolved["secret_key_fallbacks"] = resolved.get("secret_key_fallbacks") or ",".join(older.splitlines())
    return resolved


def _values(name: str, given: Mapping[str, Any]) -> dict[str, str]:
    values = {}
    if given.get(name):
        values[name] = str(given[name])
    if path := given.get(f"{name}_file"):
        values[f"{name}_file"] = _lines(name, read_private_file(f"{name}_file".upper(), Path(path)))
    if command := given.get(f"{name}_command"):
        values[f"{name}_command"] = _lines(name, _run(f"{name}_command".upper(), str(command)))
    return values


def _lines(name: str, text: str) -> str:
    """Join the lines as the variable itself would have them."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return ("," if name == "encryption_keys" else "\n").join(lines)


def read_private_file(variable: str, path: Path) -> str:
    """Return what is in a file of secrets.

    Args:
        variable: What to call it in an error.
        path: The file.

    Raises:
        ValueError: Others than its owner may use it, it can't be read, or it is empty.
    """
    try:
        with path.open(encoding="utf-8") as file:
            about = os.fstat(file.fileno())
            if about.st_mode & _OTHERS:
                raise ValueError(f"{variable}: others than its owner may use {path}; run `chmod 600 {path}`")
            text = file.read()
    except OSError as error:
        raise ValueError(f"{variable}: {path} cannot be read ({error.strerror})") from None
    if not text.strip():
        raise ValueError(f"{variable}: {path} is empty; write the secret into it")
    return text


def _run(variable: str, command: str) -> str:
    """Run a command without a shell; neither it nor what it printed is repeated in an error."""
    try:
        done = subprocess.run(  # noqa: S603 (the administrator's own command)
            shlex.split(command), capture_output=True, text=True, timeout=COMMAND_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise ValueError(f"{variable}: the command took longer than {COMMAND_SECONDS} seconds") from None
    except (OSError, ValueError, IndexError):
        raise ValueError(f"{variable}: there is no such command; expected a program and its arguments") from None
    if done.returncode or not done.stdout.strip():
        raise ValueError(f"{variable}: the command ended with status {done.returncode}; run it yourself to see why")
    return done.stdout
