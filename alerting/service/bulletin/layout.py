"""The bulletin as a reader gets it: sentences and tables in one language, for a page and a terminal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from alerting.service.bulletin.month import Month
from alerting.service.bulletin.words import ACTS, STEPS, WORDS
from alerting.vocabulary import HAZARDS, NAMES, POST_TIERS, SECTORS, Level
from alerting.vocabulary.states import MEASURE_STATES

POSTS = 20  # that the ranking shows
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NONE = "—"


@dataclass(slots=True)
class Section:
    """A table with a title and a few sentences; `links` leads from a row's first cell, where it has
    one. No rows: the sentences alone."""

    title: str
    notes: list[str]
    columns: list[str]
    rows: list[list[str]]
    links: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Paper:
    """All of it, top to bottom."""

    title: str
    head: list[str]
    findings: list[str]
    sections: list[Section]


def paper(made: dict[str, Any], county: dict[str, str], zone: ZoneInfo, language: str) -> Paper:
    """`made` as `bulletin` gives it, in `language` (zh or en), times in the county's zone."""
    return _Writer(zone, language).paper(made, county)


class _Writer:
    def __init__(self, zone: ZoneInfo, language: str) -> None:
        self.zone, self.language = zone, language
        self.nth = 0 if language == "zh" else 1
        self.sep = "、" if language == "zh" else ", "

    def paper(self, made: dict[str, Any], county: dict[str, str]) -> Paper:
        year, month = map(int, made["month"].split("-"))
        named = f"{year}年{month}月" if self.nth == 0 else f"{_MONTHS[month - 1]} {year}"
        first, last = f"{made['month']}-01", Month(year, month).last_day.isoformat()
        head = [self.t("exercise")] if made["exercise"] else []
        head.append(self.t("period", first=first, last=last))
        if made["as_of"]:
            head.append(self.t("so_far", at=self.when(made["as_of"])))
        if made["empty"]:
            head.append(self.t("nothing_yet" if made["as_of"] else "nothing"))
        title = f"{self.of(county)} {self.t('bulletin')} {named}"
        if made["empty"]:
            return Paper(title, head, [], [])
        parts = (
            self.alerts(made["alerts"]), self.warnings(made["warnings"]), self.lead(made["lead"]),
            self.tiers(made["tiers"]), self.orders(made["tiers"]), self.posts(made["posts"]),
            self.decisions(made["decisions"], made["deciding"]), self.responses(made["responses"]),
            self.open(made["open"]), self.gates(made["gates"]), self.unseen(made["unseen"]),
            self.dead(made["messages"]),
        )  # fmt: skip
        apart = [] if made["exercises"] is None else [self.exercises(made["exercises"])]
        return Paper(title, head, [self.of(one) for one in made["findings"]], [*parts, *apart])

    # One section each

    def alerts(self, rows: list[dict[str, Any]]) -> Section:
        return self.table("alerts", ["hazard", "sector", "alerts_n", "places_n", "by_level"], [
            [self.hazard(r["hazard"]), self.sector(r["sector"]), str(r["alerts"]), str(r["places"]),
             self.sep.join(f"{self.level(one['level'])} {one['alerts'] or _NONE} / {one['hours']:g} h"
                           for one in r["levels"])]
            for r in rows
        ], ["alerts_note"] if rows else [])  # fmt: skip

    def warnings(self, got: dict[str, Any]) -> Section:
        made = self.table("warnings", ["issuer", "hazard", "level", "count"], [
            [r["issuer"], self.hazard(r["hazard"]), self.level(r["level"]), str(r["warnings"])]
            for r in got["by"]
        ])  # fmt: skip
        made.notes += [self.t(key, n=got[key]) for key in ("lifted", "elsewhere", "tests") if got[key]]
        return made

    def lead(self, lead: dict[str, Any]) -> Section:
        named = self.together([*lead["none"], *lead["late"]])
        made = self.table("lead", ["advisory", "place", "onset", "lead_min"], [
            [self.of(one["title"]), self.of(one["place"]), self.when(one["onset"]),
             self.t("never_woken") if one["lead"] is None else str(one["lead"])]
            for one in named
        ])  # fmt: skip
        made.links = [f"/alerts/{one['alert']}" for one in named]
        made.notes = [self.t("lead_none")] if not lead["counted"] and not made.rows else []
        if lead["counted"]:
            worst = lead["worst"]
            made.notes = [
                self.t("lead_note", n=lead["counted"], median=lead["median"]),
                self.t("lead_worst", title=self.of(worst["title"]), place=self.of(worst["place"]),
                       n=worst["lead"]),
            ]  # fmt: skip
        if lead["unasked"]:
            made.notes.append(self.t("unasked", n=lead["unasked"]))
        return made

    def tiers(self, rows: list[dict[str, Any]]) -> Section:
        asked = [r for r in rows if r["asked"]]
        return self.table("tiers", ["tier", "asked", "woken", "late", "never", "median"], [
            [self.tier(r["tier"]), *self.numbers(r, "asked", "woken", "late", "never", "median")]
            for r in asked
        ], ["tiers_note"] if asked else [])  # fmt: skip

    def orders(self, rows: list[dict[str, Any]]) -> Section:
        columns = ["tier", "ordered", "in_force", "overdue", "cannot", "median"]
        return self.table("orders", columns, [
            [self.tier(r["tier"]), *self.numbers(r, "ordered", "in_force", "overdue", "cannot",
                                                 "median_in_force")]
            for r in rows if r["ordered"]
        ])  # fmt: skip

    def posts(self, rows: list[dict[str, Any]]) -> Section:
        made = self.table("posts", ["post", "asked", "late", "never", "overdue", "median"], [
            [self.of(r["title"]), *self.numbers(r, "asked", "late", "never", "overdue", "median")]
            for r in rows[:POSTS]
        ])  # fmt: skip
        if len(rows) > POSTS:
            made.notes.append(self.t("more", n=len(rows) - POSTS))
        return made

    def decisions(self, rows: list[dict[str, Any]], decided: dict[str, Any]) -> Section:
        made = self.table("decisions", ["when", "who", "what"], [
            [self.when(r["at"]), self.of(r["who"]), self.decision(r)] for r in rows
        ])  # fmt: skip
        if decided["asked"]:
            known = decided | {"median": _or_none(decided["median"])}
            made.notes = [self.t("decisions_note", **known)]
        return made

    def decision(self, row: dict[str, Any]) -> str:
        said = [ACTS[row["act"]][self.nth]]
        if row["title"]:
            said.append(self.of(row["title"]))
        if row["place"]:
            said.append(self.of(row["place"]))
        elif row["title"] and row["times"] > 1:
            said.append(self.t("times", n=row["times"]))
        if row["reason"]:
            said.append(row["reason"])
        return " · ".join(said)

    def responses(self, rows: list[dict[str, Any]]) -> Section:
        return self.table("responses", ["when", "what", "step", "who", "note"], [
            [self.when(r["at"]), self.of(r["title"]),
             STEPS[r["what"]][self.nth]
             + (f" {self.t('grade', grade=r['grade'])}" if r["grade"] else ""),
             self.of(r["who"]) if r["who"] else _NONE, r["note"] or _NONE]
            for r in rows
        ])  # fmt: skip

    def open(self, rows: list[dict[str, Any]]) -> Section:
        return self.table("open", ["measure", "owner", "objects", "days", "state"], [
            [self.of(r["title"]), self.of(r["owner"]), self.sep.join(map(self.of, r["objects"])),
             str(r["days"]), self.standing(r)]
            for r in rows
        ])  # fmt: skip

    def standing(self, row: dict[str, Any]) -> str:
        ended = row["ended_since"]
        said = [self.t("ended_since", n=ended)] if ended else [
            MEASURE_STATES[row["state"]][self.nth] if row["state"] else self.t("several")]  # fmt: skip
        if row["overdue"]:
            said.append(self.t("overdue_n", n=row["overdue"]))
        return self.sep.join(said)

    def gates(self, rows: list[dict[str, Any]]) -> Section:
        return self.table("gates", ["measure", "objects", "since", "attested", "lifted_at"], [
            [self.of(r["title"]), self.of(r["object"]), self.when(r["since"]), self.attested(r),
             self.when(r["ended"]) if r["ended"] else self.t("not_yet")]
            for r in rows
        ])  # fmt: skip

    def attested(self, row: dict[str, Any]) -> str:
        said = [f"{self.of(row['attested_by'])} {self.when(row['attested'])}"
                if row["attested"] else self.t("not_yet")]  # fmt: skip
        if row["refused"]:
            said.append(self.t("refused_n", n=row["refused"]))
        return self.sep.join(said)

    def unseen(self, rows: list[dict[str, Any]]) -> Section:
        return self.table("unseen", ["trouble", "at", "times_n", "hours"], [
            [self.of(r["title"]), self.of(r["place"]), str(r["times"]),
             f"{r['hours']:g}" + (f" ({self.t('goes_on')})" if r["open"] else "")]
            for r in rows
        ])  # fmt: skip

    def dead(self, sent: dict[str, Any]) -> Section:
        made = self.table("dead", ["channel", "reader", "messages"], [
            [r["channel"], self.of(r["who"]), str(r["messages"])] for r in sent["dead_letters"]
        ])  # fmt: skip
        made.notes = [self.t("dead_note", sent=sent["sent"], dead=sent["dead"])]
        return made

    def exercises(self, rows: list[dict[str, Any]]) -> Section:
        columns = ["named", "started", "played", "alerts_n", "messages", "asked", "woken"]
        made = self.table("exercises", columns, [
            [self.of(r["title"]), self.when(r["started"]),
             _NONE if r["hours"] is None else f"{r['hours']:g}",
             *self.numbers(r, "alerts", "messages", "asked", "woken")]
            for r in rows
        ])  # fmt: skip
        made.links = [f"/?realm={r['realm']}" for r in rows]
        return made

    # Words

    def table(
        self, title: str, columns: list[str], rows: list[list[str]], notes: Iterable[str] = (),
    ) -> Section:  # fmt: skip
        said = [self.t(note) for note in notes] if rows else [self.t("none")]
        return Section(self.t(title), said, [self.t(c) for c in columns], rows)

    def together(self, named: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The same advisory with the same onset and lead at many places is one line."""
        groups: dict[Any, list[dict[str, Any]]] = defaultdict(list)
        for one in named:
            groups[one["title"]["zh"], one["onset"], one["lead"]].append(one)
        return [
            ones[0] | {"place": {self.language: self.sep.join(self.of(o["place"]) for o in ones)}}
            for ones in groups.values()
        ]

    def t(self, key: str, **given: Any) -> str:
        return WORDS[key][self.nth].format(**given)

    def of(self, words: dict[str, str]) -> str:
        return str(words.get(self.language) or words.get("zh") or "")

    def when(self, at: str | None) -> str:
        """12月3日 08:30, 3 Dec 08:30."""
        if at is None:
            return _NONE
        local = datetime.fromisoformat(at).astimezone(self.zone)
        day = (f"{local.month}月{local.day}日", f"{local.day} {_MONTHS[local.month - 1]}")[self.nth]
        return f"{day} {local:%H:%M}"

    def numbers(self, row: dict[str, Any], *keys: str) -> list[str]:
        return [_or_none(row[key]) for key in keys]

    def hazard(self, key: str) -> str:
        known = HAZARDS.get(key)
        return key if known is None else (known.zh, known.en)[self.nth]

    def sector(self, key: str) -> str:
        return SECTORS[key][1 + self.nth] if key in SECTORS else key

    def tier(self, key: str) -> str:
        return POST_TIERS[key][self.nth] if key in POST_TIERS else key or _NONE

    def level(self, name: str) -> str:
        return NAMES[self.language][Level[name]]


def _or_none(number: float | None) -> str:
    return _NONE if number is None else f"{number:g}"
