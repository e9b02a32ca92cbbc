"""Whether an email comes from the domain in its From header, as DMARC (RFC 7489, section 3.1) decides it.

A valid signature or SPF result proves only the domain that it names, and anyone has one for a domain of their own. It
counts if that domain is the one in the From header, a part of it, or the other way around. Two parts of one domain are
not told apart from two customers of one provider, so they don't count.
"""

from __future__ import annotations

from collections.abc import Iterable


def is_aligned(sender: str, *, proved: Iterable[str], dmarc: str = "") -> bool:
    """Return whether an email is proved to come from the domain of its sender.

    Args:
        sender: the address in the From header.
        proved: the domains that a valid signature or the SPF result proves.
        dmarc: the result for the From header's domain; empty if nobody gives one.
    """
    if is_dmarc_result(dmarc):
        return dmarc.strip().lower() == "pass"
    domain = sender.rpartition("@")[2].lower()
    return any(_belong_together(domain, other.lower()) for other in proved)


def is_dmarc_result(dmarc: str) -> bool:
    """Return whether a result of DMARC says anything; `none` says that the domain has no record (RFC 7489, 11.2)."""
    return dmarc.strip().lower() not in ("", "none")


def _belong_together(first: str, second: str) -> bool:
    shorter, longer = sorted((first.strip("."), second.strip(".")), key=len)
    # A top-level domain signs nothing for those below it.
    return shorter == longer or ("." in shorter and longer.endswith(f".{shorter}"))
