"""Takes up changed rules while the service runs; those that do not load change the page alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from alerting.errors import BadInput
from alerting.rulebook import Book, load_book
from alerting.rulebook.files import POLICIES, read_files, version
from alerting.rulebook.warnings import load_warnings, raw_warnings
from alerting.vocabulary.official import WarningTable

if TYPE_CHECKING:
    from alerting.service.station import Station

EVERY = timedelta(seconds=5)
EVERY_VIRTUAL = timedelta(minutes=10)


class BookLoop:
    name = "rules"
    heeds = frozenset[str]()  # the clock alone

    def __init__(self, station: Station) -> None:
        self._station = station
        self._every = EVERY_VIRTUAL if station.runtime.virtual else EVERY
        self._due = station.runtime.now() + self._every
        # What the folder held when it was last loaded; a start that fell back looks once more.
        self._seen: tuple[str, bytes] | None = None
        if not station.book_problem:
            self._seen = (station.book.version, raw_warnings(station.config.rules))

    def next_due(self) -> datetime | None:
        return self._due

    def clock_set(self, by: timedelta) -> None:
        self._due += by

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
            book, table = await station.runtime.in_thread("rules", self._load)
        except BadInput as error:
            self._seen, station.book_problem = here, error.text()
            return False
        # Not what it held before: it may have changed again since, and is looked at again then.
        self._seen = (book.version, here[1])
        station.book_problem = ""
        station.county.table = table
        if book.version == station.book.version:
            return False
        # The engine takes it between two signals: in the middle of one it would forget the other half.
        await station.offer_book(book)
        return True

    def _version(self) -> tuple[str, bytes]:
        folder = self._station.config.rules
        return version(read_files(folder)[0]), raw_warnings(folder)

    def _load(self) -> tuple[Book, WarningTable]:
        folder = self._station.config.rules
        book = load_book(folder, set(self._station.county.calendar.names()))
        if book.policies != self._station.book.policies and not (folder / POLICIES).exists():
            raise BadInput(
                "the file is gone; who is called and how often stays as it said",
                where=str(folder / POLICIES),
                mend="Put it back; to go by the shipped ones, put the shipped file there.",
            )
        return book, load_warnings(folder)
