"""PostgreSQL: the database of several processes.

One writing transaction at a time, as in SQLite: each takes an advisory lock before anything else. So a
transaction sees all that was committed before it and nothing changes under it, and numbers are given in
the order of the commits: a reader that goes on after the last number it saw has missed none.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import psycopg
import structlog
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError

from alerting.errors import BadInput, SuianError

log = structlog.get_logger()
WRITTEN = "It is written postgresql://USER:PASSWORD@HOST:PORT/NAME."
SCHEMES = ("postgresql://", "postgres://")
WRITING = 0x5375_6961_6E00  # the lock of the writing transaction
NEWS = "suian"  # the channel on which a commit is made known to the other processes
# A process that is stopped in the middle of a transaction must not hold up all others: the server
# ends its session, and what it had begun is rolled back.
STALLED = "5s"
_SETTINGS = {
    "timezone": "UTC",
    "idle_in_transaction_session_timeout": STALLED,
    "lock_timeout": "30s",
    "client_min_messages": "warning",
    # The lock of the writing transaction must be had before its snapshot is taken.
    "default_transaction_isolation": r"read\ committed",
}
# A machine that vanishes says no word more: without these a loop would wait for hours.
_GONE = {
    "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3,
    "tcp_user_timeout": 10_000,  # milliseconds
}  # fmt: skip


def is_url(database: str) -> bool:
    return database.startswith(SCHEMES)


def make_engine(url: str, **settings: Any) -> Engine:
    """Raises BadInput where this is no address of a database."""
    engine = create_engine(
        driver_url(url), pool_pre_ping=True, hide_parameters=True, connect_args=arguments(), **settings
    )

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get("patient", False):
            _wait(connection)
        if options.get("writing", False):
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITING})")

    return engine


def _wait(connection: Connection) -> None:
    """However long another process takes to bring the tables up to date: of a long history, minutes."""
    connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
    if not connection.exec_driver_sql(f"SELECT pg_try_advisory_xact_lock({WRITING})").scalar_one():
        log.warning("waits for another process, which may be bringing the tables up to date")


def driver_url(url: str) -> URL:
    """Raises BadInput."""
    try:
        made = make_url(url).set(drivername="postgresql+psycopg")
    except (ArgumentError, ValueError):
        raise BadInput("this is no address of a database", where="database", mend=WRITTEN) from None
    if "password" in made.query or "options" in made.query:
        # A password there would be shown wherever the address is; options would replace ours.
        raise BadInput("the address of the database may not say `password` or `options` after the"
                       " question mark", where="database", mend=WRITTEN)  # fmt: skip
    return made


def shown(url: str) -> str:
    """The address as people may see it, without the password. Raises BadInput."""
    return driver_url(url).set(drivername="postgresql").render_as_string()


def with_password(url: str, password: str) -> str:
    """The address with this password in it. Raises BadInput where it has one already."""
    parts = driver_url(url)
    if parts.password:
        raise BadInput("the address of the database has a password already", where=shown(url),
                       mend="Leave it out there, or do not give another.")  # fmt: skip
    opened = parts.set(drivername="postgresql", password=password)
    return opened.render_as_string(hide_password=False)


def arguments() -> dict[str, Any]:
    """What every connection is made with."""
    options = " ".join(f"-c {name}={value}" for name, value in _SETTINGS.items())
    return {"options": options, "connect_timeout": 10, "application_name": "suian", **_GONE}


def session(url: str) -> psycopg.Connection[Any]:
    """A connection by itself, outside the pool and every transaction. Raises psycopg.Error."""
    plain = driver_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True, **arguments())


def check_kind(connection: Connection, where: str) -> None:
    """Refuse a database whose text does not sort byte by byte: times and numbers are kept as text, and
    their order must be the same on every machine; and a server older than what `link` needs. Raises
    SuianError."""
    if int(connection.exec_driver_sql("SHOW server_version_num").scalar_one()) < 140000:
        raise SuianError("suian needs PostgreSQL 14 or newer", where=where)
    encoding, collation = connection.exec_driver_sql(
        "SELECT pg_encoding_to_char(encoding), datcollate FROM pg_database"
        " WHERE datname = current_database()"
    ).one()
    if encoding != "UTF8" or collation not in ("C", "POSIX", "C.UTF-8", "C.utf8"):
        raise SuianError(
            f"the database is of encoding {encoding} and sorts by {collation}", where=where,
            mend="Make one with: createdb --template=template0 --encoding=UTF8 --locale=C suian",
        )  # fmt: skip


def make_known(connection: Connection, sender: str, wrote: Collection[str]) -> None:
    """Tell the other processes, if this transaction commits, which tables it wrote (none: any)."""
    said = " ".join([sender, *sorted(wrote)])
    connection.execute(text("SELECT pg_notify(:channel, :said)"), {"channel": NEWS, "said": said})
