"""What people do to a measure: something somebody must do.

    proposed → approved → issued → acknowledged → in force → lift proposed → attested → lifted

It ends too as refused, withdrawn, expired or superseded (timed.py, asking.py).

Rules and persons ask for it (asking.py); here its carrier acknowledges it, reports it in force or says
that they cannot, its decider approves or refuses it, its lifter attests the check, and whoever may
withdraws it. Each gives whether it was done: of two answers at once one wins and the other is told.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from alerting.alerts import signing
from alerting.alerts.asking import after_end, go_on, lift, now_in_force, settle_signed
from alerting.alerts.first import wait_is_over
from alerting.alerts.joint import Joint
from alerting.alerts.ledger import Ledger
from alerting.alerts.life import Life
from alerting.alerts.notices import in_both, posts_told, tell
from alerting.alerts.orders import (
    OPEN_WORK,
    describe,
    end,
    facts_of,
    gated,
    issue,
    move,
    tell_carrier,
    unconfirmed,
    undecided,
)
from alerting.alerts.reopening import SHUTS, still_shut, told_of
from alerting.store.rows import Row

NOT_SAID = {"zh": "未说明原因", "en": "no reason given"}


def acknowledge(connection: Connection, life: Life, measure_id: str, by: str, at: datetime) -> bool:
    with Ledger(connection, life) as ledger:
        row = ledger.measure(measure_id)
        return move(ledger, row, ("issued",), "acknowledged", by, at, acknowledged=at)


def in_force(connection: Connection, life: Life, measure_id: str, by: str, at: datetime) -> bool:
    with Ledger(connection, life) as ledger:
        row = ledger.measure(measure_id)
        if row is None or not move(ledger, row, ("issued", "acknowledged"), "in force", by, at,
                                   in_force=at, cannot=None):  # fmt: skip
            return False
        now_in_force(ledger, row, at)
        return True


def finish(connection: Connection, life: Life, measure_id: str, by: str, at: datetime) -> bool:
    """It is done with once it was in force: nothing is left that could be lifted."""
    with Ledger(connection, life) as ledger:
        return end(ledger, ledger.measure(measure_id), ("in force",), "lifted", by, at, "done")


def cannot(
    connection: Connection, life: Life, measure_id: str, by: str, at: datetime, reason: str
) -> bool:
    """The carrier cannot: a flag with its time; the state stays and the chase goes on."""
    with Ledger(connection, life) as ledger:
        row = ledger.measure(measure_id)
        if row is None or row.state not in OPEN_WORK:
            return False
        back = "acknowledged" if row.state == "in force" else row.state
        ledger.change(row, cannot=at, state=back, in_force=None)
        ledger.record(at, by, "cannot carry out", measure_id, {"reason": reason})
        return True


def overdue(connection: Connection, life: Life, measure_id: str, at: datetime) -> bool:
    """Its time to be in force has passed, or its wait for what comes first: a flag with its time."""
    with Ledger(connection, life) as ledger:
        row = ledger.measure(measure_id)
        if row is not None and row.state == "approved" and row.overdue is None:
            wait_is_over(ledger, row, at)
            return True
        if row is None or row.state not in ("issued", "acknowledged") or row.overdue is not None:
            return False
        ledger.change(row, overdue=at)
        ledger.record(at, "service", "overdue", measure_id, {})
        return True


def approve(
    connection: Connection, life: Life, measure_id: str, by: str, at: datetime,
    changed: dict[str, Any] | None = None, reason: str = "",
) -> bool:  # fmt: skip
    """The decider has signed: it is ordered, as soon as what must be in force first is; what was
    ordered ahead of them goes on. `changed` are the whole arguments that they signed in place of those
    they were asked about, or of what they signed before. Raises BadInput for hours that are none of
    the measure's."""
    with Ledger(connection, life) as ledger:
        row = ledger.measure(measure_id)
        if row is None or row.ended is not None:
            return False
        again = changed is not None and signing.is_theirs(row, by)
        if not undecided(row) and not again:
            return False
        facts = facts_of(ledger, row)
        if reason:
            facts = facts.saying(reason=in_both(reason), by=by)
        if changed is not None:
            signing.sign(ledger, row, changed, by, at)
        if row.state == "proposed":
            was = Joint(row.arguments, row.level, row.begins, row.ends)
            move(ledger, row, ("proposed",), "approved", by, at, decided_by=by,
                 **signing.as_signed(row, was)._asdict())  # fmt: skip
            go_on(ledger, row, facts, at)
            return True
        if unconfirmed(row):
            signing.confirm(ledger, row, by, at)
        elif changed is None:
            signing.take_as_put(ledger, row, by, at)
        ledger.change(row, decided_by=by)
        settle_signed(ledger, row, facts, by, at)
        return True


def go_ahead(connection: Connection, life: Life, measure_id: str, by: str, at: datetime) -> bool:
    """The duty office orders it without what should have been in force first."""
    with Ledger(connection, life) as ledger:
        row = ledger.measure(measure_id)
        if row is None or row.state != "approved":
            return False
        ledger.record(at, by, "go on without waiting", row.id, {"for": row.waits})
        issue(ledger, row, facts_of(ledger, row), at)
        return True


def refuse(
    connection: Connection, life: Life, measure_id: str, by: str, at: datetime, reason: str
) -> bool:
    """`reason` is what the decider said; an answer of one digit says none. What was ordered ahead of
    them is withdrawn, to everyone whom it reached."""
    with Ledger(connection, life) as ledger:
        row = ledger.measure(measure_id)
        if row is not None and unconfirmed(row):
            why = in_both(reason or NOT_SAID)
            words = {"zh": f"未予追认：{why['zh']}", "en": f"Not confirmed: {why['en']}"}
            _withdraw(ledger, row, by, at, reason, words)
            return True
        if row is not None and row.put is not None and row.ended is None:
            signing.keep_as_signed(ledger, row, by, at, reason)
            return True
        if row is None or row.state != "proposed":
            return False
        said = facts_of(ledger, row).saying(reason=in_both(reason or NOT_SAID), by=by)
        tell_carrier(ledger, row, "refused", said, at)
        end(ledger, row, ("proposed",), "refused", by, at, reason)
        after_end(ledger, row, at)
        return True


def give_reason(
    connection: Connection, life: Life, measure_id: str, by: str, at: datetime, reason: str
) -> bool:
    """Why they refused, which they had not said. Gives whether its carrier hears it too: not where what
    was signed before goes on."""
    with Ledger(connection, life) as ledger:
        row = ledger.measure(measure_id)
        assert row is not None
        ledger.record(at, by, "reason", row.id, {"reason": reason})
        taken_back = row.state == "withdrawn" and row.ahead is not None and row.decided_by is None
        if row.state != "refused" and not taken_back:
            return False
        ledger.change(row, end_reason=reason)
        said = facts_of(ledger, row).saying(reason=in_both(reason), by=by)
        tell_carrier(ledger, row, row.state, said, at)
        return True


def attest(connection: Connection, life: Life, measure_id: str, by: str, at: datetime) -> bool:
    """The check before lifting is done: it is lifted, and its carrier told. No check opens a gate."""
    with Ledger(connection, life) as ledger:
        row = ledger.measure(measure_id)
        if row is None or gated(life, row):
            return False
        if not move(ledger, row, ("lift proposed",), "attested", by, at):
            return False
        lift(ledger, row, facts_of(ledger, row), by, at)
        return True


def withdraw(
    connection: Connection, life: Life, measure_id: str, by: str, at: datetime, reason: str
) -> bool:
    """By hand, with a reason; it reaches everyone the order reached. Past a gate, it says so."""
    with Ledger(connection, life) as ledger:
        row = ledger.measure(measure_id)
        if row is None or row.ended is not None:
            return False
        words = in_both(reason)
        if gated(life, row) and row.issued is not None:
            words = {"zh": f"未经复工四项确认，人工撤回：{words['zh']}",
                     "en": f"Past the production gate, by hand: {words['en']}"}  # fmt: skip
            ledger.record(at, by, "withdraw past the gate", row.id, {"reason": reason})
        _withdraw(ledger, row, by, at, reason, words)
        return True


def _withdraw(
    ledger: Ledger, row: Row, by: str, at: datetime, reason: str, words: dict[str, str]
) -> None:
    """Nobody asks for it any more; `words` tell all whom it reached why."""
    for asking in ledger.askers(row.id).values():
        if asking.ended is None:
            ledger.change(asking, ended=at)
    definition = ledger.life.measure(row.measure)
    said = facts_of(ledger, row).saying(reason=words, by=by, place=row.object,
                                        measures=(describe(row, definition),))  # fmt: skip
    end(ledger, row, (row.state,), "withdrawn", by, at, reason)
    after_end(ledger, row, at)
    told = posts_told(ledger, "measure", row.id)
    if definition.road in SHUTS and row.issued is not None:
        told, said = told_of(ledger, row, at), said.saying(stands=still_shut(ledger, row))
    for post_id in sorted(told):
        post = ledger.post(post_id)
        if post is not None:
            tell(ledger, "withdrawn", post, said, at, measure=row.id,
                 alert=ledger.alert_of(row.id))  # fmt: skip
