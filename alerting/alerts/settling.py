"""What is decided between two measures that conflict, and which of them stands until it is."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from alerting.alerts import signing
from alerting.alerts.asking import after_end, go_on
from alerting.alerts.ledger import Ledger
from alerting.alerts.life import Life
from alerting.alerts.meeting import named, open_between, others, suspend
from alerting.alerts.notices import tell, tell_person
from alerting.alerts.orders import (
    LOOKED_AT,
    NOT_ISSUED,
    OPEN_WORK,
    describe,
    end,
    facts_of,
    move,
    response_post,
    tell_carrier,
    unconfirmed,
)
from alerting.store.rows import Row

Words = dict[str, str]
ANSWERS = ("keep-first", "take-second", "both")


def settle(
    connection: Connection,
    life: Life,
    second_id: str,
    answer: str,
    by: str,
    at: datetime,
    *,
    said: str = "",
    signs: bool = False,
) -> bool:
    """What the decider answers to the question about `second_id`; `said` are their own words.

    `signs`: they may sign for the newer measure's own decider too, so that nobody is asked twice.
    False where no question about it is out any more.
    """
    with Ledger(connection, life) as ledger:
        held = open_between(ledger, second_id)
        if held is None:
            return False
        first, second = ledger.measure(held.first), ledger.measure(held.second)
        assert first is not None
        assert second is not None
        ledger.change(held, state="settled", answer=answer, answered=at, answered_by=by, reason=said)
        for one, other in ((first, second), (second, first)):
            ledger.record(at, by, answer, one.id, {"with": other.id, "reason": said})
        if answer == "keep-first":
            _lose(ledger, second, first, by, said, at)
        elif answer == "take-second":
            _lose(ledger, first, second, by, said, at)
        winners = {"keep-first": (first,), "take-second": (second,)}.get(answer, (first, second))
        for row in winners:
            other = second if row is first else first
            _win(ledger, row, other, answer == "both", signs and row is second, by, said, at)
        return True


def meanwhile(connection: Connection, life: Life, second_id: str, at: datetime) -> bool:
    """Nobody has answered in time: the one that the other yields to stands until somebody does.

    The older stands unless its own entry in measures.yaml says that it yields to the newer; then what
    was ordered of it is suspended and the newer goes on, to its own decider where it needs one. What is
    to be looked at gives way to nobody's silence.
    """
    with Ledger(connection, life) as ledger:
        held = open_between(ledger, second_id)
        if held is None or held.stands == second_id:
            return False
        first, second = ledger.measure(held.first), ledger.measure(held.second)
        assert first is not None
        assert second is not None
        if second.measure not in life.measure(first.measure).yields:
            return False
        if first.state in LOOKED_AT:
            return False
        ledger.change(held, stands=second.id)
        ledger.record(at, "service", "stands meanwhile", second.id, {"instead of": first.id})
        waits = {"why": "conflict", "for": others(ledger, [second]), "post": held.post}
        if first.state in OPEN_WORK:
            suspend(ledger, first, second, waits, at)
        elif first.state in NOT_ISSUED:
            ledger.change(first, waits=waits)
        go_on(ledger, second, facts_of(ledger, second), at)
        return True


def _lose(ledger: Ledger, row: Row, winner: Row, by: str, said: str, at: datetime) -> None:
    """What was ordered is withdrawn, what was not is refused; its people are told why."""
    how = "withdrawn" if row.issued is not None else "refused"
    title = named(ledger, winner)
    reason = {"zh": f"与“{title['zh']}”冲突，决定执行后者", "en": f"{title['en']} was decided instead"}
    reason = _with(reason, said)
    askers = [a.asker for a in ledger.askers(row.id).values() if a.ended is None]
    facts = facts_of(ledger, row).saying(
        reason=reason, by=by, place=row.object,
        measures=(describe(row, ledger.life.measure(row.measure)),),
    )  # fmt: skip
    for asking in ledger.askers(row.id).values():
        if asking.ended is None:
            ledger.change(asking, ended=at)
    end(ledger, row, (row.state,), how, by, at, reason["zh"])
    told = {*_told(ledger, row), row.carrier}
    for post_id in sorted(told):
        post = ledger.post(post_id)
        if post is not None:
            tell(ledger, how, post, facts, at, measure=row.id, alert=ledger.alert_of(row.id))
    for key in askers:
        person = key.removeprefix("person:")
        if person not in (key, by):
            tell_person(ledger, how, person, facts, at, row.id)
        # Whose response asked for it is told too: what it counts on is not done.
        post = ledger.post(response_post(ledger, key))
        if post is not None and post.id not in told:
            tell(ledger, how, post, facts, at, measure=row.id)
    after_end(ledger, row, at)


def _told(ledger: Ledger, row: Row) -> set[str]:
    """Posts that were told of a measure itself, not asked about its conflict."""
    return {n.post for n in ledger.notices("measure", row.id)
            if n.post and n.state in ("due", "carried") and n.wants != "conflict"}  # fmt: skip


def _win(
    ledger: Ledger,
    row: Row,
    other: Row,
    both: bool,
    signs: bool,
    by: str,
    said: str,
    at: datetime,
) -> None:
    """It goes on: what was held is issued; what stands beside the other is told what to mind."""
    facts = facts_of(ledger, row)
    if both:
        facts = facts.saying(reason=_with(_beside(ledger, other), said), by=by)
    if row.state == "proposed" and signs:
        move(ledger, row, ("proposed",), "approved", by, at, decided_by=by)
        ledger.change(row, waits=None)
    elif unconfirmed(row) and signs:
        signing.confirm(ledger, row, by, at)
    if row.state in NOT_ISSUED and (signs or row.waits is not None):
        go_on(ledger, row, facts, at)
    elif both and row.state in OPEN_WORK:
        tell_carrier(ledger, row, "update", facts, at)


def _beside(ledger: Ledger, other: Row) -> Words:
    """What stands beside it, and whom that lets pass."""
    title, definition = named(ledger, other), ledger.life.measure(other.measure)
    passing = {one: definition.passes(other.arguments, one) for one in ("zh", "en")}  # type: ignore[arg-type]
    zh, en = f"与“{title['zh']}”并行", f"Beside {title['en']}"
    if passing["zh"]:
        zh += f"，其中{'、'.join(passing['zh'])}放行"
        en += f", which lets {', '.join(passing['en'])} pass"
    return {"zh": zh, "en": en}


def _with(reason: Words, said: str) -> Words:
    if not said:
        return reason
    return {"zh": f"{reason['zh']}：{said}", "en": f"{reason['en']}: {said}"}
