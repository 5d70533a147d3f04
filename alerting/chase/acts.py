"""What each answer does to the notice it answers: the pursuit, the measure, whoever is called next.

One function an act; each gives an Outcome and changes nothing where the outcome is not `taken`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from alerting.alerts import measures, unknown
from alerting.alerts.life import Life
from alerting.alerts.orders import OPEN_WORK
from alerting.audit import record
from alerting.chase import calls, pursuits, words
from alerting.chase.rights import SIGNS, decides, was_asked
from alerting.chase.stepping import climb
from alerting.chase.words import Words
from alerting.people import Person, Post, person_by_id, post_by_id, resolve
from alerting.store.schema import alert, answer, delivery_notice, measure, notice, pursuit

CARRIED_OUT = ("acknowledge", "in-force", "cannot", "support")
DECIDED = ("approve", "refuse")
CHECKED = ("attest", "kept")
STANDS = ("stand", "call-off")
ASKED_AGAIN = timedelta(hours=4)  # whether an alert stands that nothing but missing data holds


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
    current: bool = False  # said of the measure or alert itself, as it stands, not of a message


def answer_one(connection: Connection, life: Life, said: Said) -> Outcome:
    """Do what the answer says to what its notice is about."""
    row = _measure(connection, said.notice.measure)
    over = _over(connection, life, said, row)
    if over is not None:
        return over
    # "Cannot" and a call for support are news whatever has been asked since.
    news = said.current or said.act in ("cannot", "support")
    if not news and _overtaken(connection, said):
        return Outcome("late", words.overtaken(), "overtaken by a rise")
    does = {
        "acknowledge": _acknowledge,
        "in-force": _in_force,
        "cannot": _cannot,
        "support": _support,
        "approve": _decide,
        "refuse": _decide,
        "attest": _attest,
        "kept": _kept,
        "stand": _stand,
        "call-off": _stand,
    }
    return does[said.act](connection, life, said, row)


def fits(act: str, wants: str, ordered: bool) -> bool:
    """Whether an act answers a notice that wants this."""
    if act in DECIDED:
        return wants == "decision" and ordered
    if act in STANDS:
        return wants == "decision" and not ordered
    if act in CHECKED:
        return wants == "check"
    if act in ("in-force", "cannot") and not ordered:
        return False
    return act in CARRIED_OUT and wants in ("acknowledge", "in-force")


def _acknowledge(connection: Connection, life: Life, said: Said, row: Any) -> Outcome:
    held = pursuits.by_id(connection, said.notice.pursuit)
    if held.state != "open" and said.current:
        held = pursuits.open_one(connection, life.realm, held.post, "acknowledge", held.measure,
                                 held.alert) or held  # fmt: skip
    if held.wants == "in-force":
        return _heard(connection, life, said, held)
    if not pursuits.answered(connection, life, held.id, said.who.id, said.at):
        return _again(connection, life, said, held)
    if row is None or held.post != row.carrier:
        return Outcome("taken", words.acknowledged(life, None))
    measures.acknowledge(connection, life, row.id, said.who.id, said.at)
    if row.state == "in force":  # only its level rose: it is acknowledged anew and stays in force
        return Outcome("taken", words.acknowledged(life, None))
    chased = pursuits.open_in_force(connection, life, held, row, said.notice.post or held.at_post,
                                    said.notice.rung, said.at)  # fmt: skip
    return Outcome("taken", words.acknowledged(life, chased.must_by if chased.must_by > said.at
                                               else chased.deadline))  # fmt: skip


def _heard(connection: Connection, life: Life, said: Said, held: Any) -> Outcome:
    """Somebody called because it is not in force is awake: they get time to see to it, once."""
    if held.state != "open":
        return _again(connection, life, said, held)
    before = _last_answer(connection, said, ("acknowledge",), pursuit_id=held.id)
    if before is not None:
        return Outcome("repeated", words.repeated(life, before.at, said.who))
    minutes = _minutes(life, _measure(connection, held.measure))
    by = max(said.at + timedelta(minutes=minutes), held.deadline or said.at)
    connection.execute(update(pursuit).where(pursuit.c.id == held.id).values(deadline=by))
    record(connection, life.realm, said.at, said.who.id, "acknowledge", f"pursuit:{held.id}",
           {"deadline": by.isoformat()})  # fmt: skip
    return Outcome("taken", words.heard(life, by))


def _in_force(connection: Connection, life: Life, said: Said, row: Any) -> Outcome:
    done = measures.in_force(connection, life, row.id, said.who.id, said.at)
    waited = _carriers(connection, row, ("acknowledge", "in-force"))
    for held in waited:
        pursuits.answered(connection, life, held.id, said.who.id, said.at)
    if done or waited:
        return Outcome("taken", words.in_force(life, said.at))
    before = _last_answer(connection, said, ("in-force",), anybody=True)
    if before is None:
        return Outcome("repeated", words.repeated(life, row.in_force or said.at, None))
    return Outcome("repeated", words.repeated(
        life, before.at, person_by_id(connection, before.person)))  # fmt: skip


def _cannot(connection: Connection, life: Life, said: Said, row: Any) -> Outcome:
    before = _last_answer(connection, said, CARRIED_OUT)
    if before is not None and before.act == "cannot" and row.cannot is not None:
        return Outcome("repeated", words.repeated(life, before.at, said.who))
    asked = pursuits.by_id(connection, said.notice.pursuit)
    if asked.post != row.carrier:
        return _cannot_help(connection, life, said, asked)
    # To say that one cannot is to have heard.
    for held in _carriers(connection, row, ("acknowledge",)):
        pursuits.answered(connection, life, held.id, said.who.id, said.at)
    measures.cannot(connection, life, row.id, said.who.id, said.at, said.text)
    chased = pursuits.open_in_force(connection, life, asked, _measure(connection, row.id),
                                    said.notice.post or asked.at_post, said.notice.rung,
                                    said.at)  # fmt: skip
    if chased.rung > said.notice.rung:
        # Somebody above is being called already; they hear it, and keep the time they were given.
        calls.call(connection, life, chased, chased.at_post, "reminder",
                   words.still_cannot(said.who, said.text), said.at, rung=chased.rung,
                   round_=max(0, chased.round), by=said.who.called("zh"))  # fmt: skip
        return Outcome("taken", words.cannot(post_by_id(connection, chased.at_post)))
    after = climb(connection, life, chased, "cannot", said.at, said=said.text, by=said.who)
    if after is None:
        by = said.at + life.policy.wait(chased.level, "in-force")
        connection.execute(update(pursuit).where(pursuit.c.id == chased.id).values(deadline=by))
    return Outcome("taken", words.cannot(after))


def _cannot_help(connection: Connection, life: Life, said: Said, asked: Any) -> Outcome:
    """Somebody asked for support, or told besides, who cannot: their own chase climbs, no other."""
    if asked.state != "open":
        return _again(connection, life, said, asked)
    after = climb(connection, life, asked, "cannot", said.at, said=said.text, by=said.who)
    return Outcome("taken", words.cannot(after))


def _support(connection: Connection, life: Life, said: Said, row: Any) -> Outcome:
    """The regulator and the duty office are told, and called until they answer; the chase goes on."""
    before = _last_answer(connection, said, ("support",))
    if before is not None and before.text == said.text:
        return Outcome("repeated", words.repeated(life, before.at, said.who))
    held = pursuits.by_id(connection, said.notice.pursuit)
    next_by = held.must_by if row is not None else None
    if held.wants == "acknowledge" and held.state == "open":
        _acknowledge(connection, life, said, row)
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
    return Outcome("taken", words.support(told, next_by, life))


def _decide(connection: Connection, life: Life, said: Said, row: Any) -> Outcome:
    if not decides(connection, said.who, row, said.notice):
        decider = post_by_id(connection, row.decider) if row.decider else None
        return Outcome("refused", words.not_yours(decider), "not the decider")
    who, at = said.who.id, said.at
    if said.act == "approve":
        measures.approve(connection, life, row.id, who, at)
        told = words.approved()
    else:
        measures.refuse(connection, life, row.id, who, at, said.text)
        told = words.refused(life)
    for held in _open_for(connection, row, ("decision",)):
        pursuits.answered(connection, life, held.id, who, at)
    return Outcome("taken", told)


def _attest(connection: Connection, life: Life, said: Said, row: Any) -> Outcome:
    measures.attest(connection, life, row.id, said.who.id, said.at)
    for held in _open_for(connection, row, ("check",)):
        pursuits.answered(connection, life, held.id, said.who.id, said.at)
    return Outcome("taken", words.attested())


def _kept(connection: Connection, life: Life, said: Said, row: Any) -> Outcome:
    """Looked at, and not to be lifted yet: nobody else is called, and it is asked again later."""
    again = said.at + timedelta(minutes=life.policy.in_force_minutes)
    for held in _open_for(connection, row, ("check",)):
        connection.execute(
            update(pursuit).where(pursuit.c.id == held.id).values(deadline=again, round=-1)
        )
        calls.take_back(connection, held.id, "answered before it was sent")
    record(connection, life.realm, said.at, said.who.id, "keep", row.id, {"reason": said.text})
    return Outcome("taken", words.kept(life, again))


def _stand(connection: Connection, life: Life, said: Said, row: Any) -> Outcome:
    """Whether an alert stands that missing data alone hold: the office on duty says, with the role."""
    held, who, at = pursuits.by_id(connection, said.notice.pursuit), said.who.id, said.at
    if said.who.role not in SIGNS or not was_asked(connection, said.who, said.notice):
        return Outcome("refused", words.not_yours(post_by_id(connection, held.post)),
                       "not theirs to decide")  # fmt: skip
    if said.act == "call-off":
        unknown.call_off(connection, life, said.notice.alert, who, at, said.text)
        pursuits.answered(connection, life, held.id, who, at)
        return Outcome("taken", words.called_off())
    if held.state != "open":
        return _again(connection, life, said, held)
    again = at + ASKED_AGAIN
    connection.execute(
        update(pursuit).where(pursuit.c.id == held.id)
        .values(deadline=again, round=-1, rung=0, at_post=held.post, end_reason="")
    )  # fmt: skip
    calls.take_back(connection, held.id, "answered before it was sent")
    unknown.stands(connection, life, said.notice.alert, who, at)
    return Outcome("taken", words.stands(life, again))


def _over(connection: Connection, life: Life, said: Said, row: Any) -> Outcome | None:
    """Late: the alert has closed, the measure ended or moved past what was asked."""
    if row is None:
        held = connection.execute(
            select(alert).where(alert.c.id == said.notice.alert)
        ).one_or_none()
        if held is not None and held.state != "open":
            return Outcome("late", words.late(life, held.closed), held.state)
        return None
    if said.act in DECIDED and row.state != "proposed" and row.decided_by:
        return _done_by(connection, life, said, DECIDED, row)
    if said.act in CHECKED and row.state == "lifted":
        return _done_by(connection, life, said, CHECKED, row)
    means = {"approve": ("proposed",), "refuse": ("proposed",),
             "attest": ("lift proposed",), "kept": ("lift proposed",)}  # fmt: skip
    states = means.get(said.act, OPEN_WORK)
    if row.ended is not None or row.state not in states:
        return Outcome("late", words.late(life, row.ended), row.state)
    return None


def _done_by(
    connection: Connection, life: Life, said: Said, acts: tuple[str, ...], row: Any
) -> Outcome:
    before = _last_answer(connection, said, acts, anybody=True)
    if before is None:
        return Outcome("late", words.late(life, row.ended), row.state)
    who = person_by_id(connection, before.person)
    return Outcome("repeated", words.repeated(life, before.at, who))


def _overtaken(connection: Connection, said: Said) -> bool:
    """A fresh notice about the same has gone to the same post since, and is not what they answer."""
    one = said.notice
    first = connection.execute(
        select(pursuit.c.post).where(pursuit.c.id == one.pursuit)
    ).scalar_one()
    wants = ("decision", "check") if one.wants in ("decision", "check") else ("acknowledge",)
    fresh = connection.execute(
        select(notice.c.id).where(
            notice.c.realm == one.realm, notice.c.post == first, notice.c.id > one.id,
            notice.c.wants.in_(wants), notice.c.kind.not_in(calls.CALLS),
            notice.c.state != "withheld",
            pursuits.same_subject(notice, one.measure, one.alert),
        )
    ).scalars().all()  # fmt: skip
    if not fresh:
        return False
    carried: set[int] = set()
    if said.delivery is not None:
        carried = set(
            connection.execute(
                select(delivery_notice.c.notice).where(delivery_notice.c.delivery == said.delivery)
            ).scalars()
        )
    return not set(fresh) <= carried


def _again(connection: Connection, life: Life, said: Said, held: Any) -> Outcome:
    if held.state == "answered":
        who = person_by_id(connection, held.answered_by)
        return Outcome("repeated", words.repeated(life, held.answered, who))
    return Outcome("late", words.late(life, None), held.end_reason)


def _last_answer(
    connection: Connection,
    said: Said,
    acts: tuple[str, ...],
    *,
    anybody: bool = False,
    pursuit_id: int | None = None,
) -> Any | None:
    """The last answer taken about the same, of the same person unless `anybody`'s will do."""
    asked = select(answer).where(
        answer.c.realm == said.notice.realm, answer.c.act.in_(acts), answer.c.outcome == "taken",
        pursuits.same_subject(answer, said.notice.measure, said.notice.alert),
    )  # fmt: skip
    if not anybody:
        asked = asked.where(answer.c.person == said.who.id)
    if pursuit_id is not None:
        of_it = select(notice.c.id).where(notice.c.pursuit == pursuit_id)
        asked = asked.where(answer.c.notice.in_(of_it))
    return connection.execute(
        asked.order_by(answer.c.at.desc(), answer.c.id.desc()).limit(1)
    ).one_or_none()


def _open_for(connection: Connection, row: Any, wants: tuple[str, ...]) -> list[Any]:
    return list(
        connection.execute(
            select(pursuit)
            .where(pursuit.c.measure == row.id, pursuit.c.state == "open",
                   pursuit.c.wants.in_(wants))
            .order_by(pursuit.c.id)
        )
    )  # fmt: skip


def _carriers(connection: Connection, row: Any, wants: tuple[str, ...]) -> list[Any]:
    """What is waited for from the carrier; others who were told answer for themselves."""
    return [p for p in _open_for(connection, row, wants) if p.post == row.carrier]


def _measure(connection: Connection, measure_id: str | None) -> Any | None:
    if measure_id is None:
        return None
    return connection.execute(select(measure).where(measure.c.id == measure_id)).one()


def _minutes(life: Life, row: Any) -> float:
    definition = life.book.measures.get(row.measure)
    given = definition.by_minutes if definition is not None else None
    return float(given or life.policy.in_force_minutes)
