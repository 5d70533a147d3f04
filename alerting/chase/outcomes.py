"""What an answer is, what comes of it, and what was answered before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from alerting.alerts.life import Life
from alerting.chase import pursuits, reply_words
from alerting.chase.words import Words
from alerting.people import Person, person_by_id
from alerting.store.schema import answer, measure, notice, pursuit


@dataclass(frozen=True, slots=True)
class Outcome:
    """taken | late | repeated | refused | not-understood; `words` tell the person what follows."""

    outcome: str
    words: Words
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """One answer to one notice. `text` are the person's own words besides the act."""

    who: Person
    act: str
    text: str
    at: datetime
    notice: Any
    delivery: int | None
    channel: str = ""  # by which it came
    form: Mapping[str, Any] = field(default_factory=dict)  # a return form's fields
    current: bool = False  # said of the measure or alert itself, as it stands, not of a message
    # What a decider signs in place of what was asked, by the names of the arguments.
    arguments: Mapping[str, Any] = field(default_factory=dict)
    points: Mapping[str, bool] = field(default_factory=dict)  # of the production gate


def no_more(connection: Connection, life: Life, said: Said, held: Any) -> Outcome:
    """Of a pursuit that is open no more: it was answered before, or nothing is waited for."""
    if held.state == "answered":
        who = person_by_id(connection, held.answered_by)
        return Outcome("repeated", reply_words.repeated(life, held.answered, who))
    return Outcome("late", reply_words.late(life, None), held.end_reason)


def last_answer(
    connection: Connection,
    said: Said,
    acts: tuple[str, ...],
    *,
    anybody: bool = False,
    pursuit_id: int | None = None,
) -> Any | None:
    """The last answer taken about the same, of the same person unless `anybody`'s will do. What hangs
    on nothing is the same within its pursuit."""
    one = said.notice
    loose = one.measure is None and one.alert is None
    if loose:
        pursuit_id = one.pursuit
    asked = select(answer).where(
        answer.c.realm == one.realm, answer.c.act.in_(acts), answer.c.outcome == "taken",
    )  # fmt: skip
    if not loose:
        asked = asked.where(pursuits.same_subject(answer, one.measure, one.alert))
    if not anybody:
        asked = asked.where(answer.c.person == said.who.id)
    if pursuit_id is not None:
        of_it = select(notice.c.id).where(notice.c.pursuit == pursuit_id)
        asked = asked.where(answer.c.notice.in_(of_it))
    return connection.execute(
        asked.order_by(answer.c.at.desc(), answer.c.id.desc()).limit(1)
    ).one_or_none()


def open_for(connection: Connection, row: Any, wants: tuple[str, ...]) -> list[Any]:
    """What is waited for about a measure."""
    return list(
        connection.execute(
            select(pursuit)
            .where(pursuit.c.measure == row.id, pursuit.c.state == "open",
                   pursuit.c.wants.in_(wants))
            .order_by(pursuit.c.id)
        )
    )  # fmt: skip


def carriers(connection: Connection, row: Any, wants: tuple[str, ...]) -> list[Any]:
    """What is waited for from the carrier; others who were told answer for themselves."""
    return [p for p in open_for(connection, row, wants) if p.post == row.carrier]


def measure_of(connection: Connection, measure_id: str | None) -> Any | None:
    if measure_id is None:
        return None
    return connection.execute(select(measure).where(measure.c.id == measure_id)).one()


def minutes_of(life: Life, row: Any) -> float:
    """How long from issue to in force."""
    definition = life.book.measures.get(row.measure)
    given = definition.by_minutes if definition is not None else None
    return float(given or life.policies.in_force_minutes)
