"""Messages from notices: a short text counted in segments for SMS, a long one for where there is room.

What does not fit is left out whole, descriptions first; hazard, place, time, what to do and the reply
code never are. See texts/ for the words, one file a kind of notice and language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import FileSystemLoader, StrictUndefined, Template
from jinja2.sandbox import SandboxedEnvironment

from alerting.dispatch.corrections import corrected
from alerting.dispatch.digest import ENDS, Digest
from alerting.dispatch.lines import in_gsm_7, time_of
from alerting.dispatch.segments import segments
from alerting.dispatch.summing import line
from alerting.dispatch.wording import FORMS_ONLY, Book, News, Words
from alerting.places import Places
from alerting.vocabulary.answers import CALLED
from alerting.vocabulary.languages import Language

# A digest names so many of the gravest, in a short text and in a long one.
NAMED_SHORT, NAMED_LONG = 3, 50
# In this order a short text loses what it can do without. "reported" is what a person typed (see
# Words.brief): of any length, and in Chinese it more than halves what an English text may hold.
CUTS = ("reported", "why", "tasks", "list", "official", "beside", "first", "meanwhile", "reason")
Said = dict[str, Any]
_FOLDER = Path(__file__).parent / "texts"


@dataclass(frozen=True, slots=True)
class Composed:
    """A message's words; `segments` counts SMS, and is 1 for a long text."""

    subject: str
    text: str
    segments: int
    cut: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asking:
    """How a message can be answered: code and letters by SMS, `link` (a whole address) elsewhere."""

    code: str
    letters: Mapping[str, int]
    link: str
    can_reply: bool


@cache
def _texts() -> Mapping[tuple[str, str], Template]:
    """By language and name: compiled once a process, which takes longer than all else of a
    composer."""
    environment = SandboxedEnvironment(
        loader=FileSystemLoader(_FOLDER), undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=False, auto_reload=False,
    )  # fmt: skip
    return {
        (path.parent.name, path.stem): environment.get_template(f"{path.parent.name}/{path.name}")
        for path in _FOLDER.glob("*/*.j2")
    }


class Composer:
    """`sender` signs the messages, in both languages."""

    def __init__(
        self, book: Book, places: Places, zone: ZoneInfo, sender: Mapping[str, str]
    ) -> None:
        self.book, self.places, self._zone, self._sender = book, places, zone, sender
        self._texts = _texts()

    def compose(
        self,
        news: Sequence[News],
        language: str,
        exercise: bool,
        asking: Asking,
        max_segments: int | None,
    ) -> Composed:
        """The message for one reader. `max_segments` None gives the long text.

        A short text that cannot be brought under the limit comes back over it: the caller parts a
        bundle then; a single notice is sent as long as it is.
        """
        words = self._words(language)
        said = [_said(one, words) for one in news]
        if max_segments is None:
            text = self._write(news, said, words, exercise, asking, short=False)
            return Composed(self._subject(news, words, exercise), text, 1)
        cuts = _cuts(said)
        for number in range(len(cuts) + 1):
            cut = cuts[:number]
            left = [_without(one, cut) for one in said]
            text = self._write(news, left, words, exercise, asking, short=True)
            count = segments(text).segments
            if count <= max_segments:
                break
        return Composed(self._subject(news, words, exercise), text, count, cut)

    def digest(
        self,
        news: Sequence[News],
        language: str,
        exercise: bool,
        asking: Asking,
        max_segments: int | None,
        gathered: Digest,
        total: int,
    ) -> Composed:
        """A storm's news in one message: how many wait for an answer since it began, what is new, the
        first deadline, the gravest by name as far as there is room. Where `1` says that all of it was
        received, how; questions are answered behind the link alone."""
        words, short = self._words(language), max_segments is not None
        gravest = sorted(news, key=lambda one: (-one.level, one.id))
        named = [line(words, one) for one in gravest[: NAMED_SHORT if short else NAMED_LONG]]
        dues = [at for one in news if one.asks and (at := time_of(one.facts.get("due"))) is not None]
        code = asking.code if asking.can_reply and gathered.receivable else ""
        for count in range(len(named), -1, -1):
            text = self._texts[words.language, "digest"].render(
                short=short, exercise=exercise, sender=self._sender[words.language],
                head=words.head(gravest[0]), begun=words.at(gathered.begun, gravest[-1].created),
                colour=words.colour(gravest[0].level), total=total, new=len(news),
                ends=all(one.kind in ENDS for one in news), items=named[:count], code=code,
                due=words.at(min(dues), gravest[-1].created) if dues and gathered.receivable else "",
                link=asking.link, reports=gathered.sort in CALLED,
            ).strip()  # fmt: skip
            text = in_gsm_7(text) if short and words.language == "en" else text
            parts = segments(text).segments if short else 1
            if max_segments is None or parts <= max_segments:
                break
        return Composed(self._subject(gravest, words, exercise), text, parts)

    def fitting(
        self,
        news: Sequence[News],
        language: str,
        exercise: bool,
        asking: Callable[[Sequence[News]], Asking],
        max_segments: int,
    ) -> int:
        """How many of these, from the first and one at least, a short text of `max_segments` carries
        when it leaves out all it can do without. `asking` says how so many would be answered."""
        words = self._words(language)
        said = [_without(_said(one, words), CUTS) for one in news]
        for count in range(2, len(news) + 1):
            some = news[:count]
            text = self._write(some, said[:count], words, exercise, asking(some), short=True)
            if segments(text).segments > max_segments:
                return count - 1
        return len(news)

    def _words(self, language: str) -> Words:
        tongue: Language = "en" if language == "en" else "zh"
        return Words(tongue, self.book, self.places, self._zone)

    def _write(
        self,
        news: Sequence[News],
        said: Sequence[Said],
        words: Words,
        exercise: bool,
        asking: Asking,
        *,
        short: bool,
    ) -> str:
        wanted = [one for one in news if one.asks]
        answers = words.answers(wanted, asking.code, asking.letters) if asking.can_reply else ""
        form = asking.can_reply and any(words.has_form(one) for one in wanted)
        # Where the list of places had to be left out, it stands behind the link; so does what a person
        # typed.
        cut = any((words.places_listed(one) and not parts["list"]) or (one.asks and parts["behind"])
                  for one, parts in zip(news, said, strict=True))  # fmt: skip
        link = asking.link if _needs_link(wanted, asking) or form or cut else ""
        # An SMS of one thing says how to answer, then why; of a question, and of what is said back to
        # be confirmed, the why is all there is.
        of_itself = news[0].kind in ("question", "reply")
        apart = short and len(news) == 1 and bool(answers or link) and not of_itself
        of_notice = {number: letter for letter, number in asking.letters.items()}
        items: list[str] = []
        before: Said = {}
        for one, parts in zip(news, said, strict=True):
            same = short and all(parts[part] == before.get(part) for part in _HEADING)
            items.append(
                self._texts[words.language, one.kind]
                .render(parts | _unsaid(parts, before) if same else parts, same=same, short=short,
                        letter=of_notice.get(one.id, ""), apart=apart)
                .strip()
            )  # fmt: skip
            before = parts
        after = self._texts[words.language, "_after"].render(said[0]).strip() if apart else ""
        name = "message" if len(items) == 1 else "bundle"
        text = self._texts[words.language, name].render(
            short=short, exercise=exercise, sender=self._sender[words.language], items=items,
            answers=answers, link=link, form=form, after=after,
        ).strip()  # fmt: skip
        return in_gsm_7(text) if short and words.language == "en" else text

    def _subject(self, news: Sequence[News], words: Words, exercise: bool) -> str:
        top = max(news, key=lambda one: one.level)
        more = len(news) - 1
        zh = words.language == "zh"
        tail = (f"等{len(news)}条" if zh else f" and {more} more") if more else ""
        lead = ("【演练】" if zh else "EXERCISE ") if exercise else ""
        join = " · " if zh else ", "
        return f"{lead}{words.head(top)}{join}{words.place(top)}{tail}"


def _needs_link(wanted: Sequence[News], asking: Asking) -> bool:
    """Where no digit can answer, or a form may: what is asked is one, or has one."""
    return bool(wanted) and (
        not asking.can_reply or any(one.wants in (*FORMS_ONLY, *CALLED) for one in wanted)
    )


# Kinds whose message still says what matters without its reason.
_WITHOUT_REASON = frozenset({"open", "raise", "reopen", "fall", "update", "clear", "lifted",
                             "reopened", "callout"})  # fmt: skip
# … and these where they are sent alone: what is asked, by when and how to answer stays.
_ALONE = frozenset({"reminder", "escalation", "check", "correction"})
# A bundle says these once for all notices in a row that share them …
_HEADING = ("kind", "head", "place", "time", "moment")
# … and of these what the notice before has not just said.
_ONCE = ("differs", "official", "why", "reason", "by", "was", "list", "first")


def _said(one: News, words: Words) -> Said:
    """What a template may say of one notice."""
    return {
        "kind": one.kind, "head": words.head(one), "place": words.place(one),
        "time": words.span(one), "moment": words.moment(one), "do": words.do(one),
        "stands": words.stands(one), "returned": words.returned(one), "due": words.due(one),
        "label": words.label(one), "details": words.details(one), "look": words.look(one),
        "differs": words.differs(one), "official": words.official(one),
        "list": words.places_listed(one), "first": words.first_sent(one),
        "meanwhile": words.both(one, "meanwhile"), "beside": words.both(one, "beside"),
        "why": words.both(one, "why"), "reason": words.both(one, "reason"),
        "by": words.both(one, "by"), "was": words.colour(one.facts.get("was")),
        "colour": words.colour(one.level), "ordered": bool(one.facts.get("measures")),
        "about": bool(one.facts.get("hazard") or one.facts.get("measures")),
        "brief": words.brief(one), "behind": False, "tasks": words.tasks(one), "asks": one.asks,
    } | corrected(words, one)  # fmt: skip


def _cuts(said: Sequence[Said]) -> tuple[str, ...]:
    """What a short text of these notices may leave out, in that order."""
    cuts = CUTS if any(one["brief"] for one in said) else CUTS[1:]
    return (*cuts, "alone") if len(said) == 1 and said[0]["kind"] in _ALONE else cuts


def _without(said: Said, cut: Sequence[str]) -> Said:
    """A short text's parts: one line on the official warning, and nothing of what is cut."""
    left = said | {"official": ""} if said["differs"] else dict(said)
    for part in cut:
        if part == "reported":
            left |= said["brief"] | {"behind": bool(said["brief"])}
        elif part == "alone":
            left["reason"] = ""
        elif part != "reason" or said["kind"] in _WITHOUT_REASON:
            left[part] = ""
    return left


def _unsaid(said: Said, before: Said) -> Said:
    """The parts to leave empty, since the notice before said them."""
    return {part: "" for part in _ONCE if said[part] == before[part] and said["kind"] != "service"}
