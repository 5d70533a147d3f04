"""What a digit answers, by what the message wants: the one table that texts and replies share.

`ANSWERS[wants][digit]` is (act, zh, en). A message that orders nothing (`wants` acknowledge, no
measure) offers the digits of `NEWS` alone: nothing in it can be carried out. A decision about no
measure is `STANDING`: whether an alert that missing data alone hold is to stand. A number typed by a
person on the road is one digit, so the meanings stay few and the first is always the harmless one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

HANDOVER = "handover"  # what is wanted of whoever comes on duty


class Choice(NamedTuple):
    """One thing that can be answered: the act it stands for, and its words."""

    act: str
    zh: str
    en: str


_CARRIED_OUT: dict[str, Choice] = {
    "1": Choice("acknowledge", "收到", "received"),
    "2": Choice("in-force", "已执行", "in force"),
    "3": Choice("cannot", "无法执行", "cannot"),
    "4": Choice("support", "需要支援", "need support"),
}

NEWS: Mapping[str, Choice] = {
    "1": Choice("acknowledge", "收到", "received"),
    "4": Choice("support", "需要支援", "need support"),
}

STANDING: Mapping[str, Choice] = {
    "1": Choice("stand", "保持", "let it stand"),
    "2": Choice("call-off", "撤回", "call it off"),
}

# Whether what somebody texted to be done was understood as they meant it.
COMMAND = "command"
SAID_BACK: Mapping[str, Choice] = {
    "1": Choice("confirm", "确认", "confirm"),
    "2": Choice("drop", "取消", "cancel"),
}

ANSWERS: Mapping[str, Mapping[str, Choice]] = {
    "acknowledge": _CARRIED_OUT,
    "in-force": _CARRIED_OUT,
    "decision": {
        "1": Choice("approve", "同意", "agree"),
        "2": Choice("refuse", "不同意", "do not agree"),
    },
    # Of what was ordered ahead of its signature.
    "confirm": {
        "1": Choice("approve", "追认", "confirm"),
        "2": Choice("refuse", "撤回（写原因）", "take it back (say why)"),
    },
    "check": {
        "1": Choice("attest", "检查完毕可解除", "checked, may be lifted"),
        "2": Choice("kept", "暂不解除", "not yet, keep it"),
    },
    # Of two measures that conflict; the first is the older, which stands already.
    "conflict": {
        "1": Choice("keep-first", "保留①", "keep the first"),
        "2": Choice("take-second", "改用②", "take the second"),
        "3": Choice("both", "两者并行", "both"),
    },
    # Whether to go on without what should have been in force first.
    "wait": {
        "1": Choice("go-ahead", "不再等待，下达", "go on without it"),
        "2": Choice("give-up", "撤回", "call it off"),
    },
    "signature": {
        "1": Choice("sign", "签字解除", "sign, lift it"),
        "2": Choice("send-back", "退回（写原因）", "send back (say why)"),
    },
    # Of a post at the turn of a shift: whoever comes has taken over, or cannot.
    HANDOVER: {
        "1": Choice("take-over", "确认接班", "I take over"),
        "2": Choice("cannot-take-over", "不能接班", "I cannot"),
    },
    # Four points, each yes or no: no digit says that, a form does.
    "gate": {},
    # What a call-out asks, see CALLED.
    "report": {
        "1": Choice("acknowledge", "收到", "received"),
        "5": Choice("report", "报告", "report"),
        "6": Choice("pass-on", "转发下级", "pass it on"),
    },
    "closing": {
        "1": Choice("acknowledge", "收到", "received"),
        "5": Choice("report", "报告", "report"),
    },
}
# Of a call-out (叫应单) and not of the alert that its messages name: it outlives that one, and two of
# them to one reader are two.
CALLED = ("report", "closing")


class StopWords(NamedTuple):
    """What a whole message says to get no more of them, or to get them again."""

    stop: frozenset[str]
    start: frozenset[str]


STOP_WORDS = StopWords(
    frozenset({"stop", "stopall", "stop all", "stop sending", "stop messages", "unsubscribe",
               "unsubscribe me", "opt out", "td", "退订", "td退订", "退订td", "回td退订", "退订短信",
               "退订消息", "取消订阅", "不要再发", "不要再发短信", "别再发", "别再发短信", "停止发送",
               "停止发送短信", "拒收", "拒收短信"}),
    frozenset({"start", "unstop", "恢复", "恢复接收", "恢复短信", "取消退订"}),
)


def choices(wants: str, ordered: bool) -> Mapping[str, Choice]:
    """What a notice offers: by what it wants, and whether it orders a measure; {} for plain news."""
    if wants == "acknowledge" and not ordered:
        return NEWS
    if wants == "decision" and not ordered:
        return STANDING
    return SAID_BACK if wants == COMMAND else ANSWERS.get(wants, {})
