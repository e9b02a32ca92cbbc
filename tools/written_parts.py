"""Parts of a page that a tool writes, between two lines that stay."""

from __future__ import annotations


def replace_part(page: str, begin: str, end: str, text: str) -> str | None:
    """Return a page with another text between two of its lines; None if it lacks one of them.

    Args:
        page: The page.
        begin: The line before the part, with its line break.
        end: The line after it, likewise.
        text: What is to stand between them.
    """
    before, found_begin, rest = page.partition(begin)
    _, found_end, after = rest.partition(end)
    return f"{before}{begin}{text}{end}{after}" if found_begin and found_end else None
