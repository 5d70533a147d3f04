"""The last rule book that loaded, kept beside the database: a start with a broken pack runs on it."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Set
from pathlib import Path

from alerting.errors import BadInput, SuianError
from alerting.rulebook import Book, load_book

KEPT = "last-good-rules"  # under the data folder, one folder a version


def load(rules: Path, data: Path, calendar_names: Set[str]) -> tuple[Book, str]:
    """The book of the rules folder and ""; where it does not load, the last that did and what is wrong.

    Raises BadInput where there is none to fall back on.
    """
    try:
        return load_book(rules, calendar_names), ""
    except BadInput as error:
        last = kept(data)
        if last is None:
            raise
        try:
            return load_book(last, calendar_names), error.text()
        except BadInput:
            raise error from None


def kept(data: Path) -> Path | None:
    """The folder of the newest book that was kept."""
    versions = [p for p in (data / KEPT).glob("*") if not p.name.endswith(".new")]
    return max(versions, key=lambda p: p.stat().st_mtime, default=None)


def keep(book: Book, data: Path) -> None:
    """Keep a book that loaded, as it was read, and no older one. Raises SuianError if it cannot."""
    here = data / KEPT / book.version
    if here.is_dir() or book.folder.parent == here.parent:
        return
    try:
        here.parent.mkdir(parents=True, exist_ok=True)
        with (data / f".{KEPT}.lock").open("w") as lock:  # several processes may share the folder
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not here.is_dir():
                _keep(book, here)
    except OSError as error:
        raise SuianError(f"the rule book cannot be kept in {here}: {error.strerror}") from None


def _keep(book: Book, here: Path) -> None:
    fresh = here.with_name(f"{book.version}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    for name, content in book.files.items():
        (fresh / name).parent.mkdir(exist_ok=True)
        (fresh / name).write_bytes(content)
    os.rename(fresh, here)  # whole or not at all, whenever the power fails
    for older in here.parent.iterdir():
        if older != here:
            shutil.rmtree(older)

