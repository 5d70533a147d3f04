"""It watches itself: a silent source, blind places, a stuck queue, a failing loop, a refusing channel,
a dead letter, an unsealed log each open an alert of their own, in the pack `service`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from alerting.alerts import episodes
from alerting.alerts.finding import Finding
from alerting.alerts.ledger import Ledger
from alerting.places import Place
from alerting.service import dead_letters, troubles
from alerting.service.clock import LIVE
from alerting.service.service_rules import SERVICE_RULES, service_rule
from alerting.store.schema import alert

if TYPE_CHECKING:
    from alerting.service.station import Station

Key = tuple[str, str]  # rule, place
EVERY = timedelta(seconds=30)
EVERY_VIRTUAL = timedelta(minutes=10)  # a year's replay must not spend its time on looking around


class WatchLoop:
    name = "watch"

    def __init__(self, station: Station) -> None:
        self._station = station
        self._every = EVERY_VIRTUAL if station.runtime.virtual else EVERY
        self._due = station.runtime.now() + self._every
        self._gone: set[Key] = set()  # troubles that were absent since they were withdrawn

    def next_due(self) -> datetime | None:
        return self._due

    def clock_set(self, by: timedelta) -> None:
        self._due += by

    async def step(self) -> bool:
        now = self._station.runtime.now()
        if now < self._due:
            return False
        self._due = now + self._every
        with self._station.store.read() as connection:
            found = {(t.rule, t.place): t for t in troubles.look(self._station, connection, now)}
            known = self._open(connection)
            withdrawn = self._withdrawn(connection)
        # What somebody withdrew stays withdrawn until the trouble has been away once.
        self._gone = (self._gone | (withdrawn - found.keys())) & withdrawn
        for key in withdrawn - self._gone:
            found.pop(key, None)
        if set(found) != known.keys() or _moved(found, known):
            await self._station.writer.write(lambda c: self._say(c, found, known, now))
            return True
        return False

    def _open(self, connection: Connection) -> dict[Key, int]:
        """What is open, with its level."""
        rows = connection.execute(
            select(alert.c.rule, alert.c.place, alert.c.level).where(
                alert.c.realm == LIVE, alert.c.sector == "service", alert.c.state == "open"
            )
        )
        return {(r.rule, r.place): r.level for r in rows}

    def _withdrawn(self, connection: Connection) -> set[Key]:
        """Those whose newest alert a person has withdrawn."""
        rows = connection.execute(
            select(alert.c.rule, alert.c.place, alert.c.state)
            .where(alert.c.realm == LIVE, alert.c.sector == "service")
            .order_by(alert.c.episode)
        )
        newest = {(r.rule, r.place): r.state for r in rows}
        return {key for key, state in newest.items() if state == "withdrawn"}

    def _say(
        self,
        connection: Connection,
        found: dict[Key, troubles.Trouble],
        known: dict[Key, int],
        now: datetime,
    ) -> None:
        life = self._station.life(LIVE)
        with Ledger(connection, life) as ledger:
            moved = _moved(found, known)
            for key in sorted((found.keys() - known.keys()) | moved):
                trouble = found[key]
                rule = service_rule(trouble.rule, life.book)
                place, level = self._place(trouble.place), int(trouble.level or rule.level)
                finding = Finding({"sentence": trouble.words}, trouble.words, onset=now)
                if level < known.get(key, level):
                    episodes.fall(ledger, rule, place, level, finding, True, "watch", now)
                else:
                    episodes.rise(ledger, rule, place, level, finding, "watch", now)
            for rule_id, place_id in sorted(known.keys() - found.keys()):
                words = self._over(connection, rule_id, place_id)
                episodes.fall(ledger, service_rule(rule_id, life.book), self._place(place_id), 0,
                              Finding({"sentence": words}, words), True, "watch", now)  # fmt: skip

    def _over(self, connection: Connection, rule_id: str, place: str) -> dict[str, str]:
        """Why it ends, in words that are true of it."""
        if rule_id == dead_letters.RULE:
            channel = place.removeprefix("channel:")
            if dead_letters.unsettled(connection, heed=False).get(channel):
                return {"zh": "值班人员已确认知悉，未送达的请另行联系",
                        "en": "acknowledged: reach by other means who was not reached"}  # fmt: skip
        return SERVICE_RULES[rule_id].over

    def _place(self, place_id: str) -> Place:
        known = self._station.places.by_id.get(place_id)
        return known or Place(place_id, place_id.split(":")[0], place_id, place_id, ())


def _moved(found: Mapping[Key, troubles.Trouble], known: Mapping[Key, int]) -> set[Key]:
    """Troubles that are open at another level than theirs is now, where it is not always the same."""
    return {
        key for key, trouble in found.items()
        if key in known and trouble.level is not None and known[key] != trouble.level
    }  # fmt: skip
