"""It watches itself: a silent source, blind places, a stuck queue, a failing loop, a refusing channel,
a dead letter, an unsealed log each open an alert of their own, in the pack `service`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, select

from alerting import audit
from alerting.alerts import episodes
from alerting.alerts.finding import Finding
from alerting.alerts.ledger import Ledger
from alerting.places import Place
from alerting.service import dead_letters
from alerting.service.clock import LIVE
from alerting.service.service_rules import SERVICE_RULES, loop_words, service_rule
from alerting.store.schema import alert, delivery, pursuit, signal
from alerting.store.schema import audit as audit_table
from alerting.store.schema import realm as realm_table

if TYPE_CHECKING:
    from alerting.service.station import Station

EVERY = timedelta(seconds=30)
EVERY_VIRTUAL = timedelta(minutes=10)  # a year's replay must not spend its time on looking around
CALENDAR_AHEAD = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something the watch found: which service rule, on which source or channel, and in words."""

    rule: str
    place: str
    words: dict[str, str]


class WatchLoop:
    name = "watch"

    def __init__(self, station: Station) -> None:
        self._station = station
        self._every = EVERY_VIRTUAL if station.runtime.virtual else EVERY
        self._due = station.runtime.now() + self._every
        self._gone: set[tuple[str, str]] = set()  # troubles that were absent since they were withdrawn

    def next_due(self) -> datetime | None:
        return self._due

    async def step(self) -> bool:
        now = self._station.runtime.now()
        if now < self._due:
            return False
        self._due = now + self._every
        with self._station.store.read() as connection:
            found = {(t.rule, t.place): t for t in self._look(connection, now)}
            known = self._open(connection)
            withdrawn = self._withdrawn(connection)
        # What somebody withdrew stays withdrawn until the trouble has been away once.
        self._gone = (self._gone | (withdrawn - found.keys())) & withdrawn
        for key in withdrawn - self._gone:
            found.pop(key, None)
        if set(found) != known:
            await self._station.writer.write(lambda c: self._say(c, found, known, now))
            return True
        return False

    def _look(self, connection: Connection, now: datetime) -> list[Trouble]:
        limits = self._station.config.watch
        found = [
            Trouble("source-silent", f"source:{s['name']}", {
                "zh": f"数据源 {s['name']} 超过两个周期没有消息",
                "en": f"source {s['name']} has been silent for two cadences",
            })
            for s in self._station.sources() if s["state"] == "silent"
        ]  # fmt: skip
        stuck = now - timedelta(seconds=limits.queue_seconds)
        waiting = connection.execute(
            select(func.count())
            .select_from(signal.join(realm_table, realm_table.c.id == signal.c.realm))
            .where(signal.c.seq > realm_table.c.taken, signal.c.accepted < stuck,
                   signal.c.realm == LIVE)
        ).scalar_one()  # fmt: skip
        if waiting:
            found.append(Trouble("queue-stuck", "source:engine", {
                "zh": f"{waiting} 条信号积压未处理", "en": f"{waiting} signals wait to be taken",
            }))  # fmt: skip
        found += self._set_aside(connection, now)
        found += self._channels(connection, stuck)
        found += self._blind(now)
        known = self._station.county.calendar.known_through
        if known - now.date() <= CALENDAR_AHEAD:
            found.append(Trouble("calendar-unknown", "source:calendar", {
                "zh": f"{known:%Y年%m月%d日}之后的放假调休安排未知，请导入新一年的表",
                "en": f"holidays and swapped working days are not known after {known}; import the"
                " new year's table",
            }))  # fmt: skip
        found += self._unreached(connection)
        found += self._failing(now)
        if self._station.book_problem:
            found.append(Trouble("rules-broken", "source:rules", {
                "zh": "规则包有误，仍按上一版有效规则运行；首页和 suian check 有详情",
                "en": "the rules do not load, the last good ones are in use: see suian check",
            }))  # fmt: skip
        unsealed = audit.unsealed_since(connection, LIVE)
        if unsealed and now - unsealed > timedelta(seconds=limits.seal_seconds):
            found.append(Trouble("log-unsealed", "source:audit", {
                "zh": "审计记录超过 60 秒未封存", "en": "audit entries wait to be sealed",
            }))  # fmt: skip
        return found

    def _failing(self, now: datetime) -> list[Trouble]:
        """Loops that will not mend themselves: what they do stands still, whatever the page shows."""
        return [
            Trouble("loop-failing", f"source:{name}", {
                "zh": f"{loop_words(name)['zh']}连续{rounds.failures}次失败：{rounds.error}",
                "en": f"{loop_words(name)['en']} failed {rounds.failures} times in a row:"
                f" {rounds.error}",
            })
            for name, rounds in sorted(self._station.loops.items()) if rounds.keeps_failing(now)
        ]  # fmt: skip

    def _set_aside(self, connection: Connection, now: datetime) -> list[Trouble]:
        """Signals of the last day that could not be taken: what they said was not heeded."""
        count = connection.execute(
            select(func.count()).where(
                audit_table.c.realm == LIVE, audit_table.c.action == "set aside",
                audit_table.c.at > now - timedelta(days=1),
            )
        ).scalar_one()  # fmt: skip
        if not count:
            return []
        return [Trouble("signal-set-aside", "source:engine", {
            "zh": f"{count} 条信号无法处理，未起作用，请查看服务日志",
            "en": f"{count} signals could not be taken and had no effect: see the service's log",
        })]  # fmt: skip

    def _channels(self, connection: Connection, stuck: datetime) -> list[Trouble]:
        found = [
            Trouble(dead_letters.RULE, f"channel:{channel}", {
                "zh": f"通道 {channel} 有 {count} 条消息未能送达，收件人尚未联系到",
                "en": f"{count} messages on {channel} could not be delivered, and their readers are"
                " not reached",
            })
            for channel, count in dead_letters.unsettled(connection).items()
        ]  # fmt: skip
        waiting = connection.execute(
            select(delivery.c.channel, func.count().label("n"))
            .where(delivery.c.realm == LIVE, delivery.c.state.in_(["bound", "sending"]))
            .where(delivery.c.created < stuck)
            .group_by(delivery.c.channel)
        )
        found += [
            Trouble("channel-refuses", f"channel:{row.channel}", {
                "zh": f"通道 {row.channel} 有 {row.n} 条消息迟迟发不出去",
                "en": f"{row.n} messages on {row.channel} are waiting to be sent",
            })
            for row in waiting
        ]  # fmt: skip
        for channel in sorted(self._station.dispatcher.unusable):
            found.append(Trouble("channel-refuses", f"channel:{channel}", {
                "zh": f"通道 {channel} 拒绝服务", "en": f"channel {channel} refuses us",
            }))  # fmt: skip
        return found

    def _blind(self, now: datetime) -> list[Trouble]:
        """Places that no rule can judge any more: grey on the page, and said here."""
        counts = self._station.engines[LIVE].blind_counts(now)
        if not counts:
            return []
        titles = [self._station.book.rules_by_id[rule].title for rule in sorted(counts)]
        return [Trouble("places-blind", self._station.places.county, {
            "zh": f"{sum(counts.values())} 处因缺数据无法判断：{'、'.join(t['zh'] for t in titles)}",
            "en": f"{sum(counts.values())} places cannot be judged for want of data:"
            f" {', '.join(t['en'] for t in titles)}",
        })]  # fmt: skip

    def _unreached(self, connection: Connection) -> list[Trouble]:
        """Pursuits that have called every rung as often as the policy says, and nobody answered."""
        count = connection.execute(
            select(func.count())
            .select_from(pursuit.outerjoin(alert, alert.c.id == pursuit.c.alert))
            .where(pursuit.c.realm == LIVE, pursuit.c.state == "open")
            .where(pursuit.c.end_reason == "exhausted")
            # Its own alert, unanswered, must not keep it open for ever.
            .where(alert.c.rule.is_(None) | (alert.c.rule != "nobody-reached"))
        ).scalar_one()
        if not count:
            return []
        return [Trouble("nobody-reached", "source:chase", {
            "zh": f"{count} 项通知各级均无人应答，请当面或用其他方式联系",
            "en": f"{count} notices were answered by nobody on any rung: reach them by other means",
        })]  # fmt: skip

    def _open(self, connection: Connection) -> set[tuple[str, str]]:
        rows = connection.execute(
            select(alert.c.rule, alert.c.place).where(
                alert.c.realm == LIVE, alert.c.sector == "service", alert.c.state == "open"
            )
        )
        return {(r.rule, r.place) for r in rows}

    def _withdrawn(self, connection: Connection) -> set[tuple[str, str]]:
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
        found: dict[tuple[str, str], Trouble],
        known: set[tuple[str, str]],
        now: datetime,
    ) -> None:
        life = self._station.life(LIVE)
        with Ledger(connection, life) as ledger:
            for key in sorted(set(found) - known):
                trouble = found[key]
                rule = service_rule(trouble.rule, life.book)
                finding = Finding({"sentence": trouble.words}, trouble.words, onset=now)
                episodes.rise(ledger, rule, self._place(trouble.place), int(rule.level), finding,
                              "watch", now)  # fmt: skip
            for rule_id, place in sorted(known - set(found)):
                words = self._over(connection, rule_id, place)
                episodes.fall(ledger, service_rule(rule_id, life.book), self._place(place), 0,
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
