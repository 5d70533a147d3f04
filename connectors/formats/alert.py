"""An official warning as its message writes it, and the signals that are made of it.

The forms differ (CAP's XML, Meteoalarm's JSON, China's exchange XML); what is decided about them is
the same and stands here, in this order: is it real, is it meant for everybody, is it news or an end,
does it still hold; only then hazard, level and area.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from alerting.connector import Reading
from alerting.signals import Area, Warning
from alerting.vocabulary import Level, colour_in
from alerting.vocabulary.official import Event, WarningTable
from connectors.formats import chinese, limits
from connectors.formats.area import RawArea, merged
from connectors.formats.stamps import stamp

Action = Literal["alert", "update", "cancel"]
_ACTIONS: dict[str, Action] = {"alert": "alert", "update": "update", "cancel": "cancel"}
# Languages in which we read a warning, best first; without any of them its first block is taken.
PREFERRED = ("zh", "en")

_TESTING = re.compile(r"测试|this is a test|test message|required (?:weekly|monthly) test", re.I)
_EXERCISING = re.compile(r"演练|演习|this is an exercise|exercise exercise", re.I)

# A colour is a level only where it stands for one: a red flag or Orange County are not.
_COLOUR = re.compile(
    r"\b(blue|yellow|orange|amber|red)\b(?!\s+(?:flag|county|tide|river|sea|cross))"
    r"(?=(?:\s+[\w/-]+){0,5}\s+(?:warning|alert|signal|alarm)|\s*[([]|\s*$)",
    re.I,
)


# A warning said to hold for longer has a slip in its end.
_LONGEST = timedelta(days=366)


@dataclass(slots=True)
class Info:
    """One info block. Times and levels are the message's own text."""

    language: str = ""
    event: str = ""
    responses: list[str] = field(default_factory=list)
    urgency: str = ""
    severity: str = ""
    codes: list[tuple[str, str]] = field(default_factory=list)
    onset: str = ""
    expires: str = ""
    headline: str = ""
    description: str = ""
    instruction: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    areas: list[RawArea] = field(default_factory=list)


@dataclass(slots=True)
class Alert:
    """One message. `references` are identifiers alone; `zone` is that of times without one."""

    identifier: str
    sender: str
    sent: str
    status: str
    kind: str  # CAP's msgType
    scope: str = ""
    addresses: str = ""
    references: tuple[str, ...] = ()
    infos: list[Info] = field(default_factory=list)
    zone: ZoneInfo | None = None


def references(text: str) -> tuple[str, ...]:
    """The identifiers in CAP's `sender,identifier,sent` groups; a bare identifier counts too.

    The sender and the time are left aside: China's offices repeat the new message's time there.
    """
    found: list[str] = []
    for group in text.split():
        parts = group.split(",")
        whole = len(parts) == 3 and re.match(r"\d{4}-\d\d-\d\dT", parts[2])
        found += [parts[1]] if whole else [part for part in parts if part]
    return tuple(dict.fromkeys(found))


def take(
    alert: Alert,
    reading: Reading,
    *,
    source: str,
    now: datetime,
    languages: Sequence[str] = PREFERRED,
    scopes: Sequence[str] = ("Public",),
    table: WarningTable,
) -> None:
    """Add the warnings of one message to `reading`, or the reason why it is refused. `table` says what
    its words, codes and levels are here."""
    where = alert.identifier or "a message without identifier"
    try:
        sent = stamp(alert.sent, alert.zone)
    except ValueError as error:
        reading.refuse(f"sent: {error}", where)
        return
    said = {"identifier": alert.identifier, "sender": alert.sender, "time sent": sent}
    lacking = [name for name, value in said.items() if not value]
    if lacking:
        reading.refuse(f"it lacks its {' and its '.join(lacking)}", where)
        return
    reason = _not_for_us(alert, scopes)
    if reason:
        reading.refuse(reason, where)
        return
    base = Warning(
        source=source,
        issued=sent,
        identifier=alert.identifier,
        sender=alert.sender,
        action=_ACTIONS[alert.kind.lower()],
        references=tuple(r for r in alert.references if r != alert.identifier),
        status="exercise" if _status(alert) == "exercise" else "actual",
        hazard="",
        event="",
        level="blue",
        id="pending",
    )
    made = _Maker(alert, base, now, reading, where, table).warnings(languages)
    for at, warning in enumerate(made):
        # Several hazards in one message share its identifier; what refers to it ends them all.
        suffix = f"#{at + 1}" if at else ""
        fields = warning.model_dump() | {"identifier": alert.identifier + suffix, "id": ""}
        reading.signals.append(Warning.model_validate(fields))


def _not_for_us(alert: Alert, scopes: Sequence[str]) -> str:
    """Why this message is none that anybody should act on, "" when it is one."""
    status, kind = _status(alert), alert.kind.lower()
    if not status:
        return "it does not say its status, so it cannot be told from an exercise or a test"
    if status in ("test", "system", "draft"):
        return f"its status is {status}: no warning to anybody"
    if status not in ("actual", "exercise"):
        return f"its status {alert.status[:30]!r} is none of CAP's"
    if kind in ("ack", "error"):
        return f"it is a message between systems ({alert.kind}), not a warning"
    if kind not in _ACTIONS:
        return f"its message type {alert.kind[:30]!r} is none of CAP's"
    if alert.scope and alert.scope.lower() not in {s.lower() for s in scopes}:
        to = f", for {alert.addresses[:60]}" if alert.addresses else ""
        return f"its scope is {alert.scope}{to}: not meant for the public"
    return ""


def _status(alert: Alert) -> str:
    """The status, lower case; a message that calls itself a test or an exercise is one."""
    status = alert.status.lower()
    said = " ".join(f"{info.event} {info.headline}" for info in alert.infos)
    if status == "actual" and _TESTING.search(said):
        return "test"
    if status == "actual" and _EXERCISING.search(said):
        return "exercise"
    return status


class _Maker:
    """The warnings of one message; `base` carries what all of them share."""

    def __init__(
        self, alert: Alert, base: Warning, now: datetime, reading: Reading, where: str,
        table: WarningTable,
    ) -> None:  # fmt: skip
        self._alert, self._base, self._now = alert, base, now
        self._reading, self._where, self._table = reading, where, table

    def warnings(self, languages: Sequence[str]) -> list[Warning]:
        if self._base.action == "cancel":
            return [self._cancel(_chosen(self._alert.infos, languages)[:1])]
        infos = _chosen(self._alert.infos, languages)
        if not infos:
            self._refuse("it has no info block, so it does not say what it warns of")
            return []
        living = [info for info in infos if not self._over(info)]
        if not living:
            return self._ended(infos, "it says that it is over")
        fresh = [info for info in living if not self._expired(info)]
        if not fresh:
            return self._ended(living, self._lapsed(living[0]))
        return _together([w for info in fresh for w in self._of(info)])

    def _ended(self, infos: list[Info], why: str) -> list[Warning]:
        # It still takes the place of what it refers to, which would otherwise stay in force. (Macao
        # ends a signal by an update that refers to its own identifier.)
        if self._base.action == "update" and self._alert.references:
            self._refuse(f"{why}: only what it refers to is ended")
            return [self._cancel(infos[:1])]
        self._refuse(f"{why}: dropped")
        return []

    def _cancel(self, infos: list[Info]) -> Warning:
        """What ends others. Its level says nothing; one that names nothing ends its own identifier."""
        base = self._base
        told: dict[str, object] = {
            "action": "cancel",
            "references": base.references or (base.identifier,),
        }
        for info in infos:
            level = self._level(info)
            told |= {
                "event": info.event, "hazard": self._hazard(info) or "", "headline": info.headline,
                "description": info.description, "level": level.name if level else "blue",
                "area": (merged(info.areas, []) or [Area()])[0],
            }  # fmt: skip
        return base.model_copy(update=told)

    def _over(self, info: Info) -> bool:
        if info.urgency.lower() == "past" or "allclear" in [r.lower() for r in info.responses]:
            return True
        # Environment Canada keeps such messages as updates and says so here.
        if info.parameters.get("alert_location_status", "").lower() == "ended":
            return True
        if info.language[:2].lower() == "zh" and chinese.action(info.headline) == "cancel":
            return True
        # Météo-France's "no warning" ends when it begins.
        onset, expires = self._stamp(info.onset), self._stamp(info.expires)
        return onset is not None and expires is not None and expires <= onset

    def _expired(self, info: Info) -> bool:
        expires = self._stamp(info.expires)
        return expires is not None and expires <= self._now

    def _lapsed(self, info: Info) -> str:
        end = self._stamp(info.expires)
        early = end is not None and end <= self._base.issued
        before = f", before it was sent at {self._alert.sent}" if early else ""
        return f"it expired at {info.expires}{before}"

    def _of(self, info: Info) -> list[Warning]:
        if self._awareness(info) in self._none_of_them() or _green(info):
            self._refuse("its level is green: no warning")
            return []
        level = self._level(info)
        if level is None:
            self._refuse(
                f"it names neither a colour nor a severity ({info.severity or 'none'}), so its "
                "level is not known"
            )
            return []
        hazard = self._hazard(info)
        if hazard is None:
            self._refuse(
                f"{info.event[:60] or info.headline[:60]!r} is no kind of warning we know: it is kept,"
                " shown without a hazard, and asks for nothing",
                "Add its line to rules/warnings.yaml, with none if no rule is to heed it.",
            )
        problems: list[str] = []
        areas = merged(info.areas, problems) or [Area()]
        text = "。".join((info.headline, info.description, *(a.name for a in info.areas)))
        for problem in problems:
            self._refuse(problem)
        if not any(a.names or a.codes or a.polygons or a.circles for a in areas):
            self._refuse("it names no area that can be read, so it holds nowhere")
        return [
            self._base.model_copy(
                update={
                    "hazard": hazard or "", "event": info.event, "level": level.name,
                    "headline": info.headline, "description": info.description,
                    "instruction": info.instruction, "onset": self._stamp(info.onset),
                    "expires": self._stamp(info.expires), "area": limits.limited(area, text),
                }
            )
            for area in areas
        ]  # fmt: skip

    def _stamp(self, text: str) -> datetime | None:
        try:
            at = stamp(text, self._alert.zone)
            if at is not None and at - self._base.issued > _LONGEST:
                raise ValueError(f"{text!r} is more than a year after it was sent")
            return at
        except ValueError as error:
            problem = f"a time was left out: {error}"
            if not any(p.what == problem for p in self._reading.problems):
                self._refuse(problem)
            return None

    def _event(self, info: Info) -> Event | None:
        base = self._base
        return self._table.event(base.sender, base.identifier, info.event)

    def _awareness(self, info: Info) -> int | None:
        """Meteoalarm's number, 1 to 4."""
        said = info.parameters.get("awareness_level", "").strip()[:1]
        return int(said) if said.isascii() and said.isdigit() else None

    def _none_of_them(self) -> set[int]:
        return {n for n, level in self._table.awareness_levels.items() if level is None}

    def _level(self, info: Info) -> Level | None:
        """Meteoalarm's awareness level outranks the colour of an office's own event, that a colour in
        words, and that the severity."""
        table = self._table
        awareness = table.awareness_levels.get(self._awareness(info) or 0)
        if awareness is not None:
            return awareness
        event = self._event(info)
        if event is not None and event.level is not None:
            return event.level
        for text in (info.headline, info.event):
            named = _COLOUR.findall(text)
            colour = colour_in(named[-1]) if named else colour_in(re.sub(r"[A-Za-z]", " ", text))
            if colour is not None:
                return colour
        # The national exchange writes a colour for the severity.
        return table.severity.get(info.severity.capitalize()) or colour_in(info.severity)

    def _hazard(self, info: Info) -> str | None:
        """Ours for the event's own word; else for its codes, else its headline. "" for one the table
        knows as none of ours, None for one that stands nowhere in it.

        The word decides over the code: some offices put codes of another table under the prefix 11B.
        """
        table = self._table
        if (event := self._event(info)) is not None:
            return event.hazard
        if named := table.named(info.event):
            return named
        kind = info.parameters.get("awareness_type", "").split(";")[0].strip()
        if kind.isdigit() and (of_type := table.awareness_types.get(int(kind))):
            return of_type
        coded = [table.code(value) for _, value in info.codes]
        # DWD says what its German words mean under GROUP, in English, the main one first.
        grouped = [table.named(value) for name, value in info.codes if name == "GROUP"]
        found = next((h for h in (*coded, *grouped) if h), None) or table.named(info.headline)
        return found or ("" if "" in coded else None)

    def _refuse(self, what: str, mend: str = "") -> None:
        self._reading.refuse(what, self._where, mend)


def _chosen(infos: Sequence[Info], languages: Sequence[str]) -> list[Info]:
    """The blocks of one language: the first of `languages` that is there, else the first block's."""
    spoken = [(info.language or "en-US").lower() for info in infos]
    for wanted in (*[w.lower() for w in languages], *spoken[:1]):
        found = [i for i, tag in zip(infos, spoken, strict=True) if tag.startswith(wanted)]
        if found:
            return found
    return []


def _together(warnings: list[Warning]) -> list[Warning]:
    """Blocks that differ in their area alone become one warning of all of them."""
    groups: dict[str, list[Warning]] = {}
    for warning in warnings:
        a = warning.area
        same = warning.model_dump_json(exclude={"area"}) + f"{a.above}|{a.below}|{a.tags}"
        groups.setdefault(same, []).append(warning)
    return [
        group[0].model_copy(update={"area": _union([w.area for w in group])})
        for group in groups.values()
    ]


def _union(areas: list[Area]) -> Area:
    def all_of(name: str) -> tuple[object, ...]:
        return tuple(dict.fromkeys(x for area in areas for x in getattr(area, name)))

    return areas[0].model_copy(
        update={name: all_of(name) for name in ("names", "codes", "polygons", "circles")}
    )


def _green(info: Info) -> bool:
    return re.search(r"\bgreen\b", f"{info.event} {info.severity}", re.I) is not None
