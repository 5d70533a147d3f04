"""Notices: a change that a post must know. Written here and in the chase, bound late in dispatch."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from alerting.alerts.ledger import Ledger
from alerting.people import Post
from alerting.store.rows import Row
from alerting.store.schema_callout import SAYS_IT


@dataclass(frozen=True, slots=True)
class Facts:
    """What composing a message needs besides the book; see docs/messages.md for each field."""

    sector: str
    hazard: str
    place: str
    level: int
    rule: str = ""
    was: int = 0
    onset: datetime | None = None
    until: datetime | None = None
    why: dict[str, str] = field(default_factory=dict)
    official: dict[str, Any] | None = None
    measures: tuple[dict[str, Any], ...] = ()
    sides: tuple[dict[str, Any], ...] = ()  # the two between which somebody must decide
    stands: tuple[dict[str, Any], ...] = ()  # what must still be done though its alert is over
    reason: dict[str, str] = field(default_factory=dict)
    by: str = ""
    due: datetime | None = None
    response: dict[str, str] = field(default_factory=dict)  # as it is called, where one asks
    corrects: dict[str, Any] = field(default_factory=dict)  # what was said before, where it was wrong
    # Of a call-out: its id, the questions it asks as the book has them, whether its reader has a list
    # to pass it on to, and the places of its alerts where they are not the zone itself.
    callout: str = ""
    questions: tuple[dict[str, Any], ...] = ()
    passes_on: bool = False
    places: tuple[str, ...] = ()

    def json(self) -> dict[str, Any]:
        return {
            "sector": self.sector,
            "hazard": self.hazard,
            "place": self.place,
            "level": self.level,
            "rule": self.rule,
            "was": self.was,
            "onset": self.onset.isoformat() if self.onset else None,
            "until": self.until.isoformat() if self.until else None,
            "why": self.why,
            "official": self.official,
            "measures": list(self.measures),
            "sides": list(self.sides),
            "stands": list(self.stands),
            "reason": self.reason,
            "by": self.by,
            "due": self.due.isoformat() if self.due else None,
        } | self._called() | {
            key: said for key in ("response", "corrects") if (said := getattr(self, key))
        }  # fmt: skip

    def _called(self) -> dict[str, Any]:
        if not self.callout:
            return {}
        return {"callout": self.callout, "questions": list(self.questions),
                "passes_on": self.passes_on} | ({"places": list(self.places)} if self.places else {})

    def saying(self, **changes: Any) -> Facts:
        return replace(self, **changes)


def tell(
    ledger: Ledger,
    kind: str,
    post: Post,
    facts: Facts,
    at: datetime,
    *,
    alert: str | None = None,
    measure: str | None = None,
    wants: str = "",
    due: datetime | None = None,
    who: str = "",
    withheld: str = "",
) -> None:
    """Write a notice to a post; `due` holds it back until then. `who` of the post it calls, where that
    is not for the policy to say; `withheld`, it is not sent for that reason, which is shown."""
    # News that asks nothing goes to all who were called on: they stand out there until it is over.
    step = ledger.life.policies.of(facts.level, wants or "acknowledge").steps[0]
    ledger.add_notice(
        kind=kind, alert=alert, measure=measure, post=post.id, person=None, wants=wants,
        level=facts.level, created=at, due=due or at,
        state="withheld" if withheld else "due", reason=withheld, facts=facts.json(),
        who=who or step.who, loudness=step.loud(0) if wants else 0,
    )  # fmt: skip


def in_both(reason: str | dict[str, str]) -> dict[str, str]:
    """What a person typed is told to all as it is; what the service says, to each in their language."""
    return {"zh": reason, "en": reason} if isinstance(reason, str) else reason


def tell_person(
    ledger: Ledger, kind: str, person: str, facts: Facts, at: datetime, measure: str
) -> None:
    """Write a notice to one person, whatever post they hold: who asked for something by hand."""
    ledger.add_notice(
        kind=kind, alert=ledger.alert_of(measure), measure=measure, post=None, person=person,
        wants="", level=facts.level, created=at, due=at, state="due", reason="", facts=facts.json(),
        who="on-duty", loudness=0,
    )  # fmt: skip


def withhold(ledger: Ledger, alert: str, kinds: tuple[str, ...], reason: str) -> int:
    """Take back notices of an alert that nobody has been sent yet; gives how many."""
    unsent = [n for n in ledger.notices("alert", alert) if n.state == "due" and n.kind in kinds]
    for one in unsent:
        ledger.change(one, state="withheld", reason=reason)
    return len(unsent)


def posts_told(ledger: Ledger, about: str, key: str) -> set[str]:
    """Posts that some notice of this "alert" or "measure" went to, or is going to, or who hear of it by
    their call-out."""
    return {n.post for n in ledger.notices(about, key) if n.post and _is_told(n)}


def _is_told(one: Row) -> bool:
    return one.state in ("due", "carried") or (one.state, one.reason) == ("withheld", SAYS_IT)


# Kinds of notice that say of which level an alert is.
_SAYS_LEVEL = frozenset({"open", "raise", "fall", "clear", "reopen", "update", "order", "tighten",
                         "correction", "withdrawn", "callout"})  # fmt: skip
_SAYS_OVER = frozenset({"clear", "withdrawn"})


def levels_told(ledger: Ledger, alert: str) -> dict[str, int]:
    """By post, the level of an alert that its readers were last told, or are about to be; 0 for its
    end. Who was told nothing is not in it."""
    told: dict[str, int] = {}
    for one in ledger.notices("alert", alert):
        if one.post and one.kind in _SAYS_LEVEL and _is_told(one):
            told[one.post] = 0 if one.kind in _SAYS_OVER else one.level
    return told


def facts_of_alert(ledger: Ledger, key: str) -> Facts | None:
    held = ledger.alert(key)
    if held is None:
        return None
    return Facts(
        held.sector, held.hazard, held.place, held.level, rule=held.rule, was=held.level,
        onset=held.onset, until=held.until, why=held.why.get("sentence", {}),
        official=held.why.get("official"), reason=held.why.get("bulletin", {}),
    )  # fmt: skip
