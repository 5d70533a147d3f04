"""The sessions of several processes with the server that they share, which here is a table of who holds
what: in place of `alerting.store.link`, whose server must be PostgreSQL.

A session may end without its process hearing of it: then two believe that they own the same.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection

from alerting.errors import SuianError
from alerting.store.link import ALIVE, ANY, lock_of


class Sessions:
    """Of all processes; one is known by its address, which is of its own."""

    def __init__(self) -> None:
        self._holder: dict[str, str] = {}  # what: address
        self._links: dict[str, Link] = {}
        self._news: dict[str, frozenset[str]] = {}  # by address, written tables of which it was not told

    def link(
        self, url: str, wanted: Sequence[str], _patience: str = "", shares: int = 0, _sender: str = ""
    ) -> Link:
        made = self._links[url] = Link(self, url, wanted, shares)
        return made

    def lives(self, _connection: Connection, name: str) -> bool:
        return bool(self._links) if name == ALIVE else name in self._holder

    def tell(self, but: str = "", wrote: Collection[str] = ANY) -> None:
        for url in self._links.keys() - {but}:
            self._news[url] = self._news.get(url, frozenset()).union(wrote or ANY)

    def has_news(self, url: str) -> bool:
        return url in self._news

    def heard(self, url: str) -> frozenset[str]:
        return self._news.pop(url, frozenset())

    def take(self, url: str, what: str) -> bool:
        return self._holder.setdefault(what, url) == url

    def end(self, url: str) -> None:
        """Of a process that is dead, or says nothing any more."""
        self._holder = {what: of for what, of in self._holder.items() if of != url}
        self._links.pop(url, None)
        self.tell()

    def knows(self, url: str) -> bool:
        return url in self._links

    def again(self, link: Link) -> None:
        self._links[link.url] = link


class Link:
    """As `alerting.store.link.Link`."""

    def __init__(self, sessions: Sessions, url: str, wanted: Sequence[str], shares: int) -> None:
        self.url, self._sessions = url, sessions
        self._shares = {n: lock_of(n) for n in range(shares)}
        self._wanted = (*wanted, *self._shares.values())
        self.held: frozenset[str] = frozenset()
        self._session = 1

    @property
    def shares(self) -> frozenset[tuple[int, int]]:
        return frozenset((n, self._session) for n, name in self._shares.items() if name in self.held)

    def times(self, what: str) -> int:
        return self._session if what in self.held else 0

    def turn(self, _seconds: float) -> frozenset[str]:
        sessions = self._sessions
        if not sessions.knows(self.url):
            sessions.again(self)
            self._session += 1
            if self.held:
                self.held = frozenset()
                raise SuianError("the database does not answer: the session is over")
        self.held = frozenset(what for what in self._wanted if sessions.take(self.url, what))
        return sessions.heard(self.url)
