"""Where the change of an encryption key stands, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from inbox.models import now
from inbox.storage.database import Database
from inbox.storage.key_registry import KeyUse, keys_of_erased, read_keys
from inbox.storage.presence import Presence, running_processes


class Phase(StrEnum):
    """Where the change of a key stands, as seen by a process with these `ENCRYPTION_KEYS`."""

    SETTLED = "settled"  # one key, which everything is written with, and those that erased patients opted out under
    MISSING = "missing"  # the database uses a key that this process lacks
    WAITING = "waiting"  # a running process lacks the new key
    READY = "ready"  # every process can read the new key, and none writes with it
    REWRITING = "rewriting"  # new rows are written with the new key, older ones may not be
    SPARE = "spare"  # everything is written with the first key


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """The keys of the database, of this process, and of the running ones.

    Attributes:
        use: the keys that the database is written with.
        own: this process's keys, in the order of `ENCRYPTION_KEYS`.
        processes: the running processes.
        of_erased: the keys under which patients who were erased opted out; they can't be replaced.
    """

    use: KeyUse
    own: tuple[str, ...]
    processes: tuple[Presence, ...]
    of_erased: frozenset[str] = frozenset()

    @property
    def target(self) -> str:
        """The key to rotate to: the first of this process's keys."""
        return self.own[0]

    @property
    def behind(self) -> tuple[Presence, ...]:
        """The running processes that lack the target or a key in use."""
        needed = self.use.known | {self.target}
        return tuple(process for process in self.processes if needed - process.fingerprints)

    @property
    def _lasting(self) -> frozenset[str]:
        return self.of_erased | {self.target}

    @property
    def phase(self) -> Phase:
        """Where the rotation stands."""
        if self.use.missing_from(self.own):
            return Phase.MISSING
        if self.use.known <= self._lasting and self.use.writing == self.target:
            return Phase.SETTLED if self._lasting.issuperset(self.own) else Phase.SPARE
        if self.behind:
            return Phase.WAITING
        return Phase.REWRITING if self.use.writing == self.target else Phase.READY


def advise(status: KeyStatus) -> str:
    """Return what to do next, in one sentence."""
    match status.phase:
        case Phase.SETTLED:
            return "nothing. To change the key, run `intake keys new` and put the new key first in ENCRYPTION_KEYS."
        case Phase.MISSING:
            return "add the missing key to ENCRYPTION_KEYS and restart every process; until then, no text is sent."
        case Phase.WAITING:
            return f"restart {name_behind(status)} with the same ENCRYPTION_KEYS, then run `intake keys rotate`."
        case Phase.READY:
            return "run `intake keys rotate`: every running process can read the new key."
        case Phase.REWRITING:
            return "run `intake keys rotate` again to finish: some rows may still be written with an older key."
        case Phase.SPARE:
            others = ", ".join(sorted(status.of_erased - {status.target}))
            kept = f" and {others}" if others else ""
            return (
                f"remove every key but the first{kept} from ENCRYPTION_KEYS and restart every process; if the first is"
                " the old one and you mean to change it, put the new one first instead."
            )


def name_behind(status: KeyStatus) -> str:
    """Return the names of the processes that still have to be restarted."""
    return ", ".join(process.name for process in status.behind)


def read_status(database: Database) -> KeyStatus:
    """Return where a rotation stands.

    Raises:
        IntakeError: the database cannot be used.
    """
    database.missing_keys()  # says what is wrong with the database, if anything
    with database.read() as session:
        processes = tuple(running_processes(session, now()))
        use, own = read_keys(session), tuple(database.keyring.fingerprints)
        return KeyStatus(use, own, processes, keys_of_erased(session, own))
