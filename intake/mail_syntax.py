"""What a mail's headers look like, on the way in as on the way out."""

from __future__ import annotations

import re

MESSAGE_ID = re.compile(r"<[!-;=?-~]{3,250}>")
REPLY_MARK = re.compile(r"re\s*(?:\[\d+\])?:", re.IGNORECASE)
