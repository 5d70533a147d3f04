"""The parts of a message in words: what, where, when, what to do, how to answer.

A part is one string that is used whole or left out: nothing is ever cut inside a number or a name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any, Protocol

from alerting.dispatch import reports, together
from alerting.dispatch.lines import plain, time_of
from alerting.dispatch.sides import sides_in_full, which
from alerting.places import Places
from alerting.places.roads import stretch_of
from alerting.rulebook.spoken import sms_of
from alerting.vocabulary import HAZARDS, NAMES, Level
from alerting.vocabulary.answers import CALLED, Choice, choices
from alerting.vocabulary.days import day_in_words
from alerting.vocabulary.languages import Language

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# The four forms of a measure, and what an unsigned one is called whatever its form.
FORMS = {
    "zh": {"advise": "提示", "propose": "已决定，请执行", "notify": "通知", "order": "命令"},
    "en": {"advise": "Advice", "propose": "Decided, carry out", "notify": "Notice", "order": "Order"},
}
# Beside a fact in a language: the same without what a person typed, `zh-brief`.
BRIEF = "-brief"
# Which measure of a message is meant, as replies are read; a message carries no more notices than that.
LETTERS = "ABCDEF"
# What no digit answers.
FORMS_ONLY = frozenset({"gate"})
# What is asked about a measure besides carrying it out, before its name.
_ASKED = {
    "wait": ("是否不再等待、立即下达：", "Go on without waiting: "),
    "gate": ("复工前请填报四项确认，解除", "Attest the four points, to lift: "),
    "signature": ("四项已确认，请签字解除或退回：", "All four attested. Sign or send back: "),
}
PROPOSED = {"zh": "建议", "en": "Proposed"}
# Of what was ordered while nobody had signed.
AHEAD = {"zh": "先行下达，待追认", "en": "Ordered, not yet signed"}


class Book(Protocol):
    """As much of the rule book as messages need."""

    @property
    def measures(self) -> Mapping[str, Any]: ...

    @property
    def rules_by_id(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class News:
    """A notice, as far as its words go."""

    id: int
    kind: str
    level: int
    created: datetime
    facts: Mapping[str, Any]
    wants: str = ""
    measure: str | None = None
    alert: str | None = None
    others: tuple[int, ...] = ()  # the notices put as one question with it

    @property
    def ids(self) -> tuple[int, ...]:
        return (self.id, *self.others)

    @property
    def asks(self) -> bool:
        return self.wants != ""


@dataclass(frozen=True, slots=True)
class Words:
    """Finds the words for one reader: their language, the county's book, places and zone."""

    language: Language
    book: Book
    places: Places
    zone: tzinfo

    def head(self, news: News) -> str:
        """Hazard and colour. 预警 is the stations' word: ours is a risk advisory."""
        facts, zh = news.facts, self.language == "zh"
        colour = NAMES[self.language].get(news.level, "")
        hazard = HAZARDS.get(str(facts.get("hazard") or ""))
        if facts.get("response"):
            return self.both(news, "response")
        if news.kind == "handover":
            return "交接班" if zh else "Hand-over"
        if hazard is None:
            return f"人工指令（{colour}）" if zh else f"{colour.upper()} instruction by hand"
        if hazard.id == "service":
            return f"系统{colour}告警" if zh else f"{colour.upper()} alarm of the service"
        name = hazard.zh if zh else hazard.en
        return f"{name}{colour}风险提示" if zh else f"{name} {colour.upper()} risk advisory"

    def place(self, news: News) -> str:
        if news.facts.get("post"):  # it is about a post, wherever that is
            return self.both(news, "post")
        if several := news.facts.get("places"):
            return together.called(self, several, str(news.facts.get("rule") or ""))
        return together.name_of(self, str(news.facts.get("place") or ""))

    def called_place(self, key: str) -> str:
        return together.name_of(self, key)

    def places_listed(self, news: News) -> str:
        """All places of a question about several, where its heading does not name them."""
        return together.listed(self, news.facts.get("places") or ())

    def join(self, names: Iterable[str]) -> str:
        return ("、" if self.language == "zh" else ", ").join(names)

    def span(self, news: News) -> str:
        """Absolute local time with the day: whoever reads it late must not be misled."""
        onset, until = time_of(news.facts.get("onset")), time_of(news.facts.get("until"))
        begins = self.at(onset or news.created, news.created)
        if until is None or until <= (onset or news.created):
            return f"{begins}起" if self.language == "zh" else f"from {begins}"
        ends = self.at(until, news.created)
        first, last = (onset or news.created).astimezone(self.zone), until.astimezone(self.zone)
        if first.date() == last.date():  # the day is said once
            ends = ends.partition("日")[2] if self.language == "zh" else f"{last:%H:%M}"
        return f"{begins}至{ends}" if self.language == "zh" else f"{begins} to {ends}"

    def at(self, at: datetime, near: datetime) -> str:
        """`25日20时`, `25日20时30分`; with the month where the day alone could mislead."""
        local = at.astimezone(self.zone)
        if self.language == "en":
            return f"{local.day} {_MONTHS[local.month - 1]} {local:%H:%M}"
        month = f"{local.month}月" if abs(at - near) > timedelta(days=20) else ""
        minutes = f"{local.minute}分" if local.minute else ""
        return f"{month}{local.day}日{local.hour}时{minutes}"

    def first_sent(self, news: News) -> str:
        """For who is called again: when the first message went out, and what has changed since."""
        first = news.facts.get("first")
        if not first:
            return ""
        sent, zh = self.at(datetime.fromisoformat(first["sent"]), news.created), self.language == "zh"
        changed = plain(str(first["changed"][self.language]))
        return f"首次发送{sent}，此后{changed}" if zh else f"First sent {sent}; since then {changed}"

    def due(self, news: News) -> str:
        if news.wants in CALLED:  # said with the questions
            return ""
        return self._due(news)

    def _due(self, news: News) -> str:
        due = time_of(news.facts.get("due"))
        return self.at(due, news.created) if due is not None else ""

    def moment(self, news: News) -> str:
        """When it was said."""
        return self.at(news.created, news.created)

    def do(self, news: News) -> str:
        """One imperative: the measures it orders, else those the rule asks for at this level; of a
        call-out what it asks, by when and how it is answered."""
        if news.wants in CALLED:
            return reports.asks(news, self._due(news), self.language)
        if news.kind in ("clear", "closing"):
            return self._after(news)
        if news.facts.get("sides"):
            return which(self, news)
        if news.wants in _ASKED:
            zh, en = _ASKED[news.wants]
            named = ("、" if self.language == "zh" else ", ").join(
                self.title(m, news.created) for m in news.facts.get("measures") or ()
            )
            return f"{zh if self.language == 'zh' else en}{named}"
        if news.kind == "reopened":
            return self._open_again(news)
        near, many = news.created, len(news.facts.get("places") or ()) > 1
        said = dict.fromkeys(self.measure(m, near, many) for m in news.facts.get("measures") or ())
        join = "；" if self.language == "zh" else "; "
        if said:
            return join.join(said)
        if news.kind == "withdrawn":  # what its rule once asked has ended before, or still stands
            return ""
        asked = self._asked(news)
        if asked:
            lead = "督促落实" if self.language == "zh" else "See it done: "
            return lead + ("、" if self.language == "zh" else ", ").join(asked)
        return "按预案做好准备" if self.language == "zh" else "Get ready as planned"

    def _after(self, news: News) -> str:
        """What an end asks. An alarm of the service says why it ends: "all is well" may be untrue."""
        zh = self.language == "zh"
        said = self.both(news, "why") if news.facts.get("hazard") == "service" else ""
        if said:
            return said
        if stands := self.stands(news):
            return (f"以下仍须执行，检查后另行通知：{stands}" if zh
                    else f"Keep this up, it is lifted after a check: {stands}")  # fmt: skip
        return "恢复正常安排" if zh else "Return to normal"

    def _open_again(self, news: News) -> str:
        """Which stretch is open again, and what is over there."""
        zh, said = self.language == "zh", []
        for given in news.facts.get("measures") or ():
            place = self.places.by_id.get(str(given.get("object") or ""))
            stretch = stretch_of(place) if place is not None else None
            where = stretch.called(self.language) if stretch is not None else ""
            title = self.title(given, news.created)
            said.append(f"{where}恢复通行，“{title}”结束" if zh
                        else f"{where}{' ' if where else ''}open again, {title} is over")  # fmt: skip
        return ("；" if zh else "; ").join(said)

    def stands(self, news: News) -> str:
        """What must still be done though its alert is over; "" where nothing must."""
        said = [self.measure(m, news.created) for m in news.facts.get("stands") or ()]
        return ("；" if self.language == "zh" else "; ").join(dict.fromkeys(said))

    def passing(self, definition: Any, given: Mapping[str, Any]) -> list[str]:
        """Whom it lets pass, as those who ask for it have narrowed it."""
        passing = definition.passes(dict(given.get("arguments") or {}), self.language)
        if not passing:
            return []
        lead = "不适用于：" if self.language == "zh" else "Does not apply to: "
        return [lead + ("、" if self.language == "zh" else ", ").join(plain(p) for p in passing)]

    def measure(self, given: Mapping[str, Any], near: datetime, many: bool = False) -> str:
        """What to do, with its day and arguments filled in, in the measure table's own words.

        `many`: it is asked at other places too, so that no stretch of this one is said.
        """
        definition = self.book.measures.get(given["measure"])
        if definition is None:
            return self.title(given, near)
        place = None if many else self.places.by_id.get(str(given.get("object") or ""))
        arguments = dict(given.get("arguments") or {})
        said = sms_of(definition, arguments, place, self.language, self._hours(given))
        return self.day(given, near) + plain(said)

    def _hours(self, given: Mapping[str, Any]) -> str:
        """From when and until when it is asked for; "" where it says neither."""
        begins, ends = time_of(given.get("begins")), time_of(given.get("ends"))
        near = begins or ends
        if near is None:
            return ""
        if self.language == "zh":
            start = f"{self.at(begins, near)}起" if begins else ""
            return f"{start}至{self.at(ends, near)}" if ends else start
        start = f"from {self.at(begins, near)}" if begins else ""
        return f"{start} until {self.at(ends, near)}".strip() if ends else start

    def day(self, given: Mapping[str, Any], near: datetime) -> str:
        """The day it is for, before its words; "" where it is for none."""
        if not given.get("day"):
            return ""
        today = near.astimezone(self.zone).date()
        day = day_in_words(str(given["day"]), self.language, today)
        return day if self.language == "zh" else f"{day}: "

    def title(self, given: Mapping[str, Any], near: datetime) -> str:
        """What it is called; of one that has left the book, as it was when it was asked for."""
        definition = self.book.measures.get(given["measure"])
        title = definition.title if definition is not None else given.get("title") or {}
        named = plain(str(title.get(self.language) or given["measure"]))
        return self.day(given, near) + named

    def with_amounts(self, given: Mapping[str, Any], near: datetime) -> str:
        """What it is called, with its arguments and hours."""
        definition = self.book.measures.get(given["measure"])
        said = self.title(given, near)
        if definition is not None:
            amounts = definition.say(dict(given.get("arguments") or {}), self.language)
            clocks = self._hours(given)
            join = "，" if self.language == "zh" else ", "
            both = join.join(part for part in (amounts, clocks) if part)
            said += (f"（{both}）" if self.language == "zh" else f" ({both})") if both else ""
        return plain(said)

    def look(self, news: News) -> str:
        """What a check before lifting looks for."""
        named = [self.book.measures.get(m["measure"]) for m in news.facts.get("measures") or ()]
        said = [plain(one.look[self.language]) for one in named if one is not None and one.look]
        return ("；" if self.language == "zh" else "; ").join(dict.fromkeys(said))

    def details(self, news: News) -> list[str]:
        """For the long text: what to do in full, by when, what to report back, on what basis."""
        zh = self.language == "zh"
        lines: list[str] = sides_in_full(self, news)
        for given in news.facts.get("measures") or ():
            definition = self.book.measures.get(given["measure"])
            if definition is None:
                continue
            lines.append(plain(definition.do[self.language]))
            if definition.report:
                lead = "反馈：" if zh else "Report back: "
                lines.append(lead + plain(definition.report[self.language]))
            lines += self.passing(definition, given)
            if definition.basis:
                lead = "条款：" if zh else "Under: "
                grounds = [plain(text) for text in definition.grounds(self.language)]
                lines.append(lead + ("；" if zh else "; ").join(grounds))
        return lines

    def label(self, news: News) -> str:
        """提示, 建议, 通知 or 命令; what its decider has not signed is 建议 whatever its form, and what
        was ordered all the same says that it was."""
        measures = news.facts.get("measures") or ()
        if not measures or news.wants in _ASKED:
            return ""
        if any(m.get("state") == "proposed" for m in measures):
            return PROPOSED[self.language]
        if any(m.get("ahead") for m in measures):
            return AHEAD[self.language]
        return FORMS[self.language].get(str(measures[0].get("form")), "")

    def differs(self, news: News) -> str:
        """One line where the official warning is of another level; "" where it is not."""
        official = news.facts.get("official")
        if not official or _level(official) == news.level or _of_epidemic(news):
            return ""
        colour = NAMES[self.language].get(_level(official), "")
        return f"官方预警为{colour}" if self.language == "zh" else f"Official warning: {colour}"

    def tasks(self, news: News) -> str:
        """What the rule asks for beside, which who is called out is to see to."""
        asked = self._asked(news) if news.kind == "callout" else []
        if not asked:
            return ""
        lead = "督促落实" if self.language == "zh" else "See done: "
        return lead + ("、" if self.language == "zh" else ", ").join(asked)

    def official(self, news: News) -> str:
        """The official warning with its issuer and time; "" where there is none."""
        given = news.facts.get("official")
        if not given:
            return ""
        colour = NAMES[self.language].get(_level(given), "")
        issuer = plain(str(given.get("issuer") or ""))
        issued = time_of(given.get("issued"))
        at = self.at(issued, news.created) if issued else ""
        if _of_epidemic(news):  # a bulletin is no warning signal, and has no colour
            zh, en = f"{issuer}{at}发布疫情通报", f"Bulletin of {issuer}, {at}"
            return zh if self.language == "zh" else en
        if self.language == "zh":
            return f"{issuer}{at}发布{colour}预警"
        return " ".join(x for x in ("Official", colour, "warning,", issuer, at) if x).rstrip(",")

    def both(self, news: News, key: str) -> str:
        """A fact that is given in both languages, or as one text for both."""
        given = news.facts.get(key) or ""
        if isinstance(given, Mapping):
            given = given.get(self.language) or given.get("zh") or ""
        return plain(str(given))

    def brief(self, news: News) -> dict[str, str]:
        """Why and reason without what a person typed into them; those that hold such."""
        given, brief = news.facts, f"{self.language}{BRIEF}"
        return {key: plain(said[brief]) for key in ("why", "reason")
                if brief in (said := given.get(key) or {})}  # fmt: skip

    def colour(self, level: object) -> str:
        return NAMES[self.language].get(int(level), "") if isinstance(level, int) else ""

    def answers(self, asked: Sequence[News], code: str, letters: Mapping[str, int]) -> str:
        """How to answer by SMS: one digit each, the code, and letters where there are several."""
        offered = _offered(asked)
        if all(self.has_form(one) for one in asked):  # done by its form, not by a digit
            offered = {d: c for d, c in offered.items() if c.act != "in-force"}
        # Who is called out has the 5 with its questions; and often there is nobody below.
        offered = {d: c for d, c in offered.items() if c.act != "report"}
        if not any(one.facts.get("passes_on") for one in asked):
            offered = {d: c for d, c in offered.items() if c.act != "pass-on"}
        if not offered:
            return ""
        zh = self.language == "zh"
        shown = ("，" if zh else ", ").join(_digit(d, c, self.language) for d, c in offered.items())
        example = next(iter(offered))
        if letters:
            example = next((d for d in offered if d != "1"), "1") + next(iter(letters))
            shown += f"（加字母如{example}）" if zh else f" (with letter, e.g. {example})"
        # A digit alone is enough where one message waits; whoever has several sees how to part them.
        if zh:
            return f"{shown}。多条待答时这样回：{example} {code}"
        return f"Reply {shown}. If several wait: {example} {code}"

    def has_form(self, news: News) -> bool:
        """Whether what it orders is reported by a form, behind the link."""
        ordered = [self.book.measures.get(m["measure"]) for m in news.facts.get("measures") or ()]
        return news.wants in ("acknowledge", "in-force") and any(m and m.returns for m in ordered)

    def returned(self, news: News) -> bool:
        """Whether what has ended came back on a form: it is done with, and not stopped half-way."""
        ended = [self.book.measures.get(m["measure"]) for m in news.facts.get("measures") or ()]
        return bool(ended) and all(m and m.returns for m in ended)

    def _asked(self, news: News) -> list[str]:
        rule = self.book.rules_by_id.get(str(news.facts.get("rule") or ""))
        if rule is None:
            return []
        names: dict[str, Mapping[str, Any]] = {}
        for name, step in rule.levels.items():
            if Level[name] <= news.level:
                names |= {a.measure: a.arguments for a in step.ask}
        said: list[str] = []
        for name, arguments in reversed(names.items()):  # the highest level's first
            definition = self.book.measures.get(name)
            if definition is not None:
                title = definition.title[self.language]
                said.append(plain(title + self._amounts(definition, arguments)))
        return said[:3]

    def _amounts(self, definition: Any, arguments: Mapping[str, Any]) -> str:
        """In brackets, so that they are not read as one with the title or as the next of a list."""
        said = definition.say(dict(arguments), self.language)
        if not said:
            return ""
        return f"（{said}）" if self.language == "zh" else f" ({said})"


def lettered(asked: Sequence[News]) -> dict[str, int]:
    """A letter for each notice that wants a report, where a message carries several of them."""
    ordered = [n for n in asked if n.asks and n.measure is not None]
    if len(ordered) < 2:
        return {}
    return dict(zip(LETTERS, (one.id for one in ordered), strict=False))


def _digit(digit: str, choice: Choice, language: Language) -> str:
    """One answer as it is asked for: `收到回1`. What is reported later says that it comes second."""
    if choice.act == "in-force":
        return f"落实后再回{digit}" if language == "zh" else f"then {digit} when done"
    return f"{choice.zh}回{digit}" if language == "zh" else f"{digit} {choice.en}"


def _offered(asked: Sequence[News]) -> dict[str, Choice]:
    offered: dict[str, Choice] = {}
    for one in asked:
        offered |= choices(one.wants, one.measure is not None)
    return dict(sorted(offered.items()))


def _of_epidemic(news: News) -> bool:
    return bool(news.facts.get("hazard") == "epidemic")


def _level(official: Mapping[str, Any]) -> int:
    given = official.get("level")
    return given if isinstance(given, int) else int(Level[str(given)])
