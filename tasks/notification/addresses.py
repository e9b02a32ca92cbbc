"""Reading a notification address: one service of those that are allowed, with harmless options only."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from intake.errors import IntakeError
from intake.practices import TEXT_PREFIX, Practice, is_plain_mail
from tasks.notification.public_targets import is_public

if TYPE_CHECKING:
    import apprise

SERVICES = (
    *("mailto", "mailtos", "slack", "discord", "tgram", "pover", "pagerduty", "opsgenie", "json", "jsons"),
    *("workflows", "gchat", "mmost", "mmosts", "ntfy", "ntfys", "gotify", "gotifys"),
)
"""Each sends from the thread that asks it to, in requests and SMTP, so `public_targets` sees every connection."""

# What an option may do: say who is told, from whom, and how loudly. The others name servers and files, add headers and
# fields, follow redirects, wait for hours, or switch certificate checks off.
_OPTIONS = frozenset(
    {
        *("to", "cc", "bcc", "from", "name", "reply", "mode", "format", "image", "footer", "avatar", "thread", "topic"),
        *("silent", "priority", "sound", "region", "severity", "component", "group", "class", "source", "entity"),
        *("alias", "tags", "channel", "token", "key", "id", "sig", "ver"),
    }
)
_MARKS = ("+", "-", ":")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_WIKI = "see https://github.com/caronc/apprise/wiki"


def parse_address(address: str) -> apprise.NotifyBase:
    """Return the service that an address names, which notices are sent through.

    Raises:
        IntakeError: it cannot be used. The message says why without repeating more of it than its scheme and the names
            of options, because the rest may be a password.
    """
    scheme = scheme_of(address)
    if scheme not in SERVICES:
        raise IntakeError(f"notices cannot go to {scheme}:// addresses; expected one of {', '.join(SERVICES)}")
    import apprise  # slow to import, here and below, and many practices give no address
    from apprise.utils.parse import parse_urls

    if len(parse_urls(address)) != 1:  # type: ignore[no-untyped-call]
        raise IntakeError("this is more than one address; write each as an entry of its own")
    _check_options(address, scheme)
    service = apprise.Apprise.instantiate(address, asset=apprise.AppriseAsset(http_redirects=False))
    if service is None or scheme not in service.schemas():  # type: ignore[no-untyped-call]
        raise IntakeError(f"apprise cannot use this {scheme}:// address; {_WIKI}")
    return service


def check_addresses(practice: Practice) -> None:
    """Check that every address is valid.

    Raises:
        IntakeError: an address cannot be used. The message names its key.
    """
    for team, known in practice.teams.items():
        for number, address in enumerate(known.notify, start=1):
            try:
                if not address.startswith(TEXT_PREFIX) and not is_plain_mail(address):
                    parse_address(address)
            except IntakeError as error:
                raise IntakeError(f"practice[{practice.slug}].teams.{team}.notify[{number}]: {error}") from None


def describe_address(address: str) -> str:
    """Return an address without its passwords and tokens, for the practice's managers."""
    if address.startswith(TEXT_PREFIX) or is_plain_mail(address):
        return address
    try:
        service = parse_address(address)
    except IntakeError as error:
        return f"{scheme_of(address)}://… (not used: {error})"
    shown: str = service.url(privacy=True)  # type: ignore[no-untyped-call]
    return unquote(shown.partition("?")[0])  # the query may contain a token as well


def names_private_host(address: str) -> bool:
    """Return whether an address itself names a host inside the network. What a name resolves to shows when sending."""
    try:
        host = str(parse_address(address).host or "").strip("[]")
    except IntakeError:
        return False
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return not is_public(ipaddress.ip_address(host))
    except ValueError:
        return False


def scheme_of(address: str) -> str:
    """Return an address's scheme in lower case; empty if it has none."""
    found = _SCHEME.match(address)
    return found[1].lower() if found else ""


def _check_options(address: str, scheme: str) -> None:
    """Check the options of an address. Names that the service does not know are not repeated: part of a password?"""
    import apprise

    parsed = apprise.URLBase.parse_url(address, verify_host=False)  # type: ignore[no-untyped-call]
    if not parsed:
        return  # apprise says so itself
    options = parsed["qsd"]
    unknown = sorted(name for name in options if name not in _OPTIONS)
    if options.get("format", "text").lower() != "text":
        raise IntakeError("notices are plain text; remove the option format")
    if any(parsed[f"qsd{mark}"] for mark in _MARKS) or any(name.startswith(_MARKS) for name in unknown):
        raise IntakeError("an address cannot add headers or fields; remove the options that begin with +, -, or :")
    if "smtp" in unknown:
        raise IntakeError("write the mail server as the host and the sender as from=, instead of the option smtp")
    if unknown:
        from apprise.manager_plugins import NotificationManager

        service = NotificationManager()[scheme]  # type: ignore[no-untyped-call]
        known = [name for name in unknown if name in service.template_args]
        raise IntakeError(f"remove {', '.join(known) or 'what follows ?'}: such options are not allowed here")
