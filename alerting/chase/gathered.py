"""Answers to a digest: `1` says that all it holds was received, "cannot" and a call for support are
heard though they do not say of which place, and everything else is answered behind its link."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from alerting.alerts.life import Life
from alerting.audit import record
from alerting.chase import calls, reply_words
from alerting.chase.acts import fits
from alerting.chase.outcomes import Outcome
from alerting.people import Person, Post, resolve
from alerting.signals import Report
from alerting.store.schema import answer

HEARD = ("cannot", "support")  # whatever place it is, somebody must call back


def hint(asked: Sequence[Any], held: Any) -> Outcome:
    """How a digest can be answered, to one who said something else."""
    received = any(fits("acknowledge", n.wants, n.measure is not None) for n in asked)
    told = reply_words.only_received(held.code) if received else reply_words.only_by_link()
    return Outcome("not-understood", told, "a digest is only acknowledged")


def call_back(
    connection: Connection,
    life: Life,
    who: Person,
    report: Report,
    held: Any,
    asked: Sequence[Any],
    at: datetime,
) -> Outcome:
    """The regulator and the duty office are told at once, and called until they answer; nothing is
    taken for received, and every chase goes on."""
    text = str(report.detail.get("reason") or report.detail.get("text") or "").strip()
    before = connection.execute(
        select(answer.c.at)
        .where(answer.c.delivery == held.id, answer.c.person == who.id, answer.c.act == report.act,
               answer.c.text == text, answer.c.outcome == "taken")
        .order_by(answer.c.at)
    ).scalars().first()  # fmt: skip
    if before is not None:
        return Outcome("repeated", reply_words.repeated(life, before, who))
    top = max(asked, key=lambda n: (n.level, -n.id))
    facts = calls.bare_facts(connection, life, calls.About(top.alert, None, top.level))
    facts |= {"hazard": top.facts.get("hazard") or "", "place": life.places.county}
    told: list[Post] = []
    for tier in ("regulator", "duty-office"):
        post = resolve(connection, life.places, tier, top.facts.get("sector") or "",
                       top.facts.get("place") or life.places.county)  # fmt: skip
        if post is None or post.id in {n.post for n in asked} | {p.id for p in told}:
            continue
        told.append(post)
        calls.tell(connection, life, "service", facts,
                   reply_words.one_of_many(who, report.act, len(asked), text), at, post=post.id,
                   alert_id=top.alert, wants="acknowledge")  # fmt: skip
    record(connection, life.realm, at, who.id, f"answer {report.act}", f"delivery:{held.id}",
           {"text": text, "told": [p.id for p in told], "of": len(asked)})  # fmt: skip
    return Outcome("taken", reply_words.which_of_many(told))
