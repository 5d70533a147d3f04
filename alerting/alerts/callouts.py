"""Call-outs (叫应单): one for a hazard in a township, however many alerts of it stand there.

Opened with the first alert of a level that calling.yaml names, over with the last of them; then the
closing report is asked. What rises above where its alerts stand is asked anew, be it for the second
time. All of it in the transaction that changes the alert. What those who are called answer is the
chase's (chase.reporting).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from alerting.alerts.ledger import Ledger
from alerting.alerts.notices import Facts, facts_of_alert, posts_told, tell
from alerting.people import Post, posts_in
from alerting.places import Place, Places
from alerting.rulebook.calling import CallOut
from alerting.store.rows import Row
from alerting.store.schema_callout import SAYS_IT


def call_out(
    ledger: Ledger, place: Place, alert: str, facts: Facts, at: datetime, *, heard: int
) -> dict[str, bool]:
    """An alert has opened or risen to `facts.level`: its call-outs, one a zone, are opened, raised or
    joined, where there are to be any. `heard` is the level at which its readers have it still.

    Gives the posts that are in them, each with whether the call-out's own message, not yet sent, tells
    of this alert; else they are to be told of it.
    """
    plan = ledger.life.book.calling.at(facts.level, facts.hazard)
    if plan is None:
        return {}
    says: dict[str, bool] = {}
    for zone in zones_of(ledger.life.places, place):
        for post, said in _call_out(ledger, zone, place, alert, facts, plan, at, heard).items():
            says[post] = said or says.get(post, False)
    return says


def _call_out(
    ledger: Ledger, zone: str, place: Place, alert: str, facts: Facts, plan: CallOut, at: datetime,
    heard: int,
) -> dict[str, bool]:  # fmt: skip
    held = ledger.callouts.newest(facts.hazard, zone)
    if held is None or held.state == "closed":
        held = _open(ledger, held.number + 1 if held else 1, zone, alert, facts, plan, at)
        return dict.fromkeys(ledger.callouts.callees(held.id), True) if held is not None else {}
    stood = _stands(ledger, held, besides=alert)
    if not ledger.callouts.join(held, alert, joined=at):
        stood = max(stood, heard)
    if held.state == "closing" or facts.level > stood:
        _ask_anew(ledger, held, stood, alert, facts, plan, at)
        return dict.fromkeys(ledger.callouts.callees(held.id), True)
    said = _mention(ledger, held, place.id)
    return {post: post in said for post in ledger.callouts.callees(held.id)}


def listeners(ledger: Ledger, alert: str) -> list[Post]:
    """Who is in the call-outs of an alert, whether or not its rule tells them: first those who were
    called first."""
    callees = [one for held in ledger.callouts.of_alert(alert)
               for one in ledger.callouts.callees(held.id).values()]  # fmt: skip
    posts = (ledger.post(one.post) for one in sorted(callees, key=lambda c: c.parent is not None))
    return list({post.id: post for post in posts if post is not None}.values())


def first_called(ledger: Ledger, alert: str) -> set[str]:
    """Of those the posts whose own answer is waited for: not the villages of a township."""
    return {one.post for held in ledger.callouts.of_alert(alert)
            for one in ledger.callouts.callees(held.id).values() if one.parent is None}  # fmt: skip


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


def put_right(
    ledger: Ledger, place: Place, alert: str, facts: Facts, heard: Collection[str], at: datetime
) -> dict[str, bool]:
    """The level of an alert was wrong and is `facts.level`: as a rise it calls out, raises or joins. A
    call-out of which no alert is of a level that calls out any more is over, as withdrawn; of the rest,
    who is called and has not `heard` is called anew, with what is right. Gives what `call_out` does."""
    calling = ledger.life.book.calling
    called = call_out(ledger, place, alert, facts, at, heard=facts.was)
    for held in ledger.callouts.of_alert(alert):
        alerts = (ledger.alert(key) for key in ledger.callouts.alerts_of(held.id))
        level = max((one.level for one in alerts if one and one.state == "open"), default=0)
        if held.state != "open":
            continue
        if calling.at(level, held.hazard) is None:
            _end(ledger, held, alert, facts, at, at, withdrawn=True)
            continue
        if level < held.level:
            ledger.record(at, "service", "lower call-out", held.id, {"level": level, "was": held.level})
            ledger.change(held, level=level)
        if held.alert == alert:
            called |= _call_again(ledger, held, heard, at)
    return called


def _call_again(
    ledger: Ledger, held: Row, heard: Collection[str], at: datetime
) -> dict[str, bool]:
    """Who is called, has not heard, and has no message of it on its way: what it said was wrong."""
    coming = {one.post for one in ledger.notices("alert", held.alert)
              if (one.kind, one.state) == ("callout", "due")}  # fmt: skip
    called = {}
    for one in ledger.callouts.callees(held.id).values():
        post = ledger.post(one.post)
        if post is not None and one.post not in coming and one.post not in heard:
            _tell(ledger, held, post, tuple(one.asked), _facts(ledger, held), at, one.report_by,
                  by_whom=one.parent)  # fmt: skip
            called[one.post] = True
    return called


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


def zones_of(places: Places, place: Place) -> list[str]:
    """Where a place is called out: the zone itself; of a site all it lies in, for a road runs through
    several townships."""
    zones = (place.id,) if place.kind == "zone" else place.zones
    return [zone for zone in zones if zone in places.by_id]


def _stands(ledger: Ledger, held: Row, *, besides: str = "") -> int:
    """The level at which the alerts of a call-out stand now, perhaps without one of them; 0 where none
    is open."""
    alerts = (ledger.alert(key) for key in ledger.callouts.alerts_of(held.id) if key != besides)
    return max((one.level for one in alerts if one is not None and one.state == "open"), default=0)


def _open(
    ledger: Ledger, number: int, zone: str, alert: str, facts: Facts, plan: CallOut, at: datetime
) -> Row | None:
    """None where there is nobody to call who is not called for this alert in another zone."""
    called = _called(ledger, zone, plan, facts.sector, besides=alert)
    if not called:
        return None
    held = ledger.callouts.add(
        id=f"{ledger.realm}.{facts.hazard}.{zone}.{number}", hazard=facts.hazard, zone=zone,
        number=number, alert=alert, sector=facts.sector, level=facts.level, state="open", opened=at,
        ended=None, closed=None,
    )  # fmt: skip
    ledger.callouts.join(held, alert, joined=at)
    ledger.record(at, "service", "call out", held.id, {"alert": alert, "level": facts.level})
    facts = facts.saying(place=zone, places=_beside(zone, [facts.place]))
    for post, names in called:
        _call(ledger, held, post, names, plan, facts, at)
    _pass_on_at_once(ledger, held, plan, at)
    return held


def _pass_on_at_once(ledger: Ledger, held: Row, plan: CallOut, at: datetime) -> None:
    """What is not to wait for the township's own word; those who are called already are left out."""
    if plan.pass_on is None or not plan.pass_on.at_once:
        return
    called = ledger.callouts.callees(held.id)
    for one in [one for one in called.values() if one.tier == "township"]:
        if any(listed.id not in called for listed in _list_of(ledger, plan, one.post)):
            pass_on(ledger, held, one.post, "service", at)


def _ask_anew(
    ledger: Ledger, held: Row, was: int, alert: str, facts: Facts, plan: CallOut, at: datetime
) -> None:
    """It rose, or came back while its closing report was awaited: earlier reports no longer count, and
    who is called at this level alone is called now."""
    what = "call out again" if held.state == "closing" else "raise call-out"
    was = held.level if held.state == "closing" else was
    ledger.change(held, state="open", level=max(held.level, facts.level), ended=None)
    ledger.record(at, "service", what, held.id, {"level": facts.level, "was": was})
    facts = _facts(ledger, held).saying(was=was, why=facts.why, onset=facts.onset, until=facts.until)
    called = _called(ledger, held.zone, plan, held.sector, besides=alert, of=held)
    names = {post.id: names for post, names in called}
    known = list(ledger.callouts.callees(held.id).values())
    for one in known:
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
    for post, mine in called:
        if post.id not in {one.post for one in known}:
            _call(ledger, held, post, mine, plan, facts, at)
    _pass_on_at_once(ledger, held, plan, at)


def _end(
    ledger: Ledger, held: Row, alert: str, said: Facts, at: datetime, due: datetime, withdrawn: bool
) -> set[str]:
    plan = ledger.life.book.calling.at(held.level, held.hazard)
    asked = plan.at_the_end if plan is not None and not withdrawn else ()
    callees = ledger.callouts.callees(held.id).values()
    reached = {one.post for one in ledger.notices("alert", held.alert)
               if (one.kind, one.state) == ("callout", "carried")}  # fmt: skip
    told_otherwise = posts_told(ledger, "alert", alert) if withdrawn else set()
    facts = _facts(ledger, held).saying(
        level=held.level, until=at, why={}, official=None, places=(), stands=said.stands,
        reason=said.reason)  # fmt: skip
    told = set()
    for one in callees:
        post = ledger.post(one.post)
        if post is None or one.post in told_otherwise:
            continue
        if withdrawn and one.post not in reached:
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
    ledger: Ledger, zone: str, plan: CallOut, sector: str, *, besides: str, of: Row | None = None
) -> list[tuple[Post, tuple[str, ...]]]:
    """Whom a call-out calls first, with what each is asked; the duty office where there is nobody. Not
    those who are called for the same alert, `besides`, by a call-out other than this: of a road through
    two townships a bureau is asked once."""
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
    elsewhere = {post for held in ledger.callouts.of_alert(besides) if of is None or held.id != of.id
                 for post in ledger.callouts.callees(held.id)}  # fmt: skip
    return [(post, names) for post, names in found.values() if post.id not in elsewhere]


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
        callout=held.id, questions=questions, due=by, reason=reason,
        passes_on=bool(_list_of(ledger, plan, post.id)),
    ), at, alert=held.alert, wants="report")  # fmt: skip


def _list_of(ledger: Ledger, plan: CallOut | None, post_id: str) -> list[Post]:
    post = ledger.post(post_id)
    if plan is None or plan.pass_on is None or post is None or post.tier != "township":
        return []
    return posts_in(ledger.connection, ledger.life.places, post.place, plan.pass_on.to)


def _facts(ledger: Ledger, held: Row) -> Facts:
    """What a message of a call-out says, from the alert that opened it and the places of all, at the
    level where they stand now."""
    facts = facts_of_alert(ledger, held.alert)
    assert facts is not None
    alerts = (ledger.alert(key) for key in ledger.callouts.alerts_of(held.id))
    places = [one.place for one in alerts if one is not None and one.state == "open"]
    level = _stands(ledger, held) or held.level
    return facts.saying(place=held.zone, level=level, callout=held.id, reason={},
                        places=_beside(held.zone, places))  # fmt: skip


def _beside(zone: str, places: list[str]) -> tuple[str, ...]:
    """The places to be named, where they are not the zone alone."""
    named = tuple(dict.fromkeys(places))
    return () if named == (zone,) else named


def _mention(ledger: Ledger, held: Row, place: str) -> set[str]:
    """Have the messages of a call-out name one more place, where they were made just now; gives the
    posts that are told so. Of others theirs may have gone out."""
    said: set[str] = set()
    called = ledger.callouts.callees(held.id)
    for one in ledger.notices("alert", held.alert):
        made_now = (one.kind, one.state) == ("callout", "due") and hasattr(one, "facts")
        if made_now and one.post in called:
            places = [*(one.facts.get("places") or [held.zone]), place]
            ledger.change(one, facts=one.facts | {"places": list(dict.fromkeys(places))})
            said.add(one.post)
    return said
