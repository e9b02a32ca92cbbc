"""Bodies without what a carrier may change in them: typographic signs, and spaces.

Twilio's smart encoding replaces such signs, so that a text fits into fewer segments
(https://www.twilio.com/docs/messaging/services#smart-encoding).
"""

from __future__ import annotations

import unicodedata

_SINGLE_QUOTES = "\u2018\u2019\u201a\u201b\u2032\u2035\u02b9\u02bb\u02bc\u02c8\u00b4`"
_DOUBLE_QUOTES = "\u201c\u201d\u201e\u201f\u2033\u2036\u00ab\u00bb\u02ba\u02ee"
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043"
_PLAIN = str.maketrans(
    {**dict.fromkeys(_SINGLE_QUOTES, "'"), **dict.fromkeys(_DOUBLE_QUOTES, '"'), **dict.fromkeys(_DASHES, "-")}
)


def fold_body(body: str) -> str:
    """Return a body with plain quotes, dashes, and single spaces, and without signs that nobody sees."""
    compatible = unicodedata.normalize("NFKC", body.translate(_PLAIN)).translate(_PLAIN)
    seen = "".join(sign for sign in compatible if unicodedata.category(sign) != "Cf")
    return " ".join(seen.split())
