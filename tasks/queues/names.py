"""The names of the queues, without the libraries that `tasks.queues.queue` needs.

Nothing in `messages` waits for another server; `lookups` only asks for what is missing. See ADR 0012.
"""

from __future__ import annotations

URGENT, MESSAGES, NOTICES, CARRIERS, LOOKUPS = "urgent", "messages", "notices", "carriers", "lookups"
QUEUES = (URGENT, MESSAGES, NOTICES, CARRIERS, LOOKUPS)
"""The queues in order of danger. A worker takes jobs from the queues it is given, in that order."""
