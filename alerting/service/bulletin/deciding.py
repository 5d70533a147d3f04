"""Who decided what, which responses were in force, what is still open, and who passed the gate."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from typing import Any

from sqlalchemy import select

from alerting.alerts.orders import title_of
from alerting.rulebook.plans import NAMES
from alerting.service.bulletin.window import Row, Window
from alerting.service.listing import utc
from alerting.store.schema import answer, measure, response, response_step

DECISIONS = ("approve", "approve-changed", "refuse", "keep-first", "take-second", "both", "go-ahead",
             "give-up", "sign", "send-back", "stand", "call-off", "kept")  # fmt: skip
BY_HAND = ("open", "raise", "order", "keep", "withdraw", "correct")


def answers(window: Window) -> list[Any]:
    """What was decided, done by hand and attested within the month, in order."""
    return list(
        window.connection.execute(
            select(answer.c.act, answer.c.person, answer.c.at, answer.c.outcome, answer.c.text,
                   answer.c.measure, measure.c.measure.label("key"), measure.c.title,
                   measure.c.object)
            .outerjoin(measure, measure.c.id == answer.c.measure)
            .where(answer.c.realm == window.realm, window.falls(answer.c.at))
            .where(answer.c.act.in_((*DECISIONS, *BY_HAND, "attest-gate")))
            .order_by(answer.c.at, answer.c.id)
        )
    )  # fmt: skip


def decisions(window: Window, said: list[Any]) -> list[Row]:
    """Decisions taken and things done by hand, one row for what one person said of one measure; `at`
    is the first, `times` how many objects it was said of."""
    groups: dict[tuple[str, str, str, str], list[Any]] = defaultdict(list)
    for one in said:
        if one.outcome != "taken" or one.act == "attest-gate":
            continue
        # Done by hand, one reason is one act; a measure decided at forty objects is one row.
        groups[one.act, one.key or "", one.person, "" if one.key else one.text].append(one)
    rows = [
        {"at": utc(ones[0].at), "act": act, "who": window.who(person), "times": len(ones),
         "title": title_of(window.book, key, ones[0].title) if key else None,
         "place": window.place(ones[0].object) if key and len(ones) == 1 else None,
         "reason": ones[0].text}
        for (act, key, person, _), ones in groups.items()
    ]  # fmt: skip
    return sorted(rows, key=lambda r: (r["at"], r["act"]))


def responses(window: Window) -> list[Row]:
    """The steps of emergency responses within the month: what, which grade, by whom, the note."""
    rows = window.connection.execute(
        select(response_step, response.c.title, response.c.plan)
        .join(response, response.c.id == response_step.c.response)
        .where(response_step.c.realm == window.realm, window.falls(response_step.c.at))
        .order_by(response_step.c.at, response_step.c.n)
    )
    return [
        {"at": utc(row.at), "response": row.response, "title": dict(row.title), "what": row.what,
         "grade": NAMES.get(row.grade, ""), "note": row.note,
         "who": None if row.by == "service" else window.who(row.by)}
        for row in rows
    ]  # fmt: skip


def still_open(window: Window, ordered: list[Any]) -> list[Row]:
    """Measures open at the month's end (or now), one row a measure and carrier, the oldest first.
    `days` is the age of the oldest, `state` what all of them are in, "" where they differ."""
    groups: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in ordered:
        if row.ended is None or row.ended >= window.end:
            groups[row.measure, row.carrier].append(row)
    return [
        {"measure": key, "title": title_of(window.book, key, ones[0].title),
         "owner": window.post(carrier), "since": utc(ones[0].proposed),
         "days": (window.end - ones[0].proposed).days,
         "overdue": sum(one.overdue is not None and one.overdue < window.end for one in ones),
         "objects": [window.place(one.object) for one in ones],
         "state": ones[0].state if len({one.state for one in ones}) == 1 else "",
         "ended_since": sum(one.ended is not None for one in ones)}
        for (key, carrier), ones in sorted(groups.items(), key=lambda g: (g[1][0].proposed, g[0]))
    ]  # fmt: skip


def gates(window: Window, ordered: list[Any], said: list[Any]) -> list[Row]:
    """Halts behind the production gate: since when, who attested the four points, when it was lifted,
    and how often an attestation was not taken."""
    refused = Counter(one.measure for one in said
                      if one.act == "attest-gate" and one.outcome == "refused")  # fmt: skip
    return [
        {"measure": row.measure, "title": title_of(window.book, row.measure, row.title),
         "object": window.place(row.object), "owner": window.post(row.carrier),
         "since": utc(row.issued or row.proposed),
         "attested": _by_then(window, row.attested),
         "attested_by": window.who(row.attested_by) if _by_then(window, row.attested) else None,
         "ended": _by_then(window, row.ended), "state": _state(window, row),
         "refused": refused[row.id]}
        for row in ordered if _gated(window, row)
    ]  # fmt: skip


def _gated(window: Window, row: Any) -> bool:
    definition = window.book.measures.get(row.measure)
    return row.attested is not None or bool(definition is not None and definition.gate)


def _by_then(window: Window, at: datetime | None) -> str | None:
    return utc(at) if at is not None and at < window.end else None


def _state(window: Window, row: Any) -> str:
    """Its state now; of what ended later, that it was open then."""
    return "" if row.ended is not None and row.ended >= window.end else str(row.state)


