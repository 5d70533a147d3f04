"""What speaks for a response now: of a plan's grades the gravest with a trigger that is met."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection, select

from alerting.alerts.facts import FactBook
from alerting.alerts.finding import official_at
from alerting.alerts.life import Life
from alerting.rulebook import Book
from alerting.rulebook.plans import END, Plan, Trigger
from alerting.store.schema import alert
from alerting.vocabulary import HAZARDS, NAMES, Level

Officials = Mapping[str, Mapping[str, Any]]  # by hazard, as finding.official_at tells of one
NONE_MET = {"zh": "预案所列条件目前均不满足", "en": "no trigger of the plan is met now"}
SHOWN = 4  # zones named in a sentence before the rest is a count


@dataclass(frozen=True, slots=True)
class Spoken:
    """The grade that is spoken for (END: none), and by what: ids of alerts, official warnings."""

    grade: int = END
    alerts: tuple[str, ...] = ()
    warnings: tuple[Mapping[str, Any], ...] = ()
    sentence: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> dict[str, Any]:
        return {"alerts": list(self.alerts), "warnings": [dict(w) for w in self.warnings],
                "sentence": dict(self.sentence)}  # fmt: skip


def officials(facts: FactBook, book: Book, now: datetime) -> Officials:
    """The official warning that counts in the county for each hazard that some plan looks at."""
    everywhere = np.arange(len(facts.places.columns))
    hazards = sorted({h for plan in book.plans.values() for h in plan.warned})
    told = {h: official_at(facts, h, everywhere, now) for h in hazards}
    return {hazard: one for hazard, one in told.items() if one is not None}


def spoken_for(
    connection: Connection, life: Life, plan: Plan, official: Officials, at: datetime
) -> Spoken:
    """What the open alerts of the realm and the official warnings speak for under a plan."""
    rows = connection.execute(
        select(alert.c.id, alert.c.rule, alert.c.hazard, alert.c.place, alert.c.level)
        .where(alert.c.realm == life.realm, alert.c.state == "open")
        .order_by(alert.c.id)
    ).all()
    for grade in sorted(plan.grades):
        for way in plan.grades[grade]:
            found = _warned(life, way, official) if way.warning else _alerted(life, way, rows)
            if found is not None:
                return Spoken(grade, *found)
    return Spoken(sentence=NONE_MET)


_Found = tuple[tuple[str, ...], tuple[Mapping[str, Any], ...], Mapping[str, str]]


def _alerted(life: Life, way: Trigger, rows: Iterable[Any]) -> _Found | None:
    if not isinstance(way.zones, int) or way.judged is not None:
        return None
    level = Level[way.level]
    met = [r for r in rows if r.level >= level and (r.rule in way.rules or r.hazard in way.hazards)]
    zones = sorted({zone for row in met for zone in _zones_of(life, row.place)})
    if not met or len(zones) < way.zones:
        return None
    hazards = [HAZARDS[h] for h in dict.fromkeys(r.hazard for r in met) if h in HAZARDS]
    names = {
        lang: [life.places.by_id[z].called(lang) for z in zones[:SHOWN] if z in life.places.by_id]
        for lang in ("zh", "en")
    }
    more = len(zones) > SHOWN
    zh = (f"{'、'.join(h.zh for h in hazards)}{NAMES['zh'][level]}及以上风险提示"
          f"涉及{len(zones)}个乡镇"
          f"（{'、'.join(names['zh'])}{'等' if more else ''}）")  # fmt: skip
    en = (f"{', '.join(h.en for h in hazards)}: {level.name} or above in {len(zones)} zones"
          f" ({', '.join(names['en'])}{' and more' if more else ''})")  # fmt: skip
    return tuple(r.id for r in met), (), {"zh": zh, "en": en}


def _zones_of(life: Life, place_id: str) -> tuple[str, ...]:
    """The zones a place lies in: its own id where it is one."""
    place = life.places.by_id.get(place_id)
    if place is None:
        return ()
    return (place.id,) if place.kind == "zone" else place.zones


def _warned(life: Life, way: Trigger, official: Officials) -> _Found | None:
    met = [dict(official[h]) | {"hazard": h} for h in way.warning
           if h in official and Level[official[h]["level"]] >= Level[way.level]]  # fmt: skip
    if not met:
        return None
    zh, en = [], []
    for one in met:
        hazard, level = HAZARDS[one["hazard"]], Level[one["level"]]
        issued = life.local(datetime.fromisoformat(one["issued"]))
        minute = f"{issued.minute}分" if issued.minute else ""
        zh.append(f"{one['issuer']}{issued.day}日{issued.hour}时{minute}发布"
                  f"{hazard.zh}{NAMES['zh'][level]}预警")  # fmt: skip
        en.append(f"official {level.name} warning of {hazard.en}, {one['issuer']},"
                  f" {issued:%d %b %H:%M}")  # fmt: skip
    return (), tuple(met), {"zh": "；".join(zh), "en": "; ".join(en)}
