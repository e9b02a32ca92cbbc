"""Whether an email comes from the domain in its From header, as DMARC (RFC 7489, section 3.1) decides it.

A valid signature or SPF result proves only the domain that it names, and anyone has one for a domain of their own. It
counts if that domain is the one in the From header, a part of it, or the other way around. Two parts of one domain are
not told apart from two customers of one provider, so they don't count.
"""

from __future__ import annotations

import re

_DKIM_RESULT = re.compile(r"@?([a-z0-9._-]{1,253})\s*:\s*([a-z]+)")


def is_aligned(sender: str, *, dkim: str, spf: str, envelope_sender: str | None, dmarc: str) -> bool:
    """Return whether an email is proved to come from the domain of its sender.

    Args:
        sender: the address in the From header.
        dkim: the signatures' domains and results, as SendGrid writes them: `{@example.com : pass, @other.com : fail}`.
        spf: the result for the envelope's sender.
        envelope_sender: the address in the envelope.
        dmarc: the result for the From header's domain; empty if the posting service gives none.
    """
    if dmarc.strip():
        return dmarc.strip().lower() == "pass"
    proved = [domain for domain, result in _DKIM_RESULT.findall(dkim.lower()) if result == "pass"]
    if spf.strip().lower() == "pass" and envelope_sender and "@" in envelope_sender:
        proved.append(envelope_sender.strip().strip("<>").rpartition("@")[2].lower())
    domain = sender.rpartition("@")[2].lower()
    return any(_belong_together(domain, other) for other in proved)


def _belong_together(first: str, second: str) -> bool:
    shorter, longer = sorted((first.strip("."), second.strip(".")), key=len)
    # A top-level domain signs nothing for those below it.
    return shorter == longer or ("." in shorter and longer.endswith(f".{shorter}"))
