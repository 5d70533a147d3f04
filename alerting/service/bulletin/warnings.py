"""The official warnings that came in within the month, by who issued them and their colour."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from sqlalchemy import select

from alerting.places.areas import AreaMatcher
from alerting.service.bulletin.window import Row, Window
from alerting.signals import Warning, decode
from alerting.store.schema import signal
from alerting.vocabulary import Level


def received(window: Window) -> Row:
    """`by`: one row an issuer, hazard and colour, the gravest first; each number counts once,
    whichever feeds carry it. `lifted` counts cancellations, `elsewhere` what is not about this
    county, `tests` what its own issuer called a test or an exercise."""
    matcher = AreaMatcher(window.places)
    seen: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    lifted: set[str] = set()
    counts: Counter[str] = Counter(elsewhere=0, tests=0)
    for one in _warnings(window):
        if one.status == "exercise":
            counts["tests"] += 1
        elif one.action == "cancel":
            lifted.add(one.identifier)
        elif not matcher.covers(one.area).any():
            counts["elsewhere"] += 1
        else:
            seen[one.sender, one.hazard or one.event, one.level].add(one.identifier)
    rows = [
        {"issuer": issuer, "hazard": hazard, "level": level, "warnings": len(numbers)}
        for (issuer, hazard, level), numbers in seen.items()
    ]
    rows.sort(key=lambda r: (-Level[str(r["level"])], str(r["issuer"]), str(r["hazard"])))
    return {"by": rows, "lifted": len(lifted), **counts}


def _warnings(window: Window) -> list[Warning]:
    bodies: Any = window.connection.execute(
        select(signal.c.body)
        .where(signal.c.realm == window.realm, signal.c.kind == "warning")
        .where(window.falls(signal.c.accepted)).order_by(signal.c.seq)
    ).scalars()  # fmt: skip
    found = []
    for body in bodies:
        try:
            one = decode(body)
        except ValueError:  # the engine has set it aside, and the watch has said so
            continue
        if isinstance(one, Warning):
            found.append(one)
    return found
