"""One running service to a data folder, and where the commands find it.

The folder itself is locked: the kernel lets go of that when the process dies, however it dies.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alerting.errors import SuianError
from alerting.service.config import Config
from alerting.store.database import prepare_folder

FILE = "service.json"


@contextmanager
def only_one(data: Path) -> Iterator[None]:
    """Hold the data folder. Raises SuianError, with pid and address, where a service runs on it."""
    prepare_folder(data)
    held = os.open(data, os.O_RDONLY)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _taken(data) from None
        (data / FILE).unlink(missing_ok=True)  # left by one that was killed
        try:
            yield
        finally:
            (data / FILE).unlink(missing_ok=True)
    finally:
        os.close(held)


def announce(config: Config) -> None:
    """Write down who serves the data folder, and where; for `only_one`'s holder alone."""
    fresh = config.data / f".{FILE}.new"
    fresh.write_text(json.dumps({"pid": os.getpid(), "url": config.local_url}), "utf-8")
    fresh.replace(config.data / FILE)


def address_of(config: Config) -> str:
    """Where the service of this data folder was last said to be, else where the config puts it."""
    said = _said(config.data)
    return str(said["url"]) if said else config.local_url


def _said(data: Path) -> dict[str, Any]:
    try:
        said: dict[str, Any] = json.loads((data / FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return said if {"pid", "url"} <= said.keys() else {}


def _taken(data: Path) -> SuianError:
    said = _said(data)
    who = f"pid {said['pid']} on {said['url']}" if said else "it is just starting"
    return SuianError(
        f"a service runs on this data folder already: {who}", where=str(data),
        mend="Stop that one first; another county needs a `data:` folder and a port of its own.",
    )  # fmt: skip
