"""Who asks for a measure, and what the measure becomes by it.

It is held by all who ask, whoever asks first: an alert, a person, a measure that it stands in for.
At most one is open for each (realm, measure, object, carrier), day and stretch of hours; what its
askers make of it together is in joint.py; a stricter one is a new version of the same measure, issued
again. When the last asker goes, or the end of them all comes, it is lifted, or its lifting is proposed
where a check is due.

Before it is issued it passes three gates, in this order (`go_on`): nothing it conflicts with waits for
a decision, its decider has signed (or the district lets it go ahead of that), and what must be in force
first is in force. Held at the last, or at the first once signed, it is "approved" and `waits` says for
what.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from alerting.alerts import meeting, signing
from alerting.alerts.addressing import addressed, post_for
from alerting.alerts.askers import day_meant, done_by_another, note_asker, open_for, replaced
from alerting.alerts.corrected import tell_correction, to_be_told
from alerting.alerts.first import given_first, needed_by, wait_is_over, waiting_for
from alerting.alerts.hours import hours_of
from alerting.alerts.joint import Hours, Joint, in_hours, is_for, joined, on, overlap, passed
from alerting.alerts.ledger import Ledger
from alerting.alerts.notices import Facts, tell
from alerting.alerts.orders import (
    LOOKED_AT,
    NOT_ISSUED,
    OPEN_WORK,
    ask_check,
    ask_decider,
    ask_four,
    ask_to_confirm,
    describe,
    end,
    facts_of,
    gated,
    issue,
    tell_carrier,
    unconfirmed,
)
from alerting.alerts.reopening import SHUTS, tell_open
from alerting.people import Post
from alerting.places import Place
from alerting.store.rows import Row


class _Asked(NamedTuple):
    """What is asked of whom at one object, by whom, and what was decided on it before: see `ask`."""

    name: str
    object: str
    carrier: Post
    by: str
    at: datetime
    day: str | None
    interim_for: str | None = None
    decided_by: str | None = None
    signed: dict[str, Any] | None = None


def ask(
    ledger: Ledger,
    name: str,
    place: Place,
    arguments: dict[str, Any],
    facts: Facts,
    by: str,
    at: datetime,
    interim_for: str | None = None,
    carrier: Post | None = None,
    decided_by: str | None = None,
    day: str | None = None,
    hours: Hours | None = None,
    signed: dict[str, Any] | None = None,
) -> list[str]:
    """Ask for a measure at a place on behalf of `by` (an alert id, "person:…", "response:…", a
    measure's id); of `carrier`, where it is not for the measure to say who carries it. `decided_by`:
    a person who has signed for it already; `signed` is what they signed in place of what was asked.

    `day` is the local date it is for, where it is for a named one: left out, that of an open measure,
    else the next morning's. `hours` are those of its arguments as seen at `at`, unless they are given.

    Gives the ids of the measures that are new or were issued again because of it.
    """
    changed: list[str] = []
    given = [(place.id, carrier)] if carrier is not None else None
    for object_id, post in given or addressed(ledger, name, place, facts.sector):
        here = facts if facts.place == object_id else facts.saying(place=object_id)
        for_day = None
        if ledger.life.measure(name).named_day:
            _end_those_over(ledger, name, object_id, post.id, at)
            for_day = day or day_meant(ledger, name, object_id, post.id, at)
        when = hours or hours_of(arguments, at, ledger.life.zone)
        asked = _Asked(name, object_id, post, by, at, for_day, interim_for, decided_by, signed)
        changed += _ask_for(ledger, asked, arguments, when, here)
    return changed


def _ask_for(
    ledger: Ledger, asked: _Asked, arguments: dict[str, Any], hours: Hours, facts: Facts
) -> list[str]:
    """Ask one carrier at one object: of the measure that is for these hours; for those in which it may
    not stand undecided, of another."""
    name, where, carrier, by, at = asked.name, asked.object, asked.carrier.id, asked.by, asked.at
    changed: list[str] = []
    declared, seen, left = ledger.life.measure(name).arguments, set[str](), [hours]
    while left:
        when = left.pop()
        given = arguments if when == hours else in_hours(declared, arguments, when, ledger.life.zone)
        held = open_for(ledger, name, where, carrier, asked.day, when, by, at, seen)
        if held is not None:
            seen.add(held.id)
            left += meeting.parted(ledger, held, when, at)[1]
            if join(ledger, held, given, facts, by, at, when):
                changed.append(held.id)
        elif old := done_by_another(ledger, name, where, carrier, when, by, at):
            note_asker(ledger, old, given, facts.level, when, by, at)  # comes back for them too
        else:
            changed.append(_propose(ledger, asked, given, when, facts))
    return changed


def join(
    ledger: Ledger,
    held: Row,
    arguments: dict[str, Any],
    facts: Facts,
    by: str,
    at: datetime,
    hours: Hours | None = None,
) -> bool:
    """Another asks for an open measure, or the same with other arguments or level. True where it is
    proposed or issued again because of it. Hours in which it may not stand undecided are not for it."""
    when, known = hours or hours_of(arguments, at, ledger.life.zone), ledger.askers(held.id).get(by)
    if known is not None and not is_for(held, when, at):  # other hours are another measure's
        when = known.begins, known.ends
    else:
        when, apart = meeting.parted(ledger, held, when, at)
        if apart:  # noted in these hours alone, so that who asks for the rest again is heard
            declared = ledger.life.measure(held.measure).arguments
            arguments = in_hours(declared, arguments, when, ledger.life.zone)
    noted = note_asker(ledger, held, arguments, facts.level, when, by, at)
    return noted and settle(ledger, held, facts, at)


def drop(ledger: Ledger, by: str, keep: set[str], facts: Facts, at: datetime) -> None:
    """`by` no longer asks for any measure but those named in `keep`."""
    for asked in ledger.asked_by(by):
        row = ledger.measure(asked.measure)
        assert row is not None
        if row.measure not in keep:
            stop_asking(ledger, asked, row, facts, at)


def stop_asking(ledger: Ledger, asked: Row, row: Row, facts: Facts, at: datetime) -> None:
    """One of those who ask for a measure asks no more."""
    ledger.change(asked, ended=at)
    settle(ledger, row, facts, at)


def after_the_end(ledger: Ledger, alert: str, facts: Facts, at: datetime) -> Facts:
    """What the readers of an alert's end must know of its measures: which have ended with it, and
    which still stand, waiting for a check or asked for by others."""
    ever = ledger.ever_asked_by(alert)
    ended = [row for row in ever if row.ended == at]
    stands = [row for row in ever if row.ended is None and row.issued is not None]
    return facts.saying(
        measures=tuple(describe(row, ledger.life.measure(row.measure)) for row in ended),
        stands=tuple(describe(row, ledger.life.measure(row.measure)) for row in stands),
    )


def lift(ledger: Ledger, row: Row, facts: Facts, by: str, at: datetime) -> None:
    _finish(ledger, row, facts, "lifted", by, at, "")


def expire(ledger: Ledger, row: Row, facts: Facts, at: datetime) -> None:
    """Its end has come and nobody asks any more, or it was never ordered before it. Whoever had to
    decide on it, or on what it waited for, is told."""
    reason = {"zh": "到时自动结束", "en": "Its time is over"}
    if row.issued is None:
        reason = {"zh": "到时自动结束，未曾下达", "en": "Its time is over; it was never ordered"}
    if row.state in NOT_ISSUED:
        said = facts.saying(reason=reason, place=row.object, due=None,
                            measures=(describe(row, ledger.life.measure(row.measure)),))  # fmt: skip
        for post_id in sorted({row.decider, (row.waits or {}).get("post")} - {None, ""}):
            post = ledger.post(post_id)
            if post is not None:
                tell(ledger, "lifted", post, said, at, measure=row.id,
                     alert=ledger.alert_of(row.id))  # fmt: skip
    _finish(ledger, row, facts.saying(reason=reason), "expired", "service", at, reason["zh"])


def _finish(
    ledger: Ledger, row: Row, facts: Facts, how: str, by: str, at: datetime, reason: str
) -> None:
    """It ends, and who carries it is told; of a road that opens everyone is, last, with what still
    holds there."""
    definition = ledger.life.measure(row.measure)
    known = describe(row, definition)  # as its readers know it
    shut = definition.road in SHUTS
    if row.issued is not None and not shut:
        tell_carrier(ledger, row, "lifted", facts, at)
    _nothing_to_confirm(ledger, row, facts, at)
    end(ledger, row, (row.state,), how, by, at, reason)
    after_end(ledger, row, at)
    if row.issued is not None and shut:
        tell_open(ledger, row, known, facts, at)


def _nothing_to_confirm(ledger: Ledger, row: Row, facts: Facts, at: datetime) -> None:
    """It ends before its decider has said whether they confirm it: they need not any more."""
    decider = ledger.post(row.decider)
    if unconfirmed(row) and decider is not None:
        said = facts.saying(place=row.object, due=None,
                            measures=(describe(row, ledger.life.measure(row.measure)),))  # fmt: skip
        tell(ledger, "lifted", decider, said, at, measure=row.id, alert=ledger.alert_of(row.id))


def now_in_force(ledger: Ledger, row: Row, at: datetime) -> None:
    """What stood in for this measure is no longer asked on its behalf; what waited for it goes on;
    what it does the work of ends, once it holds."""
    definition = ledger.life.measure(row.measure)
    drop(ledger, row.id, set(definition.needed_names), facts_of(ledger, row), at)
    for waiting in waiting_for(ledger, row):
        go_on(ledger, waiting, facts_of(ledger, waiting), at)
    if on(row, at):
        take_over(ledger, row, at)


def take_over(ledger: Ledger, row: Row, at: datetime) -> None:
    """It is in force and its hours have begun: what it does the work of ends."""
    for old in ledger.open_of(ledger.life.measure(row.measure).supersedes):
        there = row.ended is None and old.object == row.object and old.state in OPEN_WORK
        if there and overlap(old, row):
            _supersede(ledger, old, row, at)


def after_end(ledger: Ledger, row: Row, at: datetime) -> None:
    """A measure has ended: nothing is asked on its behalf any more, nothing is to be decided between
    it and another, and what waited for it to be in force waits in vain. What it took over from and is
    still asked for stands again."""
    drop(ledger, row.id, set(), facts_of(ledger, row), at)
    if ledger.life.measure(row.measure).supersedes:
        for old in ledger.superseded_by(row.id):
            _hand_back(ledger, old, at)
    for other in meeting.close_of(ledger, row, at):
        go_on(ledger, other, facts_of(ledger, other), at)
    for waiting in waiting_for(ledger, row):
        wait_is_over(ledger, waiting, at)


def quietly_over(ledger: Ledger, row: Row, at: datetime) -> None:
    """Its day is over and the same is asked for another: it ends without a word of its own, for what
    follows it names its day. What stood in for it on that day ends alike."""
    for asking in ledger.askers(row.id).values():
        if asking.ended is None:
            ledger.change(asking, ended=at)
    end(ledger, row, (row.state,), "expired", "service", at, "asked for another day")
    for asked in ledger.asked_by(row.id):
        beside = ledger.measure(asked.measure)
        if beside is not None and beside.ended is None and beside.day == row.day is not None:
            ledger.change(asked, ended=at)
            if not any(one.ended is None for one in ledger.askers(beside.id).values()):
                quietly_over(ledger, beside, at)
    after_end(ledger, row, at)


def _end_those_over(ledger: Ledger, name: str, object_id: str, carrier: str, at: datetime) -> None:
    """The same measure for a day that is over, now that it is asked for another."""
    today = ledger.life.day_not_over(at)
    for row in ledger.open_here(name, object_id, carrier):
        if (row.day or today) < today:
            quietly_over(ledger, row, at)


def go_on(
    ledger: Ledger, row: Row, facts: Facts, at: datetime, *, again: bool = False
) -> None:
    """Move a measure that is not issued as far as it may go; see above. `again`: it was raised."""
    if meeting.holds(ledger, row, facts, at, again=again):
        return
    if row.state == "proposed" and row.waits is not None:
        ledger.change(row, waits=None)
    if row.state == "proposed" and not signing.order_ahead(ledger, row, at):
        decider = ledger.post(row.decider)
        if decider is not None:
            ask_decider(ledger, row, decider, facts, at)
    elif not _waits(ledger, row, facts, at):
        issue(ledger, row, facts, at)


def _propose(
    ledger: Ledger, asked: _Asked, arguments: dict[str, Any], hours: Hours, facts: Facts
) -> str:
    name, where, carrier, by, at, day, interim_for, decided_by, signed = asked
    definition = ledger.life.measure(name)
    sector = definition.sector or facts.sector
    decider = post_for(ledger, definition.decider, sector, where)
    lifter = post_for(ledger, definition.lifter, sector, where)
    undecided = decider is not None and decided_by is None
    last = ledger.newest(name, where, carrier.id)
    number, (begins, ends) = 1 if last is None else last.number + 1, hours
    row = ledger.add_measure(
        id=f"{ledger.realm}.{name}.{where}.{carrier.id}.{number}", measure=name,
        title=dict(definition.title), gate=definition.gate, object=where, day=day,
        carrier=carrier.id, number=number,
        state="proposed" if undecided else "approved", level=facts.level, arguments=arguments,
        decider=decider.id if decider else None, lifter=lifter.id if lifter else None,
        interim_for=interim_for, proposed=at, decided_by=decided_by, issued=None, acknowledged=None,
        ahead=None, in_force=None, due=None, begins=begins, ends=ends, timed=hours != (None, None),
        overdue=None, cannot=None, waits=None, attested=None, attested_by=None, ended=None,
        end_reason="", successor=None, version=1, signed=signed, put=None, corrects=None,
    )  # fmt: skip
    if signed is not None:
        ledger.change(row, **signing.as_signed(row, Joint(arguments, facts.level, *hours))._asdict())
    note_asker(ledger, row, arguments, facts.level, hours, by, at)
    ledger.record(at, by, "propose measure", row.id, {"arguments": arguments, "level": facts.level})
    go_on(ledger, row, facts, at)
    signing.put_anew(ledger, row, Joint(arguments, facts.level, *hours), facts, at)
    if undecided and row.state in NOT_ISSUED:
        for interim in ledger.life.asks(definition.interim):
            place = ledger.life.places.by_id.get(where)
            if place is not None:
                ask(ledger, interim.measure, place, dict(interim.arguments), facts, row.id, at,
                    interim_for=row.id, day=day)  # fmt: skip
    return str(row.id)


def settle(ledger: Ledger, row: Row, facts: Facts, at: datetime) -> bool:
    """Make the measure what its askers now ask. True where it was issued or proposed again."""
    if row.ended is not None:
        return False
    asking = [a for a in ledger.askers(row.id).values() if a.ended is None]
    live = [a for a in asking if not passed(a, at)]
    if signing.stands(row, at):  # its end counts, not theirs
        live = live or asking
    if not live:
        (_end_has_come if asking else _no_longer_asked)(ledger, row, facts, at)
        return False
    declared = ledger.life.measure(row.measure).arguments
    asked = joined(declared, live, row, at, ledger.life.zone)
    signing.put_anew(ledger, row, asked, facts, at)
    if signing.is_over(row, at):
        _end_has_come(ledger, row, facts, at)
        return False
    now = signing.as_signed(row, asked)
    return _becomes(ledger, row, now, facts, at)


def settle_signed(ledger: Ledger, row: Row, facts: Facts, by: str, at: datetime) -> None:
    """Make a measure what its decider has signed anew. The hours beyond those that stand in which it
    would meet what it conflicts with are a measure of their own: signed, and held until somebody has
    decided on both."""
    declared, zone = ledger.life.measure(row.measure).arguments, ledger.life.zone
    asking = [a for a in ledger.askers(row.id).values() if a.ended is None]
    was = Joint(row.arguments, row.level, row.begins, row.ends)
    now = signing.as_signed(row, joined(declared, asking, row, at, zone) if asking else was)
    when, apart = meeting.parted(
        ledger, row, (now.begins, now.ends), at, held=(row.begins, row.ends))  # fmt: skip
    pieces = [(part, in_hours(declared, now.arguments, part, zone)) for part in apart]
    signed = [signing.of_piece(row, given, part) for part, given in pieces]
    if apart:
        here = in_hours(declared, now.arguments, when, zone)
        signing.keep_to(ledger, row, Joint(here, now.level, *when), now, by)
    if asking:
        settle(ledger, row, facts, at)
    else:
        _becomes(ledger, row, signing.as_signed(row, now), facts, at)
    carrier = ledger.post(row.carrier)
    for (part, given), as_signed in zip(pieces, signed, strict=True):
        for key, level in [(a.asker, a.level) for a in asking] or [(f"person:{by}", now.level)]:
            said = facts.saying(level=level)
            held = open_for(ledger, row.measure, row.object, row.carrier, row.day, part, key, at,
                            {row.id})  # fmt: skip
            if held is not None:
                join(ledger, held, given, said, key, at, part)
            elif carrier is not None:
                asked = _Asked(row.measure, row.object, carrier, key, at, row.day, None, by, as_signed)
                _propose(ledger, asked, given, part, said)


def _becomes(ledger: Ledger, row: Row, now: Joint, facts: Facts, at: datetime) -> bool:
    """True where it was issued or proposed again."""
    definition = ledger.life.measure(row.measure)
    was = Joint(row.arguments, row.level, row.begins, row.ends)
    revived = row.state in LOOKED_AT
    if now == was and not revived:
        signing.drop_correction(ledger, row)
        return False
    stricter = now.stricter_than(was, definition.arguments)
    again = stricter or now.level > was.level or revived
    version = row.version + 1 if again and row.state not in NOT_ISSUED else row.version
    ledger.change(row, version=version, **now._asdict())
    _needed_alike(ledger, row, facts, at)
    ledger.record(at, "service", "change measure", row.id, {
        "arguments": now.arguments, "level": now.level, "was": [was.arguments, was.level]})  # fmt: skip
    if to_be_told(row) and row.put is None:
        tell_correction(ledger, row, facts, at)
        return True
    if not again:
        if row.issued is not None:
            tell_carrier(ledger, row, "update", facts, at)
            if now._replace(level=was.level) != was:
                ask_to_confirm(ledger, row, facts, at)
        elif row.state == "proposed" and now._replace(level=was.level) != was:
            go_on(ledger, row, facts, at, again=True)  # nobody signs what they have not read
        return False
    facts = facts.saying(level=now.level)
    if row.state in NOT_ISSUED:
        go_on(ledger, row, facts, at, again=True)
        return True
    issue(ledger, row, facts, at, kind="tighten" if stricter or revived else "raise")
    return True


def nobody_asks(ledger: Ledger, row: Row, facts: Facts, at: datetime) -> None:
    """The ends of all who asked for it by hand have come before the one that its decider signed, which
    counts; where they signed none, somebody looks."""
    signing.take_question_back(ledger, row, "nobody asks any more", at)
    if row.ends is None:
        _end_has_come(ledger, row, facts, at)


def _end_has_come(ledger: Ledger, row: Row, facts: Facts, at: datetime) -> None:
    """The end has passed of all who ask, and some still do: an alert asks for as long as it is open.
    Nothing that it asks for ends by the clock alone, but what nobody has ordered is not in force."""
    if row.state in NOT_ISSUED:
        expire(ledger, row, facts, at)
    elif row.state in OPEN_WORK:
        ends = ledger.life.local(row.ends or at)
        reason = {"zh": f"原定{ends:%H:%M}截止，仍有风险提示要求，检查后才解除",
                  "en": f"It was until {ends:%H:%M}; an advisory still asks for it, so that it"
                        " stands until you have looked"}  # fmt: skip
        if not any(a.ended is None for a in ledger.askers(row.id).values()):
            reason = {"zh": f"要求至{ends:%H:%M}，批准时未定截止，检查后才解除",
                      "en": f"It was asked for until {ends:%H:%M} and signed without an end, so that"
                            " it stands until you have looked"}  # fmt: skip
        ledger.record(at, "service", "end passed", row.id, {"ends": ends.isoformat()})
        said = facts.saying(reason=reason, place=row.object, due=None,
                            measures=(describe(row, ledger.life.measure(row.measure)),))  # fmt: skip
        _ask_look(ledger, row, said, at)


def _supersede(ledger: Ledger, old: Row, successor: Row, at: datetime) -> None:
    """Another measure does its work from now on. Who carried it is told which, lest they stop."""
    title = meeting.named(ledger, successor)
    reason = {"zh": f"由“{title['zh']}”接替", "en": f"{title['en']} takes over"}
    said = facts_of(ledger, old).saying(reason=reason)
    tell_carrier(ledger, old, "superseded", said, at)
    _nothing_to_confirm(ledger, old, said, at)
    ledger.change(old, successor=successor.id)
    end(ledger, old, (old.state,), "superseded", "service", at, reason["zh"])
    after_end(ledger, old, at)


def _hand_back(ledger: Ledger, old: Row, at: datetime) -> None:
    """The measure that took over has ended; the one before stands again for those who still ask for
    it, as it was decided. What its decider changed comes back as they signed it, whatever hours are
    asked for; else its decider is asked for hours beyond what was signed."""
    place = ledger.life.places.by_id.get(old.object)
    if place is None or old.measure not in ledger.life.book.measures:
        return
    stands = signing.stands(old, at)
    asking = [a for a in ledger.askers(old.id).values()
              if a.ended is None and a.asker != old.successor
              and (stands or not passed(a, at))]  # fmt: skip
    for one in sorted(asking, key=lambda a: (a.since, a.asker)):
        signed = stands or (old.signed is None and (
            old.ends is None or (one.ends is not None and one.ends <= old.ends)))  # fmt: skip
        ask(ledger, old.measure, place, one.arguments,
            facts_of(ledger, old).saying(level=one.level), one.asker, at, hours=(one.begins, one.ends),
            carrier=ledger.post(old.carrier), decided_by=old.decided_by if signed else None,
            day=old.day, signed=old.signed if signed else None)  # fmt: skip


def _no_longer_asked(ledger: Ledger, row: Row, facts: Facts, at: datetime) -> None:
    definition = ledger.life.measure(row.measure)
    # Of the measure as its readers know it.
    said = facts.saying(measures=(describe(row, definition),))
    if row.state in ("proposed", "approved"):
        end(ledger, row, (row.state,), "withdrawn", "service", at, "no longer asked")
        decider = ledger.post(row.decider)
        if decider:
            tell(ledger, "lifted", decider, said, at, measure=row.id,
                 alert=ledger.alert_of(row.id))  # fmt: skip
        if row.issued is not None:  # its carrier was told to hold it
            tell_carrier(ledger, row, "lifted", facts, at)
        after_end(ledger, row, at)
    elif gated(ledger.life, row) and row.state in OPEN_WORK:
        ledger.change(row, state="lift proposed", attested=None, attested_by=None)
        ledger.record(at, "service", "propose lift", row.id, {})
        ask_four(ledger, row, said, at)
    elif definition.check and row.state in OPEN_WORK:
        _ask_look(ledger, row, said, at)
    elif row.state in OPEN_WORK:
        lift(ledger, row, facts, "service", at)


def _ask_look(ledger: Ledger, row: Row, facts: Facts, at: datetime) -> None:
    ask_check(ledger, row, facts, at)
    meeting.stands_on(ledger, row, at)


def _needed_alike(ledger: Ledger, row: Row, facts: Facts, at: datetime) -> None:
    """What is in force first for a measure is so for all of its hours, and as strict."""
    for first in ledger.life.asks(ledger.life.measure(row.measure).needs_first):
        given, hours = given_first(ledger, row, first, at)
        for needed in needed_by(ledger, row, first.measure):
            known = ledger.askers(needed.id).get(row.id)
            place = ledger.life.places.by_id.get(needed.object)
            if needed.ended is None and known is not None and known.ended is None and place is not None:
                ask(ledger, first.measure, place, given, facts.saying(level=row.level), row.id, at,
                    carrier=ledger.post(needed.carrier), day=row.day, hours=hours)  # fmt: skip


def _waits(ledger: Ledger, row: Row, facts: Facts, at: datetime) -> bool:
    """Whether something must be in force before this measure. It is asked for on its behalf, once;
    when it is not in force in its own time, or can no longer be, the duty office decides."""
    definition = ledger.life.measure(row.measure)
    if not definition.needs_first:
        return False
    place = ledger.life.places.by_id.get(row.object)
    for first in ledger.life.asks(definition.needs_first):
        if place is not None and not needed_by(ledger, row, first.measure):
            given, hours = given_first(ledger, row, first, at)
            ask(ledger, first.measure, place, given, facts, row.id, at, day=row.day, hours=hours)
    needed = {name: needed_by(ledger, row, name) for name in definition.needed_names}
    missing = [r for rows in needed.values() for r in rows
               if r.state != "in force" and not replaced(ledger, r)]  # fmt: skip
    lost = not all(needed.values()) or any(r.ended is not None for r in missing)
    if not missing and not lost:
        return False
    first_time = row.waits is None or row.waits["why"] != "first"
    office = ledger.resolve("duty-office", "", row.object)
    ledger.change(row, waits={"why": "first", "for": meeting.others(ledger, missing),
                              "post": office.id if office else ""})  # fmt: skip
    if first_time:
        ledger.record(at, "service", "wait", row.id, {"for": [r.id for r in missing]})
        by = [ledger.life.measure(n).due(at, ledger.life.zone, ledger.life.policies.in_force_minutes)
              for n in definition.needed_names]  # fmt: skip
        by += [r.begins for r in missing if r.begins]
        ledger.change(row, due=max(by), overdue=None)
        if lost:
            wait_is_over(ledger, row, at)
    return True
