"""A process's standing session with a database that several share: who does what, and who has news.

What one process alone may do is guarded by an advisory lock of this session. The server lets go of it
when the session ends: at once when the process dies, and after `PATIENCE` when it is stopped, for it
then says nothing any more. Whoever wakes after that finds its session gone, and what it still had in
hand is refused by the positions that it compares (see bus.taken).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence

import psycopg
import structlog
from sqlalchemy import Connection, text

from alerting.errors import SuianError
from alerting.store import postgres
from alerting.store.schema import metadata

log = structlog.get_logger()
PATIENCE = "4s"  # of a session that says nothing, before its locks are free
PROCESS = "process "  # what every process holds for itself, so that others know it lives
ALIVE = "alive"  # what all processes hold together, so that a start knows whether any does
WORKERS = "workers"  # what all who act for a share of the places hold together, to be counted
ANY = frozenset(metadata.tables)
LEADS = 0x5375_6961  # the first number of every lock of ours; the second is of its name


def lives(connection: Connection, name: str) -> bool:
    """Whether some process holds this now."""
    found = connection.execute(
        text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
             " AND classid = :leads AND objid = CAST(hashtext(:name) AS oid) AND database ="
             " (SELECT oid FROM pg_database WHERE datname = current_database())"),
        {"leads": LEADS, "name": name},
    )  # fmt: skip
    return bool(found.scalar_one())


class Link:
    """`wanted` are the things that this process would do if no other does; `patience` is how long the
    server waits for its next word, "0" for ever. Of `shares` it takes as many as come to it, so that
    all who take some have about as many. What `sender` commits is no news. Blocking: use it in a
    thread.
    """

    def __init__(
        self, url: str, wanted: Sequence[str], patience: str = PATIENCE, shares: int = 0,
        sender: str = "",
    ) -> None:  # fmt: skip
        self._url, self._wanted, self._patience = url, tuple(wanted), patience
        self._shares, self._sender = shares, sender
        self._session: psycopg.Connection[tuple[int | bool, ...]] | None = None
        self.held: frozenset[str] = frozenset()
        self._times: Counter[str] = Counter()  # that a thing was taken

    @property
    def shares(self) -> frozenset[tuple[int, int]]:
        """The numbers of the shares that are this process's, each with how many times it has taken it:
        between two of them it may have been another's."""
        names = {n: lock_of(n) for n in range(self._shares)}
        return frozenset((n, self._times[name]) for n, name in names.items() if name in self.held)

    def times(self, what: str) -> int:
        """Which time it is that this process has it, from 1 on; 0 where it has not."""
        return self._times[what] if what in self.held else 0

    def turn(self, seconds: float) -> frozenset[str]:
        """Take what is free, then wait so long at most for news; gives which tables others wrote.

        Raises SuianError where the database does not answer: nothing is held then.
        """
        try:
            session = self._session or self._begin()
            self._take(session, self._wanted)
            self._share_out(session)
            return self._news(session, time.monotonic() + seconds)
        except psycopg.Error as error:
            if self.held:
                log.warning("others take over", what=sorted(self.held), error=str(error).strip())
            self.close()
            raise SuianError(f"the database does not answer: {str(error).strip()}") from None

    def _news(
        self, session: psycopg.Connection[tuple[int | bool, ...]], until: float
    ) -> frozenset[str]:
        found: frozenset[str] = frozenset()
        while not found:
            left = until - time.monotonic()
            for one in session.notifies(timeout=max(0.0, left), stop_after=1):
                sender, *wrote = one.payload.split() or [""]
                if not sender or sender != self._sender:
                    found |= frozenset(wrote or ANY)
            if left <= 0:
                break
        return found

    def close(self) -> None:
        self.held = frozenset()
        if self._session is not None:
            self._session.close()
            self._session = None

    def _begin(self) -> psycopg.Connection[tuple[int | bool, ...]]:
        session = self._session = postgres.session(self._url)
        session.execute(f"SET idle_session_timeout = '{self._patience}'")
        session.execute(f"LISTEN {postgres.NEWS}")
        session.execute("SELECT pg_advisory_lock_shared(%s, hashtext(%s))", [LEADS, ALIVE])
        if self._shares:
            session.execute("SELECT pg_advisory_lock_shared(%s, hashtext(%s))", [LEADS, WORKERS])
        return session

    def _share_out(self, session: psycopg.Connection[tuple[int | bool, ...]]) -> None:
        """Let go of what is more than an equal part, and ask for what is less. What is left over when
        all have as many goes to those whose sessions the server calls by the lowest numbers."""
        if not self._shares:
            return
        row = session.execute(
            "SELECT count(*), count(*) FILTER (WHERE pid < pg_backend_pid()) FROM pg_locks"
            " WHERE locktype = 'advisory' AND granted AND classid = %s"
            " AND objid = CAST(hashtext(%s) AS oid) AND mode = 'ShareLock' AND database ="
            " (SELECT oid FROM pg_database WHERE datname = current_database())", [LEADS, WORKERS]
        ).fetchone()  # fmt: skip
        assert row is not None
        workers, before = row
        part, left_over = divmod(self._shares, max(1, workers))
        part += before < left_over
        mine = [name for name in map(lock_of, range(self._shares)) if name in self.held]
        for share in mine[part:]:
            session.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", [LEADS, share])
            self.held -= {share}
            log.info("leaves to another", what=share)
        for share in map(lock_of, range(self._shares)):
            if len(self.shares) < part and share not in self.held:
                self._take(session, [share])

    def _take(self, session: psycopg.Connection[tuple[int | bool, ...]], wanted: Sequence[str]) -> None:
        """Ask for what is not held yet; when all is, say at least that we live."""
        missing = [name for name in wanted if name not in self.held]
        asked = ", ".join("pg_try_advisory_lock(%s, hashtext(%s))" for _ in missing) or "true"
        given = [word for name in missing for word in (LEADS, name)]
        row = session.execute(f"SELECT {asked}", given).fetchone()  # type: ignore[arg-type]
        assert row is not None
        got = frozenset(name for name, free in zip(missing, row, strict=False) if free)
        self.held |= got
        self._times.update(got)
        if shared := sorted(one for one in got if not one.startswith(PROCESS)):
            log.info("takes over", what=shared)


def lock_of(share: int) -> str:
    """How the lock of a share of the places is called, as the partition that carries its signals."""
    return f"partition {share}"
