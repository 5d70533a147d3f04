"""Alerts: what a rule has open on a place. Opening, rising, falling, clearing, reopening.

Every change is written with its measures, notices and audit entry, in the ledger's transaction.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from alerting.alerts import callouts
from alerting.alerts.asking import after_the_end, drop, join
from alerting.alerts.finding import Finding
from alerting.alerts.ledger import Ledger
from alerting.alerts.life import GAP
from alerting.alerts.notices import Facts, facts_of_alert, in_both, posts_told, tell, withhold
from alerting.alerts.spreading import audience, facts_at, spread, tell_fall
from alerting.places import Place
from alerting.store.rows import Row
from alerting.vocabulary import Level

NEWS = ("open", "raise", "fall", "clear", "reopen", "update")
# Held by what is known. Should its data fail again, whether it stands is asked anew.
_KNOWN: dict[str, Any] = {"held_by_unknown": None, "asked_to_withdraw": None}


def rise(
    ledger: Ledger, rule: Any, place: Place, level: int, finding: Finding, by: str, at: datetime
) -> str:
    """Open an alert, reopen the one that cleared within the gap, or raise the one that is open.

    Gives the alert's id.
    """
    held = ledger.latest(rule.id, place.id)
    if held is None:
        return _open(ledger, rule, place, 1, level, finding, by, at)
    if held.state == "open" and level <= held.level:  # kept by hand at a level as high
        refresh(ledger, held, finding, by, at)
    elif held.state == "open":
        _raise(ledger, rule, place, held, level, finding, by, at)
    elif held.state == "closed" and at - held.closed <= GAP:
        _reopen(ledger, rule, place, held, level, finding, by, at)
    else:
        return _open(ledger, rule, place, held.episode + 1, level, finding, by, at)
    return str(held.id)


def fall(
    ledger: Ledger,
    rule: Any,
    place: Place,
    level: int,
    finding: Finding,
    begun: bool,
    by: str,
    at: datetime,
) -> None:
    """Lower an open alert, to `level` 0: clear it. What only the higher levels asked is dropped.
    `begun` says whether what it falls from was ever true of the present: its onset cannot, for that
    of a level believed no more is the last that was believed."""
    held = ledger.latest(rule.id, place.id)
    if held is None or held.state != "open" or held.kept_by:
        return
    cleared, was = level == 0, held.level
    values: dict[str, Any] = {"updated": at, "why": finding.why} | _KNOWN
    if cleared:
        values |= {"state": "closed", "closed": at}
    else:
        values |= {"level": level, "onset": finding.onset, "until": finding.until}
    ledger.change(held, **values)
    _note(ledger, held, "cleared" if cleared else "fell", level, by, at, finding.why)
    facts = facts_at(rule, place, level or was, was, finding)
    if not cleared:
        withhold(ledger, held.id, ("fall", "update"), "overtaken by the next change")
    keep = rule.asks_at(level)
    drop(ledger, held.id, {a.measure for a in keep}, facts, at)
    said = after_the_end(ledger, held.id, facts, at) if cleared else facts
    tell_fall(ledger, rule, place, held, begun, cleared, said, at)
    # Arguments of the lower level, looser than before; what was refused or withdrawn stays so.
    kept = {wanted.measure: wanted for wanted in keep}
    for asked in ledger.asked_by(held.id):
        row = ledger.measure(asked.measure)
        if row is not None and row.ended is None and row.measure in kept:
            here = facts if facts.place == row.object else facts.saying(place=row.object)
            join(ledger, row, kept[row.measure].arguments, here, held.id, at)


def refresh(ledger: Ledger, held: Row, finding: Finding, by: str, at: datetime) -> None:
    """Same level, another onset or end. Recorded; sent only if a reader would act on it."""
    if held.state != "open":
        return
    official = _official(finding)
    rule = ledger.life.book.rules_by_id.get(held.rule)
    data_are_back(ledger, held)
    if rule is not None and rule.facts_only:  # a fact holds since it began, not since this hour
        finding = replace(finding, onset=held.onset, until=held.until)
    if (finding.onset, finding.until, official) == (held.onset, held.until, held.official):
        return
    # A reader acts on an onset that comes at least an hour sooner and has not begun.
    sooner = held.onset is not None and finding.onset is not None and finding.onset > at
    sooner = sooner and (held.onset - finding.onset).total_seconds() >= 3600
    ledger.change(held, onset=finding.onset, until=finding.until, why=finding.why, updated=at,
                  official=official)  # fmt: skip
    _note(ledger, held, "updated", held.level, by, at, finding.why)
    if not sooner or rule is None:
        return
    place = ledger.life.places.by_id[held.place]
    facts = facts_at(rule, place, held.level, held.level, finding)
    for post in audience(ledger, rule, held.place):
        tell(ledger, "update", post, facts, at, alert=held.id)


def renew(
    ledger: Ledger, rule: Any, place: Place, finding: Finding, by: str, at: datetime
) -> None:
    """Another of its kind has come in the place of what an alert was opened for, at the same level: its
    audience is told and asked as if it had been over in between."""
    held = ledger.latest(rule.id, place.id)
    if held is None or held.state != "open":
        return
    ledger.change(held, onset=finding.onset, why=finding.why, updated=at)
    _note(ledger, held, "reopened", held.level, by, at, finding.why)
    facts = facts_at(rule, place, held.level, 0, finding)
    for post in audience(ledger, rule, place.id):
        tell(ledger, "reopen", post, facts, at, alert=held.id, wants="acknowledge")


def close(
    ledger: Ledger, alert_key: str, how: str, by: str, at: datetime, reason: str | dict[str, str]
) -> bool:
    """End an alert by hand or because its rule or place has gone; it reaches all who were told.

    `reason` is what a person typed, or {zh, en}; `by` a person's id or the service.
    """
    held = ledger.alert(alert_key)
    if held is None or held.state != "open":
        return False
    ledger.change(held, state=how, closed=at, updated=at)
    _note(ledger, held, how, held.level, by, at, {"reason": reason})
    facts = facts_of_alert(ledger, alert_key)
    assert facts is not None
    facts = facts.saying(reason=in_both(reason), by=by)
    told = posts_told(ledger, "alert", alert_key)
    withhold(ledger, alert_key, NEWS, "withdrawn before it was sent")
    drop(ledger, alert_key, set(), facts, at)
    facts = after_the_end(ledger, alert_key, facts, at)
    callouts.leave(ledger, alert_key, facts, at, at, withdrawn=True)
    for post_id in sorted(told):
        post = ledger.post(post_id)
        if post is not None:
            said = _said_once(ledger, held, post_id, facts, at)
            tell(ledger, "withdrawn", post, said, at, alert=alert_key)
    return True


def _said_once(ledger: Ledger, held: Row, post: str, facts: Facts, at: datetime) -> Facts:
    """What a withdrawal says to a post that is told at this same moment which measures are lifted:
    of those at the alert's own place the withdrawal alone speaks, of others their own notice does."""
    left_out = set()
    for described in facts.measures:
        for one in ledger.notices("measure", described["id"]):
            if (one.kind, one.post, one.state, one.created) != ("lifted", post, "due", at):
                continue
            if described["object"] == held.place:
                ledger.change(one, state="withheld", reason="the withdrawal of its alert says it")
            else:
                left_out.add(described["id"])
    return facts.saying(measures=tuple(m for m in facts.measures if m["id"] not in left_out))


def held_by_unknown(ledger: Ledger, held: Row, at: datetime, ask_now: bool) -> None:
    """Shown so at once; after two cadences the duty office is asked whether to withdraw it."""
    if held.state != "open":
        return
    if held.held_by_unknown is None:
        ledger.change(held, held_by_unknown=at)
    if not ask_now or held.asked_to_withdraw is not None:
        return
    ledger.change(held, asked_to_withdraw=at)
    office = ledger.resolve("duty-office", "", held.place)
    facts = facts_of_alert(ledger, held.id)
    if office is not None and facts is not None:
        said = {
            "zh": "数据中断，仅凭缺测维持。请核实后决定保持或撤回。",
            "en": "Held only by missing data. Check, then keep or withdraw it.",
        }
        tell(ledger, "question", office, facts.saying(reason=said), at, alert=held.id,
             wants="decision")  # fmt: skip


def _open(
    ledger: Ledger,
    rule: Any,
    place: Place,
    episode: int,
    level: int,
    finding: Finding,
    by: str,
    at: datetime,
) -> str:
    held = ledger.add_alert(
        id=f"{ledger.realm}.{rule.id}.{place.id}.{episode}", rule=rule.id, place=place.id,
        episode=episode, sector=rule.sector, hazard=rule.hazard, state="open", level=level,
        peak=level, official=_official(finding), opened=at, onset=finding.onset,
        until=finding.until, woken=None, updated=at, closed=None, why=finding.why,
        kept_by=None, version=1, **_KNOWN,
    )  # fmt: skip
    _note(ledger, held, "opened", level, by, at, finding.why)
    spread(ledger, rule, place, held.id, "open", 0, level, finding, at)
    return str(held.id)


def _raise(
    ledger: Ledger,
    rule: Any,
    place: Place,
    held: Row,
    level: int,
    finding: Finding,
    by: str,
    at: datetime,
) -> None:
    was = held.level
    ledger.change(held, level=level, peak=max(level, held.peak), onset=finding.onset,
                  until=finding.until, updated=at, why=finding.why, official=_official(finding),
                  **_KNOWN)  # fmt: skip
    _note(ledger, held, "raised", level, by, at, finding.why)
    # A fall nobody was told of and that is over: a rise to what readers know is no news.
    untold = withhold(ledger, held.id, ("fall", "update"), "the level has come back")
    spread(ledger, rule, place, held.id, "raise", was, level, finding, at, heard=not untold)


def _reopen(
    ledger: Ledger,
    rule: Any,
    place: Place,
    held: Row,
    level: int,
    finding: Finding,
    by: str,
    at: datetime,
) -> None:
    ledger.change(held, state="open", closed=None, level=level, peak=max(level, held.peak),
                  onset=finding.onset, until=finding.until, updated=at, why=finding.why,
                  official=_official(finding), **_KNOWN)  # fmt: skip
    _note(ledger, held, "reopened", level, by, at, finding.why)
    withhold(ledger, held.id, ("clear",), "the level has come back")
    spread(ledger, rule, place, held.id, "reopen", 0, level, finding, at)


def data_are_back(ledger: Ledger, held: Row) -> None:
    """What holds it is known again."""
    if held.held_by_unknown is not None:
        ledger.change(held, **_KNOWN)


def _official(finding: Finding) -> int:
    return int(Level[finding.official["level"]]) if finding.official else 0


def _note(
    ledger: Ledger, held: Row, what: str, level: int, by: str, at: datetime, why: dict[str, Any]
) -> None:
    ledger.note(held.id, at, what, level, by, why)
    ledger.record(at, by, what, held.id, {"level": level})
