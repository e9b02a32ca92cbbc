"""The wheel's version names the commit that it was built from, so that an upgrade is one."""

from __future__ import annotations

import re
from pathlib import Path

from setuptools import setup

HERE = Path(__file__).resolve().parent
SHOWN = 12


def read_version() -> str:
    """Return the release and the commit; in a source distribution the version that it was made with."""
    made = HERE / "PKG-INFO"
    if made.exists():
        return _find(r"^Version: (.+)$", made)
    release, commit = _find(r'^__version__ = "(.+)"$', HERE / "intake" / "__init__.py"), read_commit(HERE)
    return f"{release}+g{commit}" if commit else release


def read_commit(checkout: Path) -> str:
    """Return a checkout's commit, which needs no git; empty where there is none."""
    git = checkout / ".git"
    if git.is_file():  # of a worktree
        git = checkout / git.read_text().removeprefix("gitdir:").strip()
    if not (git / "HEAD").exists():
        return ""
    head = (git / "HEAD").read_text().strip()
    if not head.startswith("ref: "):
        return head[:SHOWN]
    branch, common = head.removeprefix("ref: "), git
    if (git / "commondir").exists():
        common = git / (git / "commondir").read_text().strip()
    if (common / branch).exists():
        return (common / branch).read_text()[:SHOWN]
    packed = (common / "packed-refs").read_text() if (common / "packed-refs").exists() else ""
    return next((line[:SHOWN] for line in packed.splitlines() if line.endswith(f" {branch}")), "")


def _find(pattern: str, file: Path) -> str:
    [found] = re.findall(pattern, file.read_text(encoding="utf-8"), re.MULTILINE)
    return str(found)


setup(version=read_version())
