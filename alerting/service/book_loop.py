"""Takes up changed rules while the service runs; those that do not load change the page alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from alerting.errors import BadInput
from alerting.rulebook import Book, load_book
from alerting.rulebook.files import read_files, version

if TYPE_CHECKING:
    from alerting.service.station import Station

EVERY = timedelta(seconds=5)
EVERY_VIRTUAL = timedelta(minutes=10)


class BookLoop:
    name = "rules"

    def __init__(self, station: Station) -> None:
        self._station = station
        self._every = EVERY_VIRTUAL if station.runtime.virtual else EVERY
        self._due = station.runtime.now() + self._every
        # What the folder held when it was last loaded; a start that fell back looks once more.
        self._seen = "" if station.book_problem else station.book.version

    def next_due(self) -> datetime | None:
        return self._due

    async def step(self) -> bool:
        station = self._station
        now = station.runtime.now()
        if now < self._due:
            return False
        self._due = now + self._every
        here = await station.runtime.in_thread("rules", self._version)
        if here == self._seen:
            return False
        try:
            book = await station.runtime.in_thread("rules", self._load)
        except BadInput as error:
            self._seen, station.book_problem = here, error.text()
            return False
        # Not what it held before: it may have changed again since, and is looked at again then.
        self._seen = book.version
        station.book_problem = ""
        if book.version == station.book.version:
            return False
        # The engine takes it between two signals: in the middle of one it would forget the other half.
        await station.offer_book(book)
        return True

    def _version(self) -> str:
        return version(read_files(self._station.config.rules)[0])

    def _load(self) -> Book:
        return load_book(self._station.config.rules, set(self._station.county.calendar.names()))
