"""An explanation in one line, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from alerting.rulebook.nodes import number_text
from alerting.vocabulary import HAZARDS, NAMES, QUANTITIES
from alerting.vocabulary.incidents import incident_named
from alerting.vocabulary.languages import Language

if TYPE_CHECKING:
    from alerting.rulebook.why import Reason, Why

SIGNS = {"<": "<", "<=": "≤", ">": ">", ">=": "≥", "=": "="}
_WINDOWS = {
    "sum": ("{h}小时累计{q}", "{h} h {q}"),
    "min": ("{h}小时最低{q}", "lowest {q} of {h} h"),
    "max": ("{h}小时最高{q}", "highest {q} of {h} h"),
    "mean": ("{h}小时平均{q}", "mean {q} of {h} h"),
    "change": ("{h}小时{q}变化", "change of {q} in {h} h"),
    "drop": ("{h}小时{q}下降", "drop of {q} in {h} h"),
    "daily_min": ("日最低{q}", "daily minimum of {q}"),
    "daily_max": ("日最高{q}", "daily maximum of {q}"),
    "daily_mean": ("日平均{q}", "daily mean of {q}"),
}


_DAYS = {
    "working-day": ("工作日", "a working day"), "school-day": ("上学日", "a school day"),
    "rest-day": ("休息日", "a day off"),
}  # fmt: skip
# What people report, by the word that rules ask for.
_SEEN = {
    "icing": ("结冰", "icing"), "cracks": ("坡体新裂缝", "fresh cracks in the slope"),
    "heating-failed": ("供暖中断", "the heating has failed"),
    "road-closed": ("相邻路段封闭", "the adjoining road is closed"),
}  # fmt: skip
Titles = Mapping[str, Mapping[str, str]]  # of seasons and holidays, by their name


def sentence(why: Why, language: str, zone: tzinfo, titles: Titles | None = None) -> str:
    """One line for a reader, times in `zone`: `能见度 11月25日05时 40 m < 50 m`.

    It tells the highest level that is true; else what is unknown; else the lowest level's nearest
    miss. `language` is zh or en; `titles` are what the calendar calls its seasons and holidays.
    """
    return _sentence(why, "zh" if language == "zh" else "en", zone, titles or {})


def _sentence(why: Why, language: Language, zone: tzinfo, titles: Titles) -> str:
    for state in ("true", "unknown", "undecidable", "false"):
        names = [name for name, held in why.levels.items() if held == state]
        if not names:
            continue
        detail = why.details[names[0] if state == "false" else names[-1]]
        if state == "undecidable":
            absent = ("、" if language == "zh" else ", ").join(
                missing_words(m, language) for m in detail.missing
            )
            return f"无法判断：缺少{absent}" if language == "zh" else f"undecidable: no {absent}"
        said = [_reason(r, language, zone, state, titles) for r in detail.reasons]
        body = ("；" if language == "zh" else "; ").join(dict.fromkeys(said))
        lead = {
            "true": ("", ""),
            "unknown": ("未知：", "unknown: "),
            "false": ("未达到：", "not met: "),
        }[state]
        return lead[0 if language == "zh" else 1] + body
    return ""


def _reason(
    reason: Reason, language: Language, zone: tzinfo, state: str, titles: Titles
) -> str:
    zh = language == "zh"
    if not reason.quantity:
        return fact_words(reason.text, reason.value, language, titles)
    name = series_words(reason.series, language)
    sign = SIGNS[reason.operator]
    assert reason.threshold is not None
    needs = f"{sign} {number_words(reason.threshold, reason.unit)}"
    observed = reason.text.startswith("observed ")
    if reason.value is None:
        hour = "" if reason.first is None else _hours(reason.first, reason.last, zh, zone)
        absent = ("实测缺失" if observed else "缺测") if zh else "missing"
        return f"{name} {hour}{absent}".strip() if zh else f"{name} {absent} {hour}".strip()
    if observed:
        shown = number_words(reason.value, reason.unit)
        return f"实测{name} {shown}（{needs}）" if zh else f"observed {name} {shown} ({needs})"
    assert reason.at is not None
    value = rounded(reason.value, reason.threshold, reason.quantity, reason.unit)
    mark = ("（推算）" if zh else " (derived)") if reason.derived else ""
    hour = _hour(reason.at, zh, zone)
    if QUANTITIES[reason.quantity].yes_or_no:
        return _whether(name, reason.value > 0, zh, hour, mark)
    if state == "false" and reason.state == "false":
        return (
            f"{name}{hour} {value}{mark}，需 {needs}" if zh
            else f"{name} {value}{mark} at {hour}, needs {needs}"
        )  # fmt: skip
    return (
        f"{name} {hour} {value} {needs}{mark}" if zh else f"{name} {value} {needs}{mark} at {hour}"
    )


def _whether(name: str, there: bool, zh: bool, hour: str, mark: str) -> str:
    if zh:
        return f"{name if there else '无' + name} {hour}{mark}"
    return f"{name if there else 'no ' + name}{mark} at {hour}"


def rounded(value: float, threshold: float, quantity: str, unit: str) -> str:
    """With the decimals of the quantity, or one more where rounding would hide the difference."""
    places = QUANTITIES[quantity].places
    if round(value, places) == round(threshold, places):
        places += 1
    return number_words(round(value, places), unit)


def number_words(value: float, unit: str) -> str:
    """As a reader says it, who has never met a kelvin."""
    said = {"degC": "°C", "K": "°C", "K*h": "°C·h"}.get(unit, unit)
    return number_text(value, said)


def fact_words(text: str, value: float | None, language: Language, titles: Titles) -> str:
    """A fact as a reader says it; `value` is the level of a `warning`, None where it is unknown."""
    zh = language == "zh"
    words = text.split()
    if words[0] == "warning":
        hazard = HAZARDS[words[1]]
        if hazard.id == "epidemic" and not value:
            known = value is not None
            return (("无" if known else "未知有无") + "疫情通报" if zh
                    else f"{'no bulletin' if known else 'bulletins'} of an epidemic"
                    + ("" if known else " unknown"))  # fmt: skip
        if value is None:
            return f"{hazard.zh}预警未知" if zh else f"warning of {hazard.en} unknown"
        if value == 0:
            return f"无{hazard.zh}预警" if zh else f"no warning of {hazard.en}"
        if hazard.id == "epidemic":  # a bulletin, which has no colour
            return "疫情通报有效期内" if zh else "a bulletin of the epidemic is in force"
        colour = NAMES["zh" if zh else "en"][int(value)]
        return f"{hazard.zh}{colour}预警" if zh else f"official {colour} warning of {hazard.en}"
    if words[0] == "incident":
        named, days = incident_named(words[1]), float(words[3]) / 24
        return (f"近{days:g}天有事故通报：{named['zh']}" if zh
                else f"a bulletin within {days:g} days of: {named['en']}")  # fmt: skip
    lead = {"season": ("时段", "season"), "holiday": ("节日", "holiday"),
            "reported": ("人工报告", "reported"),
            "between": ("时间", "between"), "on": ("日期", "on")}[words[0]]  # fmt: skip
    if words[0] == "on" and words[1] in _DAYS:
        return _DAYS[words[1]][0 if zh else 1]
    if words[0] == "reported" and words[1] in _SEEN:
        return f"{lead[0]}：{_SEEN[words[1]][0]}" if zh else f"{lead[1]}: {_SEEN[words[1]][1]}"
    if words[0] == "between" and zh:
        return f"{lead[0]} {words[1]}至{words[3]}"
    title = titles.get(words[1]) if words[0] in ("season", "holiday") else None
    if title is not None:
        return f"{lead[0]}：{title['zh']}" if zh else f"{lead[1]}: {title['en']}"
    return f"{lead[0]} {' '.join(words[1:])}" if zh else f"{lead[1]} {' '.join(words[1:])}"


def series_words(series: str, language: Language) -> str:
    """`sum(snowfall, 12 h)` as a reader says it."""
    at = 0 if language == "zh" else 1
    head, _, rest = series.partition("(")
    if not rest:
        return QUANTITIES[head].zh if language == "zh" else QUANTITIES[head].en
    inner, _, hours = rest.removesuffix(")").partition(", ")
    return (
        _WINDOWS[head][at]
        .replace("{h}", hours.removesuffix(" h"))
        .replace("{q}", series_words(inner, language))
    )


def missing_words(missing: str, language: Language) -> str:
    if missing == "official warnings":
        return "官方预警来源" if language == "zh" else "source of official warnings"
    quantity = missing.removeprefix("observed ")
    name = QUANTITIES[quantity].zh if language == "zh" else QUANTITIES[quantity].en
    if missing.startswith("observed "):
        return f"{name}实测" if language == "zh" else f"sensor of {name}"
    return f"{name}来源" if language == "zh" else f"source of {name}"


def _hour(at: datetime, zh: bool, zone: tzinfo) -> str:
    local = at.astimezone(zone)
    if zh:
        return f"{local.month}月{local.day}日{local:%H}时"
    return f"{local:%H:%M} on {local.day} {_MONTHS[local.month - 1]}"


def _hours(first: datetime, last: datetime | None, zh: bool, zone: tzinfo) -> str:
    if last is None or last == first:
        return _hour(first, zh, zone)
    return f"{_hour(first, zh, zone)}{'至' if zh else ' to '}{_hour(last, zh, zone)}"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
