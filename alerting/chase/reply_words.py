"""What is said back to who answered, stopped the messages or proves a number, in both languages; as in
words.py."""

from __future__ import annotations

from datetime import datetime

from alerting.alerts.life import Life
from alerting.chase.words import Words, both, clock, name_of, title_of
from alerting.people import Person, Post


def acknowledged(life: Life, next_by: datetime | None) -> Words:
    if next_by is None:
        return both("收到确认，已记录，不再呼叫", "Noted. You will not be called again for this")
    at = clock(life, next_by)
    return both(f"收到确认。请于{at}前落实并回复2；逾期将转上一级",
                f"Noted. Carry it out and answer 2 by {at}, or the next post is called")  # fmt: skip


def acknowledged_form(life: Life, next_by: datetime) -> Words:
    """Of a measure that is reported by its form, and may be due days later."""
    at = life.local(next_by)
    return both(f"收到确认。请于{at.day}日{at:%H:%M}前打开链接填报回执；逾期将转上一级",
                f"Noted. Send its form through the link by {at:%d %b %H:%M}, or the next post is"
                " called")  # fmt: skip


def heard(life: Life, by: datetime) -> Words:
    at = clock(life, by)
    return both(f"收到。请于{at}前反馈落实，否则继续向上叫应",
                f"Noted. Report it in force by {at}, or the next post is called")  # fmt: skip


def in_force(life: Life, at: datetime) -> Words:
    shown = clock(life, at)
    return both(f"{shown}已记录落实，叫应结束", f"Noted in force at {shown}. Nothing more is asked")


def cannot(after: Post | None) -> Words:
    if after is None:
        return both("已记录无法执行，已无上级可转，将继续呼叫",
                    "Noted. There is nobody above to call; the calls go on")  # fmt: skip
    return both(f"已记录无法执行，现转{after.called('zh')}",
                f"Noted. {after.called('en')} is called now")  # fmt: skip


def support(told: list[Post], next_by: datetime | None, life: Life) -> Words:
    zh = "、".join(p.called("zh") for p in told) or "值班室"
    en = " and ".join(p.called("en") for p in told) or "the duty office"
    if next_by is None:
        return both(f"已转告{zh}", f"{en} told")
    at = clock(life, next_by)
    return both(f"已转告{zh}。落实时限仍为{at}", f"{en} told. It is still due in force by {at}")


def and_office_told(said: Words) -> Words:
    """After the answer to somebody who cried for help beside it."""
    return both(f"已将您的求助转告值班室并呼叫。{said['zh']}",
                f"The duty office is called with your words. {said['en']}")  # fmt: skip


NAMED = 2  # of several things that one sentence is said of; the rest is a count


def of_these(names: list[Words], said: Words) -> Words:
    """One sentence said of several things at once."""
    more = len(names) - NAMED
    zh = "、".join(n["zh"] for n in names[:NAMED]) + (f"等{len(names)}项" if more > 0 else "")
    en = " and ".join(n["en"] for n in names[:NAMED]) + (f" and {more} more" if more > 0 else "")
    return both(f"{zh}：{said['zh']}", f"{en}: {said['en']}")


def and_untaken(said: Words, count: int) -> Words:
    """What was said of those that were taken, and how many of those named with them were not."""
    were = "was" if count == 1 else "were"
    return both(
        f"{said['zh']}；另有{count}项未受理（不是与这些一并提出的，或已不必决定），请逐项打开查看",
        f"{said['en']}; {count} more {were} not taken (not put together with these, or nothing left to"
        " decide): open each to see",
    )


def form_needed() -> Words:
    return both("此项须填写回执表：请打开消息中的链接填报，才算落实",
                "This needs its form: open the link in the message and fill it in")  # fmt: skip


def form_taken(life: Life, at: datetime) -> Words:
    shown = clock(life, at)
    return both(f"回执已于{shown}收存，记为落实", f"Form received at {shown}. Noted as done")


def repeated(life: Life, at: datetime, who: Person | None) -> Words:
    shown = clock(life, at)
    return both(f"{shown}已由{name_of(who, 'zh')}答复，无需重复",
                f"Already noted at {shown} by {name_of(who, 'en')}")  # fmt: skip


def heard_before() -> Words:
    return both("您的答复此前已记录，还在等其他人",
                "Yours was noted before; others are still waited for")  # fmt: skip


def late(life: Life, ended: datetime | None) -> Words:
    if ended is None:
        return both("此事已进入解除程序，答复已存档，不再变更",
                    "It is being lifted already; your answer is on file only")  # fmt: skip
    shown = clock(life, ended)
    return both(f"此事已于{shown}结束，答复已存档，不再变更",
                f"This ended at {shown}; your answer is on file only")  # fmt: skip


def overtaken() -> Words:
    return both("级别或要求已有变化，请按最新一条消息答复",
                "It has changed since: please answer the newer message")  # fmt: skip


def not_yours(post: Post | None) -> Words:
    return both(f"此事由{title_of(post, 'zh')}决定，您的答复未采纳",
                f"This is for {title_of(post, 'en')} to decide; your answer was not taken")  # fmt: skip


def not_asked() -> Words:
    return both("此消息并非发给您，答复未采纳", "This was not sent to you; your answer was not taken")


def only_looks() -> Words:
    return both("您的权限只能查看，答复未采纳；请联系值班室",
                "Your role may only look; your answer was not taken: ask the duty office")  # fmt: skip


def nothing_asked() -> Words:
    return both("收到。此消息无需答复", "Noted. That message needs no answer")


def you_stopped(channel: str) -> Words:
    return both(f"已停止向您的{channel}发送消息，改用其他方式联系您；在{channel}回复START恢复",
                f"Nothing more goes to you on {channel}; answer START there to undo it")  # fmt: skip


def nothing_left(channel: str) -> Words:
    """For the record: who has just stopped the last way to them is sent nothing."""
    return both(f"已停止向您的{channel}发送消息；您已无其他联系方式；在{channel}回复START恢复",
                f"Nothing more goes to you on {channel}, and nothing else reaches you;"
                " answer START there to undo it")  # fmt: skip


def you_started(channel: str) -> Words:
    return both(f"已恢复向您的{channel}发送消息", f"Messages go to you on {channel} again")


def all_received(count: int) -> Words:
    return both(f"已记录{count}项收到；须执行的请逐项落实后回报",
                f"{count} recorded as received; report each order when it is in force")  # fmt: skip


def only_received(code: str) -> Words:
    return both(f"汇总短信只能整体回“收到”：1 {code}；其他答复请打开链接逐项办理",
                f"A digest is acknowledged as a whole: 1 {code}. Else open its link")  # fmt: skip


def only_by_link() -> Words:
    return both("汇总短信不能用数字答复，请打开链接逐项办理",
                "A digest of questions takes no digit. Open its link and answer each")  # fmt: skip


def one_of_many(who: Person, act: str, count: int, said: str) -> Words:
    """To whoever calls back: somebody has answered a digest, and not said of which place."""
    zh, en = {"cannot": ("无法执行", "cannot carry it out"),
              "support": ("请求支援", "asks for support")}[act]  # fmt: skip
    tail = (f"：{said}", f": {said}") if said else ("", "")
    return both(f"{who.called('zh')}{zh}{tail[0]}。所答汇总含{count}项，未说明是哪一处，请立即回电核实",
                f"{who.called('en')} {en}{tail[1]}. They answered a digest of {count} and did not say"
                " which place: call them back now")  # fmt: skip


def which_of_many(told: list[Post]) -> Words:
    zh = "、".join(p.called("zh") for p in told)
    en = " and ".join(p.called("en") for p in told)
    lead = (f"已立即转告{zh}，会回电核实。", f"{en} told, they will call you. ") if told else ("", "")
    return both(f"{lead[0]}是哪一处？请打开汇总的链接在该处报告，危急请直接打电话",
                f"{lead[1]}Which place? Open the link and say so there; if lives are at risk, call")


def say_back(code: str, page: str) -> Words:
    return both(f"核验联系方式：请回复验证码 {code}，24小时内有效。也可在 {page} 填写",
                f"To verify this address reply {code} within 24 hours. Or at {page}")  # fmt: skip


def verified(channel: str) -> Words:
    return both(f"已核验，今后用{channel}联系您", f"Verified: {channel} counts from now on")


def code_wrong(left: int) -> Words:
    return both(f"验证码不对，还可试{left}次", f"That is not the code; {left} more tries")


def code_over() -> Words:
    return both("没有等待核验的验证码，或已过期，请联系值班室重发",
                "No code is awaited, or it has run out: ask the duty office for another")  # fmt: skip


def exercise_answered() -> Words:
    return both("演练已收到，本通道可联系到您", "Exercise received: this way reaches you")


def exercise_over() -> Words:
    return both("没有等待应答的换班演练", "No exercise of your turn waits for an answer")
