"""It watches itself: a silent source, blind places, a stuck queue, a failing loop, a refusing channel,
a dead letter, an unsealed log each open an alert of their own, in the pack `service`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, exists, select

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
    heeds = frozenset[str]()  # the clock alone

    def __init__(self, station: Station) -> None:
        self._station = station
        self._every = EVERY_VIRTUAL if station.runtime.virtual else EVERY
        self._due = station.runtime.now() + self._every
        self._gone: set[Key] = set()  # troubles that were absent since they were withdrawn
        self._seen: set[Key] = set()  # at the last look

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
            seen = {(t.rule, t.place): t for t in troubles.look(self._station, connection, now)}
            known = self._open(connection)
            withdrawn = self._withdrawn(connection)
        found = {key: t for key, t in seen.items() if not t.lasting or key in self._seen}
        self._seen = set(seen)
        # What somebody withdrew stays withdrawn until the trouble has been away once.
        self._gone = (self._gone | (withdrawn.keys() - found.keys())) & withdrawn.keys()
        for key in withdrawn.keys() - self._gone:
            if not _is_news(found[key], withdrawn[key]):
                del found[key]
        if set(found) != known.keys() or any(_is_news(found[key], known[key]) for key in known):
            await self._station.writer.write(lambda c: self._say(c, found, known, now))
            return True
        return False

    def _open(self, connection: Connection) -> dict[Key, Any]:
        """What is open."""
        rows = connection.execute(
            select(alert.c.rule, alert.c.place, alert.c.level, alert.c.why, alert.c.opened).where(
                alert.c.realm == LIVE, alert.c.sector == "service", alert.c.state == "open"
            )
        )
        return {(r.rule, r.place): r for r in rows}

    def _withdrawn(self, connection: Connection) -> dict[Key, Any]:
        """Those whose newest alert a person has withdrawn."""
        later = alert.alias("later")
        rows = connection.execute(
            select(alert.c.rule, alert.c.place, alert.c.level, alert.c.why)
            .where(alert.c.realm == LIVE, alert.c.state == "withdrawn", alert.c.sector == "service")
            .where(~exists(select(later.c.id).where(
                later.c.realm == LIVE, later.c.rule == alert.c.rule, later.c.place == alert.c.place,
                later.c.episode > alert.c.episode,
            ).correlate(alert)))
        )  # fmt: skip
        return {(r.rule, r.place): r for r in rows}

    def _say(
        self,
        connection: Connection,
        found: dict[Key, troubles.Trouble],
        known: dict[Key, Any],
        now: datetime,
    ) -> None:
        life = self._station.life(LIVE)
        with Ledger(connection, life) as ledger:
            for key in sorted(found):
                trouble, held = found[key], known.get(key)
                if held is not None and not _is_news(trouble, held):
                    continue
                rule = service_rule(trouble.rule, life.book)
                place, level = self._place(trouble.place), int(trouble.level or rule.level)
                why = {"sentence": trouble.words} | ({"of": trouble.of} if trouble.of else {})
                finding = Finding(why, trouble.words, onset=now)
                if held is None or level > held.level:
                    episodes.rise(ledger, rule, place, level, finding, "watch", now)
                elif level < held.level:
                    episodes.fall(ledger, rule, place, level, finding, True, "watch", now)
                else:
                    episodes.renew(ledger, rule, place, finding, "watch", now)
            for rule_id, place_id in sorted(known.keys() - found.keys()):
                words = self._over(connection, known[rule_id, place_id], now)
                episodes.fall(ledger, service_rule(rule_id, life.book), self._place(place_id), 0,
                              Finding({"sentence": words}, words), True, "watch", now)  # fmt: skip

    def _over(self, connection: Connection, held: Any, now: datetime) -> dict[str, str]:
        """Why it ends, in words that are true of it."""
        if held.rule == dead_letters.RULE:
            channel = held.place.removeprefix("channel:")
            if dead_letters.unsettled(connection, now, heed=False).get(channel):
                return {"zh": "值班人员已确认知悉，未送达的请另行联系",
                        "en": "acknowledged: reach by other means who was not reached"}  # fmt: skip
            if now - held.opened >= dead_letters.REMEMBERED:
                return {"zh": "有关事项已由他人应答、另行送达、已结束或已满一个月",
                        "en": "what they said was answered, carried otherwise, has ended, or is a"
                        " month old"}  # fmt: skip
        return SERVICE_RULES[held.rule].over

    def _place(self, place_id: str) -> Place:
        known = self._station.places.by_id.get(place_id)
        return known or Place(place_id, place_id.split(":")[0], place_id, place_id, ())


def _is_news(trouble: troubles.Trouble, held: Any) -> bool:
    """Whether a trouble is another than the alert of it says: at another level, where it has several,
    or one that the alert does not speak of."""
    level = trouble.level is not None and trouble.level != held.level
    return level or not set(trouble.of) <= set(held.why.get("of", ()))
