"""Call-outs (叫应单): one for a hazard in a township, however many alerts of it stand there.

Opened with the first alert of a level that calling.yaml names, risen with them, over with the last of
them; then the closing report is asked. All of it in the transaction that changes the alert. What those
who are called answer is the chase's (chase.reporting).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from alerting.alerts.ledger import Ledger
from alerting.alerts.notices import Facts, facts_of_alert, posts_told, tell
from alerting.people import Post, posts_in
from alerting.places import Place, Places
from alerting.rulebook.calling import CallOut
from alerting.store.rows import Row

SAYS_IT = "the call-out says it"  # why the plain news of the same does not go out beside it


def call_out(
    ledger: Ledger, place: Place, alert: str, facts: Facts, at: datetime
) -> dict[str, bool]:
    """An alert has opened or risen to `facts.level`: its call-out is opened, raised or joined, where
    there is to be one.

    Gives the posts that are in it, each with whether the call-out's own message, not yet sent, tells
    of this alert; else they are to be told of it.
    """
    plan = ledger.life.book.calling.at(facts.level, facts.hazard)
    zone = zone_of(ledger.life.places, place)
    if plan is None or zone is None:
        return {}
    held = ledger.callouts.newest(facts.hazard, zone)
    if held is None or held.state == "closed":
        held = _open(ledger, held.number + 1 if held else 1, zone, alert, facts, plan, at)
    else:
        ledger.callouts.join(held, alert, joined=at)
        if held.state == "closing" or facts.level > held.level:
            _ask_anew(ledger, held, facts, plan, at)
        else:
            return {post: _mentions(ledger, held, post, place.id)
                    for post in ledger.callouts.callees(held.id)}  # fmt: skip
    return dict.fromkeys(ledger.callouts.callees(held.id), True)


def leave(
    ledger: Ledger, alert: str, facts: Facts, at: datetime, due: datetime, *, withdrawn: bool = False
) -> set[str]:
    """An alert is over: so are the call-outs of which it was the last. Gives the posts that hear of the
    end by that, from `due` on; `facts` say what still stands. Of what was `withdrawn` no closing report
    is asked."""
    told: set[str] = set()
    for held in ledger.callouts.of_alert(alert):
        others = (ledger.alert(key) for key in ledger.callouts.alerts_of(held.id))
        if held.state == "open" and not any(one and one.state == "open" for one in others):
            told |= _end(ledger, held, alert, facts, at, due, withdrawn)
    return told


def pass_on(ledger: Ledger, held: Row, post: str, by: str, at: datetime) -> list[Post]:
    """A township calls its own list; gives whom. Those who are called already are not called again."""
    plan = ledger.life.book.calling.at(held.level, held.hazard)
    known = ledger.callouts.callees(held.id)
    fresh = [one for one in _list_of(ledger, plan, post) if one.id not in known]
    facts = _facts(ledger, held)
    for one in fresh:
        assert plan is not None
        assert plan.pass_on is not None
        _call(ledger, held, one, plan.pass_on.ask, plan, facts, at, parent=post)
    ledger.change(known[post], passed_on=at, passed_by=by)
    ledger.record(at, by, "pass on", held.id, {"post": post, "to": [one.id for one in fresh]})
    return fresh


def close_if_all_is_in(ledger: Ledger, held: Row, at: datetime) -> None:
    """Its closing reports are there."""
    callees = ledger.callouts.callees(held.id).values()
    if held.state == "closing" and all(c.closed or c.closing_by is None for c in callees):
        ledger.change(held, state="closed", closed=at)
        ledger.record(at, "service", "close call-out", held.id, {})


def zone_of(places: Places, place: Place) -> str | None:
    """Where a place is called out: the zone itself, of a site its own; None for what lies nowhere."""
    zone = place.id if place.kind == "zone" else place.zones[0] if place.zones else None
    return zone if zone in places.by_id else None


def _open(
    ledger: Ledger, number: int, zone: str, alert: str, facts: Facts, plan: CallOut, at: datetime
) -> Row:
    held = ledger.callouts.add(
        id=f"{ledger.realm}.{facts.hazard}.{zone}.{number}", hazard=facts.hazard, zone=zone,
        number=number, alert=alert, sector=facts.sector, level=facts.level, state="open", opened=at,
        ended=None, closed=None,
    )  # fmt: skip
    ledger.callouts.join(held, alert, joined=at)
    ledger.record(at, "service", "call out", held.id, {"alert": alert, "level": facts.level})
    facts = facts.saying(place=zone, places=_beside(zone, [facts.place]))
    for post, names in _called(ledger, zone, plan, facts.sector):
        _call(ledger, held, post, names, plan, facts, at)
    if plan.pass_on is not None and plan.pass_on.at_once:
        for one in list(ledger.callouts.callees(held.id).values()):
            if one.tier == "township":
                pass_on(ledger, held, one.post, "service", at)
    return held


def _ask_anew(
    ledger: Ledger, held: Row, facts: Facts, plan: CallOut, at: datetime
) -> None:
    """It rose, or came back while its closing report was awaited: earlier reports no longer count."""
    what = "call out again" if held.state == "closing" else "raise call-out"
    was = held.level
    ledger.change(held, state="open", level=max(held.level, facts.level), ended=None)
    ledger.record(at, "service", what, held.id, {"level": facts.level, "was": was})
    facts = _facts(ledger, held).saying(was=was, why=facts.why, onset=facts.onset, until=facts.until)
    names = {post.id: names for post, names in _called(ledger, held.zone, plan, held.sector)}
    for one in ledger.callouts.callees(held.id).values():
        post = ledger.post(one.post)
        lower = plan.pass_on.ask if plan.pass_on is not None else ()
        mine = names.get(one.post) or (lower if one.parent else next(iter(plan.call.values())))
        if post is None or not mine:
            continue
        questions = tuple(ledger.life.book.calling.asks(mine))
        by = at + timedelta(minutes=plan.report)
        ledger.change(one, asked=list(questions), asked_at=at, report_by=by, reported=None,
                      closing_by=None, closed=None)  # fmt: skip
        _tell(ledger, held, post, questions, facts, at, by, by_whom=one.parent)


def _end(
    ledger: Ledger, held: Row, alert: str, said: Facts, at: datetime, due: datetime, withdrawn: bool
) -> set[str]:
    plan = ledger.life.book.calling.at(held.level, held.hazard)
    asked = plan.at_the_end if plan is not None and not withdrawn else ()
    callees = ledger.callouts.callees(held.id).values()
    told_otherwise = posts_told(ledger, "alert", alert) if withdrawn else set()
    facts = _facts(ledger, held).saying(until=at, why={}, official=None, places=(),
                                        stands=said.stands, reason=said.reason)  # fmt: skip
    told = set()
    for one in callees:
        post = ledger.post(one.post)
        if post is None or one.post in told_otherwise:
            continue
        wants = "closing" if asked and plan is not None and one.parent is None else ""
        by = due + timedelta(minutes=plan.closing) if wants and plan is not None else None
        questions = tuple(ledger.life.book.calling.asks(asked)) if wants else ()
        if wants:
            ledger.change(one, closing_by=by, asked=list(questions), asked_at=at)
        tell(ledger, "closing", post, facts.saying(questions=questions, due=by), at,
             alert=held.alert, wants=wants, due=due)  # fmt: skip
        told.add(one.post)
    for key in ledger.callouts.alerts_of(held.id):  # of those that ended a moment before
        for news in ledger.notices("alert", key):
            if (news.kind, news.state) == ("clear", "due") and news.post in told:
                ledger.change(news, state="withheld", reason=SAYS_IT)
    ledger.change(held, state="closing", ended=at)
    ledger.record(at, "service", "end call-out", held.id, {"withdrawn": withdrawn})
    close_if_all_is_in(ledger, held, at)
    return told


def _called(
    ledger: Ledger, zone: str, plan: CallOut, sector: str
) -> list[tuple[Post, tuple[str, ...]]]:
    """Whom a call-out calls first, with what each is asked; the duty office where there is nobody."""
    found: dict[str, tuple[Post, tuple[str, ...]]] = {}
    places = ledger.life.places
    for tier, names in plan.call.items():
        if tier == "township":  # of the whole county: every township of it
            posts: Iterable[Post | None] = posts_in(ledger.connection, places, zone, (tier,))
        else:
            posts = [ledger.resolve(tier, sector, zone)]
        for post in posts:
            if post is not None:
                found.setdefault(post.id, (post, names))
    office = ledger.resolve("duty-office", "", zone) if not found else None
    if office is not None:
        found[office.id] = (office, next(iter(plan.call.values())))
    return list(found.values())


def _call(
    ledger: Ledger, held: Row, post: Post, names: tuple[str, ...], plan: CallOut, facts: Facts,
    at: datetime, *, parent: str | None = None,
) -> None:  # fmt: skip
    questions = tuple(ledger.life.book.calling.asks(names))
    by = at + timedelta(minutes=plan.report)
    ledger.callouts.add_callee(
        held.id, post.id, tier=post.tier, parent=parent, called=at,
        wake_by=at + timedelta(minutes=plan.woken), woken=None, woken_by=None, asked=list(questions),
        asked_at=at, report_by=by, reported=None, first_report=None, passed_on=None, passed_by=None,
        ticked=None, ticked_by=None, ticked_how=None, ticked_why="", closing_by=None, closed=None,
    )  # fmt: skip
    _tell(ledger, held, post, questions, facts, at, by, by_whom=parent)


def _tell(
    ledger: Ledger, held: Row, post: Post, questions: tuple[dict[str, Any], ...], facts: Facts,
    at: datetime, by: datetime, *, by_whom: str | None,
) -> None:  # fmt: skip
    plan = ledger.life.book.calling.at(held.level, held.hazard)
    parent = ledger.post(by_whom)
    reason = facts.reason if parent is None else {
        "zh": f"{parent.called('zh')}转发", "en": f"passed on by {parent.called('en')}"}  # fmt: skip
    tell(ledger, "callout", post, facts.saying(
        callout=held.id, questions=questions, due=by, level=held.level, reason=reason,
        passes_on=bool(_list_of(ledger, plan, post.id)),
    ), at, alert=held.alert, wants="report")  # fmt: skip


def _list_of(ledger: Ledger, plan: CallOut | None, post_id: str) -> list[Post]:
    post = ledger.post(post_id)
    if plan is None or plan.pass_on is None or post is None or post.tier != "township":
        return []
    return posts_in(ledger.connection, ledger.life.places, post.place, plan.pass_on.to)


def _facts(ledger: Ledger, held: Row) -> Facts:
    """What a message of a call-out says, from the alert that opened it and the places of all."""
    facts = facts_of_alert(ledger, held.alert)
    assert facts is not None
    alerts = (ledger.alert(key) for key in ledger.callouts.alerts_of(held.id))
    places = [one.place for one in alerts if one is not None and one.state == "open"]
    return facts.saying(place=held.zone, level=held.level, callout=held.id, reason={},
                        places=_beside(held.zone, places))  # fmt: skip


def _beside(zone: str, places: list[str]) -> tuple[str, ...]:
    """The places to be named, where they are not the zone alone."""
    named = tuple(dict.fromkeys(places))
    return () if named == (zone,) else named


def _mentions(ledger: Ledger, held: Row, post: str, place: str) -> bool:
    """Have the message of a call-out name one more place, where it was made just now; False where it
    may have gone out."""
    said = False
    for one in ledger.notices("alert", held.alert):
        if (one.kind, one.post, one.state) == ("callout", post, "due") and hasattr(one, "facts"):
            places = [*(one.facts.get("places") or [held.zone]), place]
            ledger.change(one, facts=one.facts | {"places": list(dict.fromkeys(places))})
            said = True
    return said
