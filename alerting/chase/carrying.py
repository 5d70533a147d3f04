"""What those who carry a measure out say of it: heard, in force, cannot, send help.

One function an act; each gives an Outcome and changes nothing where the outcome is not `taken`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, update

from alerting.alerts import measures
from alerting.alerts.life import Life
from alerting.audit import record
from alerting.chase import calls, everyone, pursuits, reply_words, words
from alerting.chase.outcomes import (
    Outcome,
    Said,
    carriers,
    last_answer,
    measure_of,
    minutes_of,
    no_more,
)
from alerting.chase.stepping import climb
from alerting.people import Post, person_by_id, post_by_id, resolve
from alerting.store.schema import pursuit

CARRIED_OUT = ("acknowledge", "in-force", "return", "cannot", "support")


def acknowledge(connection: Connection, life: Life, said: Said, row: Any) -> Outcome:
    held = pursuits.by_id(connection, said.notice.pursuit)
    if held.state != "open" and said.current:
        held = pursuits.open_one(connection, life.realm, held.post, "acknowledge", held.measure,
                                 held.alert) or held  # fmt: skip
    if held.wants == "in-force":
        return _heard(connection, life, said, held)
    noted = everyone.note(connection, life, held, said.who.id, said.at)
    if noted is False:
        return Outcome("repeated", reply_words.heard_before())
    if noted is None and not pursuits.answered(connection, life, held.id, said.who.id, said.at):
        return no_more(connection, life, said, held)
    if row is None or held.post != row.carrier:
        return Outcome("taken", reply_words.acknowledged(life, None))
    measures.acknowledge(connection, life, row.id, said.who.id, said.at)
    if row.state == "in force":  # only its level rose: it is acknowledged anew and stays in force
        return Outcome("taken", reply_words.acknowledged(life, None))
    chased = pursuits.open_in_force(connection, life, held, row, said.notice.post or held.at_post,
                                    said.notice.rung, said.at)  # fmt: skip
    by = chased.must_by if chased.must_by > said.at else chased.deadline
    if life.measure(row.measure).returns:
        return Outcome("taken", reply_words.acknowledged_form(life, by))
    return Outcome("taken", reply_words.acknowledged(life, by))


def _heard(connection: Connection, life: Life, said: Said, held: Any) -> Outcome:
    """Somebody called because it is not in force is awake: they get time to see to it, once."""
    if held.state != "open":
        return no_more(connection, life, said, held)
    before = last_answer(connection, said, ("acknowledge",), pursuit_id=held.id)
    if before is not None:
        return Outcome("repeated", reply_words.repeated(life, before.at, said.who))
    minutes = minutes_of(life, measure_of(connection, held.measure))
    by = max(said.at + timedelta(minutes=minutes), held.deadline or said.at)
    connection.execute(update(pursuit).where(pursuit.c.id == held.id).values(deadline=by))
    record(connection, life.realm, said.at, said.who.id, "acknowledge", f"pursuit:{held.id}",
           {"deadline": by.isoformat()})  # fmt: skip
    return Outcome("taken", reply_words.heard(life, by))


def in_force(connection: Connection, life: Life, said: Said, row: Any) -> Outcome:
    if life.measure(row.measure).returns:
        return Outcome("refused", reply_words.form_needed(), "its form is missing")
    done = measures.in_force(connection, life, row.id, said.who.id, said.at)
    waited = carriers(connection, row, ("acknowledge", "in-force"))
    for held in waited:
        pursuits.answered(connection, life, held.id, said.who.id, said.at)
    if done or waited:
        return Outcome("taken", reply_words.in_force(life, said.at))
    before = last_answer(connection, said, ("in-force",), anybody=True)
    if before is None:
        return Outcome("repeated", reply_words.repeated(life, row.in_force or said.at, None))
    return Outcome("repeated", reply_words.repeated(
        life, before.at, person_by_id(connection, before.person)))  # fmt: skip


def cannot(connection: Connection, life: Life, said: Said, row: Any) -> Outcome:
    before = last_answer(connection, said, CARRIED_OUT)
    if before is not None and before.act == "cannot" and row.cannot is not None:
        return Outcome("repeated", reply_words.repeated(life, before.at, said.who))
    asked = pursuits.by_id(connection, said.notice.pursuit)
    if asked.post != row.carrier:
        return _cannot_help(connection, life, said, asked)
    # To say that one cannot is to have heard.
    for held in carriers(connection, row, ("acknowledge",)):
        pursuits.answered(connection, life, held.id, said.who.id, said.at)
    measures.cannot(connection, life, row.id, said.who.id, said.at, said.text)
    chased = pursuits.open_in_force(connection, life, asked, measure_of(connection, row.id),
                                    said.notice.post or asked.at_post, said.notice.rung,
                                    said.at)  # fmt: skip
    if chased.rung > said.notice.rung:
        # Somebody above is being called already; they hear it, and keep the time they were given.
        calls.call(connection, life, chased, chased.at_post, "reminder",
                   words.still_cannot(said.who, said.text), said.at, rung=chased.rung,
                   round_=max(0, chased.round), by=said.who.called("zh"))  # fmt: skip
        return Outcome("taken", reply_words.cannot(post_by_id(connection, chased.at_post)))
    after = climb(connection, life, chased, "cannot", said.at, said=said.text, by=said.who)
    if after is None:
        by = said.at + life.policies.wait(chased.level, "in-force")
        connection.execute(update(pursuit).where(pursuit.c.id == chased.id).values(deadline=by))
    return Outcome("taken", reply_words.cannot(after))


def _cannot_help(connection: Connection, life: Life, said: Said, asked: Any) -> Outcome:
    """Somebody asked for support, or told besides, who cannot: their own chase climbs, no other."""
    if asked.state != "open":
        return no_more(connection, life, said, asked)
    after = climb(connection, life, asked, "cannot", said.at, said=said.text, by=said.who)
    return Outcome("taken", reply_words.cannot(after))


def support(connection: Connection, life: Life, said: Said, row: Any) -> Outcome:
    """The regulator and the duty office are told, and called until they answer; the chase goes on."""
    before = last_answer(connection, said, ("support",))
    if before is not None and before.text == said.text:
        return Outcome("repeated", reply_words.repeated(life, before.at, said.who))
    held = pursuits.by_id(connection, said.notice.pursuit)
    next_by = held.must_by if row is not None else None
    if held.wants == "acknowledge" and held.state == "open":
        acknowledge(connection, life, said, row)
    facts = calls.facts_of(connection, life, held)
    told: list[Post] = []
    for tier in ("regulator", "duty-office"):
        post = resolve(connection, life.places, tier, facts["sector"], facts["place"])
        if post is None or post.id == said.notice.post or post.id in {p.id for p in told}:
            continue
        told.append(post)
        calls.tell(connection, life, "escalation", facts, words.asks_support(said.who, said.text),
                   said.at, post=post.id, alert_id=said.notice.alert,
                   measure_id=said.notice.measure, wants="acknowledge",
                   by=said.who.called("zh"))  # fmt: skip
    record(connection, life.realm, said.at, said.who.id, "ask for support",
           f"notice:{said.notice.id}", {"text": said.text, "told": [p.id for p in told]})  # fmt: skip
    return Outcome("taken", reply_words.support(told, next_by, life))
