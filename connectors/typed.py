"""A warning typed in by hand: from a fax, a telephone call, another office's group chat."""

from __future__ import annotations

import difflib
from datetime import UTC, datetime, timedelta

from alerting.errors import BadInput
from alerting.signals import Area, Warning, content_id
from alerting.vocabulary import HAZARDS, NAMES, Level, colour_in
from alerting.vocabulary.official import WarningTable
from connectors.formats import limits

# What no office warns of: they stand in the vocabulary for our own alerts.
NOT_WARNED = frozenset({"season", "service", "incident", "road-closure", "epidemic"})
LONGEST = timedelta(days=366)  # of an epidemic bulletin's period


def typed_warning(
    kind: str,
    level: str,
    area: Area | str,
    issuer: str,
    text: str,
    issued: datetime,
    expires: datetime | None,
    person: str,
    table: WarningTable,
) -> Warning:
    """The warning a person typed in. `kind` is ours or the office's word, Chinese or English, as
    `table` has it. Where the area names no height and no kinds of place, the text's own count.

    `area` may be codes and names in one text, parted by commas or blanks; digits are codes. Times
    need their zone. Raises BadInput that says which entry is wrong and what would do.
    """
    hazard = _hazard(kind, table)
    colour = _level(level)
    where = limits.limited(_area(area), text)
    if not issuer.strip():
        raise BadInput("who issued the warning is missing", where="issuer",
                       mend="Give the office as the warning names it, e.g. 某县气象台.",
                       zh="还没有填发布单位，请照预警原文填写，如某县气象台。")  # fmt: skip
    if not person.strip():
        raise BadInput("who typed it in is missing", where="person", zh="没有录入人。")
    for name, at in (("issued", issued), ("expires", expires)):
        if at is not None and at.tzinfo is None:
            raise BadInput(f"the time {at:%Y-%m-%d %H:%M} needs its zone", where=name,
                           mend="E.g. 2026-01-20T08:00:00+08:00.",
                           zh=f"时间 {at:%Y-%m-%d %H:%M} 缺少时区。")  # fmt: skip
    if expires is not None and expires <= issued:
        raise BadInput(
            f"it would end ({expires:%m-%d %H:%M}) before it was issued ({issued:%m-%d %H:%M})",
            where="expires",
            mend="Give a later end, or none: then it holds for 24 hours.",
            zh="失效时间早于发布时间。请改正，或留空（按 24 小时计）。",
        )
    said = (hazard, colour.name, where.model_dump_json(), issuer.strip(), text.strip(),
            issued.astimezone(UTC), expires and expires.astimezone(UTC))  # fmt: skip
    return Warning(
        source=f"typed:{person.strip()}",
        issued=issued.astimezone(UTC),
        identifier=content_id("typed", *said),
        sender=issuer.strip(),
        action="alert",
        hazard=hazard,
        event=kind.strip(),
        level=colour.name,  # type: ignore[arg-type]
        headline=f"{issuer.strip()}：{HAZARDS[hazard].zh}{NAMES['zh'][colour]}预警",
        description=text.strip(),
        expires=None if expires is None else expires.astimezone(UTC),
        area=where,
    )


def epidemic_bulletin(
    issuer: str,
    area: Area | str,
    begins: datetime,
    until: datetime,
    text: str,
    issued: datetime,
    person: str,
) -> Warning:
    """A health authority's bulletin (H-10), for its place and its period. It is no warning signal and
    has no colour: rules that look for one take it as yellow. Raises BadInput as `typed_warning`
    does."""
    if not issuer.strip():
        raise BadInput("who issued the bulletin is missing", where="issuer",
                       mend="Give the authority as the bulletin names it, e.g. 某县疾控中心.",
                       zh="还没有填发布单位，请照通报原文填写，如某县疾控中心。")  # fmt: skip
    where = _area(area)
    if not begins < until:
        raise BadInput(f"its period would end ({until:%m-%d %H:%M}) before it begins", where="until",
                       zh="结束时间早于开始时间，请改正。")  # fmt: skip
    if until <= issued:
        raise BadInput(f"its period is over since {until:%m-%d %H:%M}", where="until",
                       zh="所填时段已经过去，请核对日期。")  # fmt: skip
    if until - begins > LONGEST:
        raise BadInput("its period is longer than a year", where="until",
                       mend="Give its end; it can be entered again.",
                       zh="时段超过一年，请核对结束日期。")  # fmt: skip
    # Sent twice in a minute it is one; entered again after its end it is another.
    said = (where.model_dump_json(), issuer.strip(), text.strip(), begins.astimezone(UTC),
            until.astimezone(UTC), issued.astimezone(UTC).replace(second=0, microsecond=0))  # fmt: skip
    return Warning(
        source=f"typed:{person}", issued=issued.astimezone(UTC),
        identifier=content_id("bulletin", *said), sender=issuer.strip(), action="alert",
        hazard="epidemic", event="疫情通报", level="yellow", headline=f"{issuer.strip()}：疫情通报",
        description=text.strip(), onset=begins.astimezone(UTC), expires=until.astimezone(UTC),
        area=where,
    )  # fmt: skip


def _hazard(kind: str, table: WarningTable) -> str:
    asked = kind.strip().lower()
    offered = {h.id: h for h in HAZARDS.values() if h.id not in NOT_WARNED}
    if asked in offered:
        return asked
    exact = next((h.id for h in offered.values() if asked in (h.zh.lower(), h.en.lower())), None)
    named = exact or table.named(asked)
    if named in offered:
        return str(named)
    words = {
        word: h
        for h in offered.values()
        for word in (h.id, h.zh, h.en, *table.words.get(h.id, ()))
    }
    close = difflib.get_close_matches(asked, words, n=5, cutoff=0.4)
    # A Chinese slip often shares but one character with what was meant.
    close += [w for w in words if not w.isascii() and set(w) & set(asked)]
    ids = dict.fromkeys(words[word].id for word in close)
    nearest = [f"{offered[i].zh} ({i})" for i in ids][:4]
    every = "、".join(f"{h.zh} ({h.id})" for h in offered.values())
    raise BadInput(
        f"{kind.strip()!r} is no kind of warning we know" if asked else "the kind is missing",
        where="kind",
        mend=f"Closest: {'、'.join(nearest)}." if nearest else f"One of: {every}.",
        zh=(f"预警种类“{kind.strip()}”无法识别。" if asked else "还没有填预警种类。")
        + (f"相近的有：{'、'.join(nearest)}。" if nearest else f"可填：{every}。"),
    )


def _level(level: str) -> Level:
    asked = level.strip().lower()
    found = colour_in(asked) or next((lv for lv in Level if NAMES["zh"][lv][0] == asked), None)
    if found is None:
        raise BadInput(
            f"{level.strip()!r} is no level" if asked else "the level is missing",
            where="level",
            mend="One of 蓝色 (blue), 黄色 (yellow), 橙色 (orange), 红色 (red).",
            zh=(f"预警级别“{level.strip()}”无法识别。" if asked else "还没有填预警级别。")
            + "应为蓝色、黄色、橙色、红色之一。",
        )
    return found


def _area(area: Area | str) -> Area:
    if isinstance(area, str):
        for mark in "，、;；\t\n ":
            area = area.replace(mark, ",")
        parts = [part for part in area.split(",") if part]
        area = Area(
            names=tuple(p for p in parts if not p.isdigit()),
            codes=tuple(p for p in parts if p.isdigit()),
        )
    # A code cut short would cover all that begins with it.
    wrong = [c for c in area.codes if c.isdigit() and len(c) not in (6, 9, 12)]
    if wrong:
        raise BadInput(f"{wrong[0]} is no administrative code", where="area",
                       mend="Codes have 6, 9 or 12 digits.",
                       zh=f"{wrong[0]} 不是区划代码，应为 6、9 或 12 位。")  # fmt: skip
    if not (area.names or area.codes or area.polygons or area.circles):
        raise BadInput("where the warning holds is missing", where="area",
                       mend="Give a code such as 520122, or the places' names.",
                       zh="还没有填预警范围，请填区划代码或地名。")  # fmt: skip
    return area
