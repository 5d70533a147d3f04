"""Whose fault a refused statement is: the store's own (the disk is full, the server gone, the file
locked), which passes or is mended by somebody, or that of what was to be written."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

# Primary result codes of SQLite: https://www.sqlite.org/rescode.html
_SQLITE = frozenset({
    sqlite3.SQLITE_PERM, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_NOTADB,
})  # fmt: skip
# Classes of PostgreSQL's SQLSTATE: connection, state of the transaction, authorization, catalog,
# rollback, resources, not in the state for it, operator, system, configuration, internal.
_POSTGRES = ("08", "25", "28", "3D", "40", "53", "55", "57", "58", "F0", "XX")


def of_the_store(error: BaseException) -> bool:
    """Whether the same work may pass when the store is well again."""
    if isinstance(error, NoConnectionFree):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if isinstance(error.orig, sqlite3.Error):
        # SQLite calls a wrong statement an "operational" error too: the code tells them apart.
        return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in _SQLITE
    state = getattr(error.orig, "sqlstate", None)
    if state is None:  # no server has spoken: it cannot be reached, or the connection broke
        return error.connection_invalidated or error.statement is None
    return str(state).startswith(_POSTGRES)
