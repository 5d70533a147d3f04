"""Where everything that must survive lies: one database, one writer, short transactions."""

from alerting.store.database import Store
from alerting.store.writer import Writer

__all__ = ["Store", "Writer"]
