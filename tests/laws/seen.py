"""The tables as they stand between two moves, read once."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import select

from alerting.store.schema import (
    alert,
    delivery,
    delivery_notice,
    escalation,
    measure,
    meeting,
    notice,
    pursuit,
)
from alerting.store.schema import realm as realm_table
from alerting.store.schema_drill import drill
from alerting.store.schema_duty import handover
from tests.laws.world import World


class Seen:
    def __init__(self, world: World) -> None:
        with world.store.read() as c:
            def all_of(table: Any) -> list[Any]:
                return list(c.execute(select(table).order_by(*table.primary_key)))

            self.notices = {n.id: n for n in all_of(notice)}
            self.deliveries = {d.id: d for d in all_of(delivery)}
            self.pursuits = {p.id: p for p in all_of(pursuit)}
            self.alerts = {a.id: a for a in all_of(alert)}
            self.measures = {m.id: m for m in all_of(measure)}
            self.realms = {r.id: r for r in all_of(realm_table)}
            self.drills = all_of(drill)
            self.cannot = {h.pursuit for h in all_of(handover) if h.cannot is not None}
            self.climbs = all_of(escalation)
            self.meetings = [m for m in all_of(meeting) if m.state == "open"]
            self.carriers: dict[int, list[Any]] = defaultdict(list)
            for row in all_of(delivery_notice):
                self.carriers[row.notice].append(self.deliveries[row.delivery])
        self.of_pursuit: dict[int, list[Any]] = defaultdict(list)
        for one in self.notices.values():
            if one.pursuit is not None:
                self.of_pursuit[one.pursuit].append(one)

    def latest_call(self, held: Any) -> Any | None:
        mine = [n for n in self.of_pursuit[held.id] if n.post == held.at_post and n.state != "withheld"]
        return mine[-1] if mine else None
