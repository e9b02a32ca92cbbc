"""Reading what the practice's own mail server found out about a sender: Authentication-Results (RFC 8601).

Anyone can write this header. It counts only if it names a server that the operator trusts, which must remove headers
with its own name from what comes in (RFC 8601, section 5). What a stranger may have slipped into a comment or beside
the real results makes them worth nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from webhooks.email.alignment import is_aligned, is_dmarc_result

MOST_HEADERS = 20
_METHODS = frozenset({"dkim", "spf", "dmarc"})
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_WORD = re.compile(rf'\s+|;|\(|{_QUOTED}|[^\s;()"]+')
# Of an address, it matters only what follows the `@`.
_PROPERTY = re.compile(r"(smtp\.mailfrom|header\.d|header\.i|header\.from)=(.+)", re.DOTALL)
_DOMAIN = re.compile(r"(?:.*@)?([a-z0-9_.-]{1,253})", re.DOTALL)


class _UnreadableError(Exception):
    """A header whose parts cannot be told apart for certain."""


@dataclass(frozen=True, slots=True)
class AuthenticationResult:
    """One result.

    Attributes:
        method: `dkim`, `spf`, or `dmarc`.
        result: such as `pass`.
        domains: the domain of each property, in lower case, by its name, such as `header.d`.
    """

    method: str
    result: str
    domains: dict[str, str]


def proves_sender(sender: str, headers: Iterable[str], trusted: Collection[str]) -> bool:
    """Return whether trusted servers found that an email comes from the domain of its sender.

    Args:
        sender: the address in the From header.
        headers: the values of all Authentication-Results headers, undecoded.
        trusted: the names (authserv-ids) of the trusted servers.
    """
    given = list(headers)
    if not trusted or len(given) > MOST_HEADERS:
        return False
    try:
        findings = [finding for header in given for finding in read_findings(header, trusted)]
    except _UnreadableError:
        return False
    domain = sender.rpartition("@")[2].lower()
    dmarc = [finding for finding in findings if finding.method == "dmarc" and is_dmarc_result(finding.result)]
    if dmarc:
        return all(found.result == "pass" and found.domains.get("header.from") == domain for found in dmarc)
    return is_aligned(sender, proved=_proved(findings))


def read_findings(header: str, trusted: Collection[str]) -> list[AuthenticationResult]:
    """Return the results in a header; none if it does not name a trusted server.

    Raises:
        _UnreadableError: it names one, but its parts cannot be told apart.
    """
    names = {name.lower() for name in trusted}
    first = header.strip().partition(";")[0].split()
    if not first or first[0].strip('"').lower() not in names:
        return []
    _, *results = _split(header)
    return [finding for words in results if (finding := _finding(words)) is not None]


def _proved(findings: Iterable[AuthenticationResult]) -> Iterator[str]:
    for finding in findings:
        if finding.result == "pass":
            names = ("smtp.mailfrom",) if finding.method == "spf" else ("header.d", "header.i")
            found = [finding.domains[name] for name in names if name in finding.domains]
            yield from found[:1]


def _split(header: str) -> list[list[str]]:
    """Return the words of each part between semicolons, without comments."""
    parts: list[list[str]] = [[]]
    place = 0
    while place < len(header):
        found = _WORD.match(header, place)
        if found is None:  # a closing bracket or a quotation mark without its other half
            raise _UnreadableError
        word, place = found[0], found.end()
        if word == "(":
            place = _after_comment(header, place)
        elif word == ";":
            parts.append([])
        elif not word.isspace():
            parts[-1].append(word)
    return parts


def _after_comment(header: str, place: int) -> int:
    depth = 1
    while depth:
        if place >= len(header) or header[place] in '"\\':
            # a server that copies a sender's `"a) ; dkim=pass ("@example.com` would end its comment there
            raise _UnreadableError
        depth += {"(": 1, ")": -1}.get(header[place], 0)
        place += 1
    return place


def _finding(words: list[str]) -> AuthenticationResult | None:
    method, _, result = "".join(words[:1]).lower().partition("=")
    method = method.partition("/")[0]
    if method not in _METHODS:
        return None
    domains: dict[str, str] = {}
    for word in words[1:]:
        found = _PROPERTY.fullmatch(word.lower())
        domain = _DOMAIN.fullmatch(found[2].strip('"')) if found else None
        if found and domain:
            if found[1] in domains:
                raise _UnreadableError
            domains[found[1]] = domain[1]
    return AuthenticationResult(method, result, domains)
