"""What an authorised person texts to be done by hand: understood, said back, done once confirmed.

What was understood goes back to them in full, with a code of its own; nothing is done before they
answer 1 to it, within ten minutes. Then it is the same report as from the page: see replies.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from alerting.alerts.life import Life
from alerting.alerts.named_by_hand import day_of
from alerting.chase import calls, hints
from alerting.chase.commanding import Command, read_command
from alerting.chase.decision_words import said_of
from alerting.chase.outcomes import Outcome
from alerting.chase.rights import ON_BEHALF
from alerting.chase.told import told_by
from alerting.chase.understanding import Meant, meant
from alerting.chase.waiting import CONFIRMED_WITHIN
from alerting.chase.words import Words, both, clock
from alerting.errors import BadInput, Refused
from alerting.people import Person
from alerting.rulebook.given import read_given
from alerting.signals import Report
from alerting.store.schema import alert, delivery, measure, realm
from alerting.vocabulary import NAMES, Level
from alerting.vocabulary.answers import COMMAND
from alerting.vocabulary.days import day_in_words

ACT, DROP = "command", "drop"
_DONE = {
    "withdraw": ("撤回", "withdraw"), "raise": ("升级", "raise"), "keep": ("保持", "keep"),
    "correct": ("更正", "correct"), "order": ("下令", "order"),
}  # fmt: skip


class Understood(NamedTuple):
    """What is to be done once it is confirmed, and in which words it is said back."""

    act: str
    subject: str
    detail: dict[str, Any]
    said: Words


class _About(NamedTuple):
    kind: str  # alert or measure
    row: Any


def take(
    connection: Connection, life: Life, who: Person, report: Report, at: datetime
) -> Outcome:
    """Say a command back to who gave it; or why it is none, and what was understood of it."""
    held = _delivery(connection, report)
    codes, letters = ([held.code], held.letters or {}) if held is not None else ([], {})
    command = read_command(str(report.detail.get("text", "")), codes, letters)
    assert command is not None, "route sends nothing else here"
    if who.role not in ON_BEHALF:
        return Outcome("refused", hints.no_command(_DONE[command.act]), "no role for it")
    try:
        made = _understand(connection, life, command, held, at)
    except (BadInput, Refused) as error:
        usage = hints.usage(command.act, command.code)
        told = both(f"未执行，{error.zh}{usage['zh']}", f"Nothing done: {error.text()} {usage['en']}")
        return Outcome("not-understood", told, "a command that is not clear")
    until = clock(life, at + CONFIRMED_WITHIN)
    zh, en = ("真实指令，不是演练。", "This is real, not the exercise. ") if (
        held is None and not life.exercise and _in_exercise(connection, who)) else ("", "")  # fmt: skip
    told = both(f"{zh}请确认：{made.said['zh']}。{until}前有效，确认前不执行",
                f"{en}Please confirm: {made.said['en']}. Valid until {until}; nothing is done before")
    facts = calls.bare_facts(connection, life, calls.NOTHING)
    facts["to"] = {"channel": report.channel, "address": report.detail.get("reply_to", "")}
    facts["command"] = {"act": made.act, "subject": made.subject,
                        "detail": made.detail | {"said": made.said}}  # fmt: skip
    calls.tell(connection, life, "reply", facts, told, at, person=who.id, wants=COMMAND)
    return Outcome("taken", told, "waits to be confirmed")


def confirmed_before(connection: Connection, report: Report) -> Outcome | None:
    """What is told to who confirms or drops a command that was answered already: two texts of theirs
    may both have been read before the first was done. None where it is to be done."""
    held = report.detail.get("confirms")
    if report.act == DROP:
        held = report.subject.partition(":")[2]
    if held is None:
        return None
    state = connection.execute(select(delivery.c.state).where(delivery.c.id == int(held))).scalar()
    if state != "answered":
        return None
    return Outcome("repeated", hints.not_confirmed(before=True), "answered before")


def done(made: Outcome, report: Report) -> Outcome:
    """What became of a confirmed command, in words for its person."""
    said = report.detail["said"]
    if made.outcome != "taken":
        return made
    zh, en = (made.words.get(one, "") for one in ("zh", "en"))
    told = both(f"已办：{said['zh']}{'。' if zh else ''}{zh}",
                f"Done: {said['en']}{'. ' if en else ''}{en}")  # fmt: skip
    return Outcome(made.outcome, told, made.reason)


def _in_exercise(connection: Connection, who: Person) -> bool:
    """Whether an exercise runs that has written to them: what has no code may be meant for it."""
    return connection.execute(
        select(delivery.c.id)
        .join(realm, realm.c.id == delivery.c.realm)
        .where(delivery.c.person == who.id, realm.c.kind == "exercise", realm.c.ended.is_(None))
        .limit(1)
    ).first() is not None


def _delivery(connection: Connection, report: Report) -> Any | None:
    kind, _, key = report.subject.partition(":")
    if kind != "delivery":
        return None
    return connection.execute(select(delivery).where(delivery.c.id == int(key))).one_or_none()


def _understand(
    connection: Connection, life: Life, command: Command, held: Any | None, at: datetime
) -> Understood:
    if command.act == "order":
        return _order(life, command, at)
    if held is None:
        raise BadInput("it is not said of which message: its code is missing.",
                       zh="没有写明是哪一条消息，缺编号。")  # fmt: skip
    about = _about(connection, life, command, held)
    named = _named(life, about)
    if command.act == "raise":
        found = meant(life, command.rest, at, level_alone=True)
        if not found.level:
            raise BadInput(f"to which level {named['en']} is to be raised is not understood.",
                           zh=f"已读懂：升级{named['zh']}；未读懂升到哪一级。")  # fmt: skip
        given: dict[str, Any] = {"level": found.level}
        reason = _reason(found.left, named)
        to = _colour(found.level)
        said = both(f"将{named['zh']}升级为{to['zh']}", f"raise {named['en']} to {to['en']}")
    elif command.act == "correct":
        found = meant(life, command.rest, at, about.row.measure if about.kind == "measure" else "")
        given, said = _right(life, about, found, named, at)
        reason = _reason(found.left, said)
    else:
        given, reason = {}, _reason(command.rest, named)
        zh, en = _DONE[command.act]
        said = both(f"{zh}{named['zh']}", f"{en} {named['en']}")
    detail = given | {"reason": reason}
    return Understood(command.act, f"{about.kind}:{about.row.id}", detail, _because(said, reason))


def _order(life: Life, command: Command, at: datetime) -> Understood:
    found = meant(life, command.rest, at, names_measure=True)
    definition = life.book.orderable.get(found.measure)
    if definition is None:
        raise BadInput(f"which measure is meant by {found.left[:20]!r} is not understood.",
                       zh=f"未读懂“{found.left[:20]}”是哪项措施。")  # fmt: skip
    title = definition.title
    if not found.place:
        raise BadInput(f"understood: {title['en']}; not which place {found.left[:20]!r} is.",
                       zh=f"已读懂：{title['zh']}；未读懂“{found.left[:20]}”是哪个地点。")  # fmt: skip
    arguments = dict(read_given(found.measure, definition, found.arguments))
    level = found.level or "yellow"
    place, colour = life.places.by_id[found.place], _colour(level)
    amounts = {one: _in_brackets(definition.say(arguments, one), one) for one in ("zh", "en")}  # type: ignore[arg-type]
    day = day_of(life, definition, found.day, at)
    for_day = {one: _on(day, one) for one in ("zh", "en")}
    said = both(
        f"在{place.called('zh')}下达{for_day['zh']}“{title['zh']}{amounts['zh']}”，{colour['zh']}",
        f"order {title['en']}{amounts['en']} at {place.called('en')}{for_day['en']}, {colour['en']}")
    reason = _reason(found.left, said)
    detail = {"measure": found.measure, "level": level, "arguments": arguments, "reason": reason}
    detail |= {"day": day} if day else {}
    return Understood("order", f"place:{found.place}", detail, _because(said, reason))


def _right(
    life: Life, about: _About, found: Meant, named: Words, at: datetime
) -> tuple[dict[str, Any], Words]:
    """What is to be otherwise, and how that is said."""
    given: dict[str, Any] = {}
    to: list[Words] = []
    if found.level:
        given["level"] = found.level
        to.append(_colour(found.level))
    if found.arguments:
        definition = life.measure(about.row.measure)
        given["arguments"] = found.arguments
        whole = dict(read_given(about.row.measure, definition, about.row.arguments | found.arguments))
        to.append(said_of(life, about.row.measure, whole))
    if found.day:
        given["day"] = day_of(life, life.measure(about.row.measure), found.day, at)
        to.append(both(day_in_words(found.day, "zh"), day_in_words(found.day, "en")))
    if found.place:
        place = life.places.by_id[found.place]
        given["place"] = found.place
        to.append(both(f"地点{place.called('zh')}", f"at {place.called('en')}"))
    if not given:
        raise BadInput(f"understood: correct {named['en']}; not what {found.left[:20]!r} should be.",
                       zh=f"已读懂：更正{named['zh']}；未读懂“{found.left[:20]}”。")  # fmt: skip
    zh, en = "，".join(one["zh"] for one in to), ", ".join(one["en"] for one in to)
    return given, both(f"更正{named['zh']}，改为{zh}", f"correct {named['en']}, to {en}")


def _about(connection: Connection, life: Life, command: Command, held: Any) -> _About:
    """Which alert or measure of those that the message told of. Raises BadInput for several."""
    alerts_alone = command.act in ("raise", "keep") or command.kind == "alert"
    letters = {number: letter for letter, number in (held.letters or {}).items()}
    found: dict[str, tuple[str, _About]] = {}
    for one in told_by(connection, held):
        letter = letters.get(one.id, "")
        if command.letter and letter != command.letter:
            continue
        if one.measure is not None and not alerts_alone:
            about = _About("measure", _row(connection, measure, one.measure))
        elif one.alert is not None and command.kind != "measure":
            about = _About("alert", _row(connection, alert, one.alert))
        else:
            continue
        if _goes_on(about):
            found[about.row.id] = letter, about
    if not found:
        raise BadInput(f"{held.code} told of nothing that goes on and that this can be done to.",
                       zh=f"{held.code} 没有可以这样办理的事项，或已结束。")  # fmt: skip
    if len(found) > 1:
        listed = [(letter, _named(life, about)) for letter, about in found.values()]
        zh, en = ("; ".join(f"{letter} {named[one]}".strip() for letter, named in listed)
                  for one in ("zh", "en"))  # fmt: skip
        raise BadInput(f"{held.code} told of several: {en}. Name one by its letter, or use the page.",
                       zh=f"{held.code} 有{len(found)}项：{zh}。请加字母，或到页面办理。")  # fmt: skip
    return next(about for _, about in found.values())


def _row(connection: Connection, table: Any, key: str) -> Any:
    return connection.execute(select(table).where(table.c.id == key)).one()


def _goes_on(about: _About) -> bool:
    if about.kind == "alert":
        return bool(about.row.state == "open")
    return about.row.ended is None


def _named(life: Life, about: _About) -> Words:
    """What it is called, with its arguments or level and its place."""
    row = about.row
    place = life.places.by_id.get(row.place if about.kind == "alert" else row.object)
    where = {one: place.called(one) if place is not None else "" for one in ("zh", "en")}  # type: ignore[arg-type]
    colour = _colour(Level(row.level).name)
    if about.kind == "alert":
        rule = life.book.rules_by_id.get(row.rule)
        title = dict(rule.title) if rule is not None else {"zh": row.rule, "en": row.rule}
        return both(f"{where['zh']}{title['zh']}{colour['zh']}风险提示",
                    f"the {colour['en']} advisory {title['en']} at {where['en']}")  # fmt: skip
    definition = life.measure(row.measure)
    said = {one: _in_brackets(definition.say(row.arguments, one), one) for one in ("zh", "en")}  # type: ignore[arg-type]
    return both(f"{where['zh']}{_on(row.day, 'zh')}“{row.title['zh']}{said['zh']}”",
                f"{row.title['en']}{said['en']} at {where['en']}{_on(row.day, 'en')}")  # fmt: skip


def _on(day: str | None, language: str) -> str:
    """For which day, as a sentence has it; "" where it is for none."""
    if not day:
        return ""
    said = day_in_words(day, language)
    return f"{said}的" if language == "zh" else f" on {said}"


def _in_brackets(said: str, language: str) -> str:
    if not said:
        return ""
    return f"（{said}）" if language == "zh" else f" ({said})"


def _colour(level: str) -> Words:
    return both(NAMES["zh"][Level[level]], NAMES["en"][Level[level]])


def _reason(rest: str, understood: Words) -> str:
    if not rest:
        raise BadInput(f"understood: {understood['en']}; the reason is missing.",
                       zh=f"已读懂：{understood['zh']}；缺原因。")  # fmt: skip
    return rest


def _because(said: Words, reason: str) -> Words:
    return both(f"{said['zh']}，原因：{reason}", f"{said['en']}, because: {reason}")
