"""The exercise at the beginning of a turn: what whoever comes on duty says to it.

Of the real world and by the machine's clock: that somebody can be reached is as real in an exercise.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from alerting.alerts.life import Life
from alerting.audit import record
from alerting.chase import reply_words
from alerting.chase.outcomes import Outcome
from alerting.chase.reading import read
from alerting.chase.waiting import messages_of, open_ones
from alerting.people import Person
from alerting.store.schema_duty import duty, shift_exercise

ACT = "shift-exercise"
SAID = ("演练收到", "演练", "EXERCISE", "DRILL")


def is_answer(
    connection: Connection, person: str, text: str, clocks: Mapping[str, datetime]
) -> bool:
    """Whether a text answers the exercise of somebody's turn: by its own word, or by a receipt of
    somebody for whom no message waits that it could mean."""
    if _open(connection, person) is None:
        return False
    if unicodedata.normalize("NFKC", text).strip(" 。.!！“”\"'").upper() in SAID:
        return True
    meant = read(text)
    if meant.code or not (meant.act == "acknowledge" or (meant.digit == "1" and not meant.act)):
        return False
    now = dict(clocks)
    return not open_ones(connection, messages_of(connection, person, now), now)


def take(connection: Connection, life: Life, who: Person, at: datetime) -> Outcome:
    """They are reached by the service's own way."""
    row = _open(connection, who.id)
    if row is None:
        return Outcome("late", reply_words.exercise_over(), "no exercise waits")
    connection.execute(
        update(shift_exercise).where(shift_exercise.c.n == row.n).values(answered=at)
    )
    record(connection, life.realm, at, who.id, "answer shift exercise", f"shift-exercise:{row.n}", {})
    return Outcome("taken", reply_words.exercise_answered())


def _open(connection: Connection, person: str) -> Any | None:
    """The newest of a person that they have not answered, while they are on duty."""
    return connection.execute(
        select(shift_exercise).join(duty, duty.c.n == shift_exercise.c.duty)
        .where(shift_exercise.c.person == person, shift_exercise.c.answered.is_(None),
               duty.c.ended.is_(None))
        .order_by(shift_exercise.c.n.desc()).limit(1)
    ).one_or_none()  # fmt: skip
