"""What Chinese warning texts say in fixed words: who, what hazard, which colour, issued or lifted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from alerting.vocabulary import Level, colour_in

Action = Literal["alert", "update", "cancel"]

# 【issuer】【verb】【hazard】【colour】预警(信号): the form that offices of all levels use.
_VERBS = "(?:继续|变更|更新|升级|降级|确认)?发布|变更|更新|升级|降级|延续|解除|撤销|取消"
_TITLE = re.compile(rf"^(?P<issuer>.*?)(?P<verb>{_VERBS})(?P<rest>.*)$", re.S)
_HAZARD = re.compile(r"(?P<hazard>[^，。：:；,;]{1,20}?)(?:[蓝黄橙红]色|[ⅠⅡⅢⅣ]级|预警)")
# After an office only: 将乐县 is a county.
_MOVED = re.compile(r"(?<=[台局站心办])(?:将|把)(?P<what>.+)$", re.S)
_WHEN = re.compile(r"\s*于?\s*(?:\d{4}年)?\d{1,2}月\d{1,2}日.*$", re.S)
_LIFTED = re.compile(r"解除|撤销|取消")
_UPDATED = re.compile(r"继续|变更|更新|升级|降级|升为|降为|延续|确认")
# The grade beside the colour: [III级/较重], /III/较重.
_GRADE = re.compile(r"(IV|I{1,3}|[ⅠⅡⅢⅣ])\s*(?:级|/)")
_GRADES = {
    "I": Level.red, "Ⅰ": Level.red, "II": Level.orange, "Ⅱ": Level.orange,
    "III": Level.yellow, "Ⅲ": Level.yellow, "IV": Level.blue, "Ⅳ": Level.blue,
}  # fmt: skip
_IDENTIFIER = re.compile(r"(?P<adcode>\d{6})\d{6,8}_(?P<stamp>\d{14})(?:_\d+)?")


@dataclass(frozen=True, slots=True)
class Title:
    issuer: str
    action: Action
    hazard: str  # the office's own word
    level: Level | None


def title(text: str) -> Title:
    """A warning's title taken apart; what it does not say is "" or None."""
    text = text.strip()[:500]
    found = _TITLE.match(text)
    issuer = found["issuer"].strip() if found else ""
    rest = found["rest"] if found else text
    # 某县气象台将道路结冰黄色预警升级为橙色: what is changed stands before the verb.
    if moved := _MOVED.search(issuer):
        issuer, rest = issuer[: moved.start()].strip(), moved["what"] + rest
    issuer = _WHEN.sub("", issuer)
    hazard = _HAZARD.search(rest)
    return Title(issuer, action(text), hazard["hazard"].strip() if hazard else "", colour_in(text))


def grade(text: str) -> str:
    """The level's name for the Roman grade in `text`, "" where it has none."""
    found = _GRADE.search(text)
    return _GRADES[found[1]].name if found else ""


def action(text: str) -> Action:
    """Whether a title issues, changes or lifts. One that lifts and issues at once changes."""
    if _LIFTED.search(text):
        return "update" if "发布" in text or _UPDATED.search(text) else "cancel"
    return "update" if _UPDATED.search(text) else "alert"


def adcode(identifier: str) -> str:
    """The six digits of the issuing area (GB/T 2260) in an exchange identifier, else ""."""
    found = _IDENTIFIER.fullmatch(identifier.strip())
    return found["adcode"] if found else ""


def identifier_stamp(identifier: str) -> str:
    """The time in an exchange identifier as `YYYY-MM-DD hh:mm:ss`, else ""."""
    found = _IDENTIFIER.fullmatch(identifier.strip())
    if not found:
        return ""
    s = found["stamp"]
    return f"{s[:4]}-{s[4:6]}-{s[6:8]} {s[8:10]}:{s[10:12]}:{s[12:]}"
