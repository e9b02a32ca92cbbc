"""Taking and returning leases, by the database's clock."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Float, or_, update
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement

from inbox.models import Lease

RECONCILER = "reconciler"
LONGEST_SECONDS = 60.0


class _DatabaseClock(FunctionElement[float]):
    """The database's time, in seconds since 1970."""

    type = Float()
    inherit_cache = True


@compiles(_DatabaseClock, "sqlite")
def _sqlite_clock(element: _DatabaseClock, compiler: Any, **options: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(_DatabaseClock, "postgresql")
def _postgres_clock(element: _DatabaseClock, compiler: Any, **options: Any) -> str:
    return "CAST(extract(epoch FROM clock_timestamp()) AS double precision)"


def take_lease(session: Session, name: str, holder: str, seconds: float) -> bool:
    """Take a lease that no one holds, and return whether that worked.

    A lease that would last longer than any can was taken before the clock was set back, and counts as expired.

    Args:
        session: an open write transaction.
        name: the lease, which a migration has added.
        holder: who takes it; a holder can take its own lease again.
        seconds: how long to hold it, at most a minute.
    """
    clock = _DatabaseClock()
    taken = session.execute(
        update(Lease)
        .where(
            Lease.name == name,
            or_(Lease.holder == holder, Lease.expires_at <= clock, Lease.expires_at > clock + LONGEST_SECONDS),
        )
        .values(holder=holder, expires_at=clock + seconds)
        .execution_options(synchronize_session=False)
    )
    return bool(taken.rowcount)  # type: ignore[attr-defined]


def return_lease(session: Session, name: str, holder: str, pause_seconds: float) -> None:
    """Return a lease, so that anyone can take it after a pause.

    Args:
        session: an open write transaction.
        name: the lease.
        holder: who held it; nothing changes if someone else holds it now.
        pause_seconds: how long no one may take it.
    """
    session.execute(
        update(Lease)
        .where(Lease.name == name, Lease.holder == holder)
        .values(holder="", expires_at=_DatabaseClock() + pause_seconds)
        .execution_options(synchronize_session=False)
    )
