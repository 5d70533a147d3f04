"""What is put to somebody as one question: the rule that messages, replies and pages share.

Forty schools above 1,200 m are one question to their bureau, answered by one digit; each school's
measure is decided for itself all the same, with name and time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

TOGETHER = ("decision", "confirm", "conflict", "check")


def question_of(one: Any) -> tuple[Any, ...] | None:
    """What the notices of one question share; None for a notice that is put by itself.

    `one` is a row of `notice`. Asked of one post at one moment, about one measure (or the same two
    that conflict) with the same arguments and day, on behalf of one rule at one level: only the places
    differ. A place that joins later is a question of its own, since the first may be answered.
    Checks before lifting are each for themselves, for each place must be looked at; but for those of
    a named day, which are lifted because it is over.
    """
    about = one.facts.get("sides" if one.wants == "conflict" else "measures")
    if one.wants not in TOGETHER or one.measure is None or not about:
        return None
    if one.wants == "check" and not all(m.get("day") for m in about):
        return None
    said = [[m["measure"], m["arguments"], m.get("day"), m.get("by")] for m in about]
    shared = [said, one.facts.get("rule"), one.facts.get("hazard"), one.facts.get("response"),
              one.facts.get("reason")]  # fmt: skip
    return (one.wants, one.kind, one.post, one.level, one.created, one.rung, one.round,
            json.dumps(shared, sort_keys=True))  # fmt: skip


def grouped(notices: Iterable[Any]) -> list[list[Any]]:
    """The notices by question, in their order; each other one by itself."""
    found: dict[Any, list[Any]] = {}
    for one in notices:
        found.setdefault(question_of(one) or one.id, []).append(one)
    return list(found.values())
