"""The production gate: a halt lifts when its carrier has attested all points and its lifter has signed.

    lift proposed → attested → lifted

The four come together and all of them yes, or they are refused; each is an entry of the audit log,
with who and when. The one who attested does not sign.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from alerting.alerts.asking import lift
from alerting.alerts.ledger import Ledger
from alerting.alerts.life import Life
from alerting.alerts.notices import in_both, tell
from alerting.alerts.orders import ask_four, describe, facts_of, gated, move
from alerting.people import person_by_id
from alerting.store.rows import Row
from alerting.vocabulary.gate import GATE

Words = dict[str, str]


def attest(
    connection: Connection,
    life: Life,
    measure_id: str,
    points: Mapping[str, bool],
    by: str,
    at: datetime,
    remark: str,
) -> Words | None:
    """What the carrier attests; keys of GATE, others are ignored.

    Gives {} where all are so and the signature is asked for; why it is refused where one is missing or
    not so, which the lifter is told too; None where the measure waits for no attestation.
    """
    with Ledger(connection, life) as ledger:
        row = ledger.measure(measure_id)
        if row is None or row.state != "lift proposed" or not gated(life, row):
            return None
        given = {key: points[key] for key in GATE if key in points}
        for key, answer in given.items():
            ledger.record(at, by, f"attest {key}", row.id, {"answer": "yes" if answer else "no"})
        wrong = _wrong(given)
        if wrong:
            if remark:
                wrong = {one: f"{text}{'。' if one == 'zh' else '. '}{remark}"
                         for one, text in wrong.items()}  # fmt: skip
            ledger.record(at, by, "refuse attestation", row.id, {"reason": wrong})
            _tell_lifter(ledger, row, wrong, by, at)
            return wrong
        move(ledger, row, ("lift proposed",), "attested", by, at, attested=at, attested_by=by)
        _ask_signature(ledger, row, by, at, remark)
        return {}


def sign(connection: Connection, life: Life, measure_id: str, by: str, at: datetime) -> bool:
    """The lifter signs: it is lifted. False where nothing was attested, or by the same person."""
    with Ledger(connection, life) as ledger:
        row = ledger.measure(measure_id)
        if row is None or row.state != "attested" or row.attested_by in (None, by):
            return False
        ledger.record(at, by, "sign", row.id, {"attested_by": row.attested_by})
        lift(ledger, row, facts_of(ledger, row), by, at)
        return True


def send_back(
    connection: Connection, life: Life, measure_id: str, by: str, at: datetime, reason: Words
) -> bool:
    """The lifter does not sign: the halt stays, and its carrier is asked anew, with the reason."""
    with Ledger(connection, life) as ledger:
        row = ledger.measure(measure_id)
        if row is None or not move(ledger, row, ("attested",), "lift proposed", by, at,
                                   attested=None, attested_by=None):  # fmt: skip
            return False
        ledger.record(at, by, "send back", row.id, {"reason": reason})
        said = facts_of(ledger, row).saying(
            reason={"zh": f"未予签字：{reason['zh']}", "en": f"Not signed: {reason['en']}"}, by=by
        )
        ask_four(ledger, row, said, at)
        return True


def _wrong(given: Mapping[str, bool]) -> Words:
    """Which points are not so, and which are not answered; {} where all four are attested."""
    noes = [key for key, answer in given.items() if not answer]
    missing = [key for key in GATE if key not in given]
    zh = [*(f"“{GATE[k][0]}”为否" for k in noes), *(f"“{GATE[k][0]}”未填" for k in missing)]
    en = [*(f"no: {GATE[k][1]}" for k in noes), *(f"not answered: {GATE[k][1]}" for k in missing)]
    return {"zh": "，".join(zh), "en": "; ".join(en)} if zh else {}


def _tell_lifter(ledger: Ledger, row: Row, wrong: Words, by: str, at: datetime) -> None:
    lifter = ledger.post(row.lifter)
    if lifter is None:
        return
    title, who = ledger.life.measure(row.measure).title, _called(ledger, by)
    reason = {"zh": f"{who['zh']}申请解除“{title['zh']}”，四项不全，未受理：{wrong['zh']}",
              "en": f"{who['en']} wants {title['en']} lifted; not taken: {wrong['en']}"}  # fmt: skip
    tell(ledger, "service", lifter, facts_of(ledger, row).saying(reason=reason, by=by), at,
         measure=row.id, alert=ledger.alert_of(row.id))  # fmt: skip


def _ask_signature(ledger: Ledger, row: Row, by: str, at: datetime, remark: str) -> None:
    lifter = ledger.post(row.lifter) or ledger.resolve("duty-office", "", row.object)
    if lifter is None:
        return
    who = _called(ledger, by)
    reason = {"zh": f"{who['zh']}{ledger.life.local(at):%H:%M}确认四项均已落实",
              "en": f"All four attested by {who['en']} at {ledger.life.local(at):%H:%M}"}  # fmt: skip
    if remark:
        said = in_both(remark)
        reason = {"zh": f"{reason['zh']}：{said['zh']}", "en": f"{reason['en']}: {said['en']}"}
    facts = facts_of(ledger, row).saying(
        reason=reason, place=row.object, due=None,
        measures=(describe(row, ledger.life.measure(row.measure)),),
    )  # fmt: skip
    tell(ledger, "ask", lifter, facts, at, measure=row.id, wants="signature",
         alert=ledger.alert_of(row.id))  # fmt: skip


def _called(ledger: Ledger, by: str) -> Words:
    known = person_by_id(ledger.connection, by)
    return {one: known.called(one) if known else by for one in ("zh", "en")}
