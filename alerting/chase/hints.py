"""What we say to one whose answer fits nothing, or fits several: how it can be said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from alerting.alerts.life import Life
from alerting.chase.words import WAITED_FOR, Words, both, clock

LISTED = 5  # messages that wait, in a list of their codes
NAMED = 3  # of what still wants an answer of its own; the rest is a count


def offered(choices: dict[str, Any], code: str, letters: list[str], several: bool) -> Words:
    """What can be answered, for one whose answer could not be read; `several` where other messages of
    theirs wait too."""
    zh = "，".join(f"{d} {c.zh}" for d, c in choices.items())
    en = ", ".join(f"{d} {c.en}" for d, c in choices.items())
    if several:
        zh, en = f"{zh}；全部收到：1 全部", f"{en}; all received: 1 all"
    tail = f" {code}" if code else ""
    if len(letters) > 1:
        shown = "、".join(letters)
        return both(f"未能读懂。请回复数字加措施字母（{shown}），如 2{letters[0]}{tail}：{zh}",
                    f"Not understood. Answer digit and letter ({', '.join(letters)}), "
                    f"e.g. 2{letters[0]}{tail}: {en}")  # fmt: skip
    first = next(iter(choices), "1")
    return both(f"未能读懂。请回复数字，如 {first}{tail}：{zh}",
                f"Not understood. Answer a digit, e.g. {first}{tail}: {en}")  # fmt: skip


def which(open_ones: list[tuple[str, Words]], count: int) -> Words:
    """A bare digit while `count` messages wait: these with their codes."""
    zh = "；".join(f"{code} {w['zh']}" for code, w in open_ones)
    en = "; ".join(f"{code} {w['en']}" for code, w in open_ones)
    first, more = open_ones[0][0], count - len(open_ones)
    zh += f"；另有{more}条，编号见各条短信" if more > 0 else ""
    en += f"; and {more} more, by the code in each" if more > 0 else ""
    return both(f"您有{count}条待答复，请加编号，如 1 {first}，或全部收到：1 全部。{zh}",
                f"{count} messages wait; add the code, e.g. 1 {first}, or all received: "
                f"1 all. {en}")  # fmt: skip


def nothing_waits() -> Words:
    return both("目前没有等待您答复的消息", "No message waits for your answer")


def by_form(code: str) -> Words:
    """What is asked is a form, which no digit answers."""
    return both(f"这条消息（{code}）须打开其中的链接填报，不能用数字答复",
                f"{code} is answered by the form behind its link, not by a digit")  # fmt: skip


def receipt_alone(count: int) -> Words:
    """Of all at once nothing can be said but that it was received."""
    return both(f"对全部消息只能确认收到：1 全部。其他答复请逐条加编号（待答{count}条）",
                f"Of all at once only receipt can be said: 1 all. Anything else goes with its code"
                f" ({count} wait)")  # fmt: skip


def all_received(
    life: Life,
    count: int,
    ordered: int,
    first: datetime | None,
    left: Sequence[tuple[str, Words, str]],
    elsewhere: int,
) -> Words:
    """After one acknowledgement of everything: what it was, and what it was not. `ordered` measures are
    to be reported in force, the `first` of them by then; `left` are (code, name, wants)."""
    zh = [f"已确认收到{count}条，仅表示收到" if count else "没有等待确认收到的消息"]
    en = [f"{count} noted as received, no more than that" if count else "Nothing waits for a receipt"]
    if ordered and first is not None:
        zh.append(f"其中{ordered}项须落实，最早的请于{clock(life, first)}前落实，落实后逐条回2")
        en.append(f"{ordered} to be carried out, the first by {clock(life, first)}: answer 2 to each")
    if left:
        more = len(left) - NAMED
        named = [(f"{code} {name['zh']}，请{WAITED_FOR[wants][0]}",
                  f"{code} {name['en']}, {WAITED_FOR[wants][1]}")
                 for code, name, wants in left[:NAMED]]  # fmt: skip
        zh.append(f"另有{len(left)}项须单独答复：" + "；".join(n[0] for n in named)
                  + ("等" if more > 0 else ""))  # fmt: skip
        en.append(f"{len(left)} want their own answer: " + "; ".join(n[1] for n in named)
                  + (f" and {more} more" if more > 0 else ""))  # fmt: skip
    if elsewhere:
        zh.append(f"演练中另有{elsewhere}条未计入")
        en.append(f"{elsewhere} in the exercise not counted")
    return both("。".join(zh), ". ".join(en))


def no_command(done: tuple[str, str]) -> Words:
    """For one who would have something done by hand and has no role for it."""
    zh, en = done
    return both(f"您没有下达指令的权限，{zh or '此项'}没有执行。请联系县应急办值班室",
                f"You have no role for that: nothing was done{f' ({en})' if en else ''}. Call the"
                " county duty office")  # fmt: skip


_USAGE = {
    "withdraw": ("撤回 {code} 原因", "WITHDRAW {code} why"),
    "raise": ("升级 红 {code} 原因", "RAISE RED {code} why"),
    "keep": ("保持 {code} 原因", "KEEP {code} why"),
    "correct": ("更正 {code} 改为（级别、数值、至几时、地点）原因",
                "CORRECT {code} to (level, number, until 20:00, place) why"),
    "order": ("下令 级别 措施 数值 地点 原因", "ORDER level measure number place why"),
}  # fmt: skip


def usage(act: str, code: str) -> Words:
    """How a command is written."""
    zh, en = (said.format(code=code or "K7") for said in _USAGE[act])
    return both(f"写法：{zh}", f"Write: {en}")


def not_confirmed(before: bool) -> Words:
    """Of a command that can be confirmed no more: it was answered before, or its time is up."""
    if before:
        return both("这条指令已经答复过，没有再执行", "This was answered before; nothing more was done")
    return both("确认已超过10分钟，没有执行，请重新发送指令",
                "More than 10 minutes have passed: nothing was done. Send it again")  # fmt: skip


def dropped() -> Words:
    return both("已取消，没有执行", "Cancelled; nothing was done")
