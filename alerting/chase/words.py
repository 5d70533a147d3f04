"""What the chase says, in both languages: why somebody is called, and what the duty office hears.

Every function gives {"zh": …, "en": …}; times are local hours and minutes of the county.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from alerting.alerts.life import Life
from alerting.people import Person, Post
from alerting.vocabulary import HAZARDS

Words = dict[str, str]


def both(zh: str, en: str) -> Words:
    return {"zh": zh, "en": en}


def clock(life: Life, at: datetime) -> str:
    return f"{life.local(at):%H:%M}"


def name_of(person: Person | None, language: str) -> str:
    if person is None:
        return "值班人员" if language == "zh" else "somebody on duty"
    return person.called(language)


def title_of(post: Post | None, language: str) -> str:
    if post is None:
        return "值班室" if language == "zh" else "the duty office"
    return post.called(language)


def advisory_title(life: Life, rule_id: str, hazard: str) -> Words:
    rule = life.book.rules_by_id.get(rule_id)
    if rule is not None:
        return both(rule.title["zh"], rule.title["en"])
    known = HAZARDS.get(hazard)
    return both(known.zh, known.en) if known is not None else both("风险提示", "the risk advisory")


WAITED_FOR = {
    "acknowledge": ("确认收到", "acknowledge"),
    "in-force": ("反馈落实", "report it in force"),
    "decision": ("作出决定", "decide"),
    "confirm": ("追认或撤回", "confirm it or take it back"),
    "check": ("反馈检查结果", "report the check"),
    "conflict": ("作出决定", "decide"),
    "wait": ("作出决定", "decide"),
    "gate": ("填报复工四项", "attest the four points"),
    "signature": ("签字或退回", "sign or send back"),
    "handover": ("确认接班", "confirm that you take over"),
    "report": ("按问题报告", "report what is asked"),
    "closing": ("报送结束情况", "send the closing report"),
}


def reminded(life: Life, wants: str, count: int, by: datetime) -> Words:
    """For one who is called again; `count` is 2 for the second call."""
    zh, en = WAITED_FOR[wants]
    at = clock(life, by)
    return both(f"第{count}次呼叫，请于{at}前{zh}", f"Call {count}: {en} by {at}")


_CLIMBED = {
    "silent": ("{post}未答复，请您处置", "{post} has not answered; it is yours now"),
    "nobody": ("{post}无人在岗，请您处置", "nobody holds the post {post}; it is yours now"),
    "cannot": ("{post}无法执行，请您处置", "{post} cannot carry it out; it is yours now"),
    "overdue": ("{post}逾期未反馈落实，请您处置",
                "{post} has not reported it in force in time; it is yours now"),
    "undelivered": ("消息未能送达{post}，请您处置",
                    "no message reached {post}; it is yours now"),
}  # fmt: skip


def climbed(reason: str, before: Post | None, said: str = "") -> Words:
    """For the rung that is called next: why the one before it was not enough."""
    zh, en = _CLIMBED[reason]
    made = both(
        zh.format(post=title_of(before, "zh")),
        en.format(post=title_of(before, "en")),
    )
    return both(f"{made['zh']}：{said}", f"{made['en']}: {said}") if said else made


def risen() -> Words:
    return both("要求已提高，此前的确认作废", "It has been raised; earlier answers no longer count")


def corrected() -> Words:
    return both("要求已更正，此前的确认作废", "It has been corrected; earlier answers no longer count")


def overdue(life: Life, due: datetime) -> Words:
    at = clock(life, due)
    return both(f"已过{at}落实时限，请立即反馈", f"It was due in force by {at}: report now")


def still_cannot(who: Person, said: str) -> Words:
    return both(f"{who.called('zh')}反馈无法执行：{said}" if said else
                f"{who.called('zh')}反馈无法执行",
                f"{who.called('en')} cannot carry it out: {said}" if said else
                f"{who.called('en')} cannot carry it out")  # fmt: skip


def asks_support(who: Person, said: str) -> Words:
    tail = (f"：{said}", f": {said}") if said else ("", "")
    return both(f"{who.called('zh')}请求支援{tail[0]}", f"{who.called('en')} asks for support{tail[1]}")


NOT_DONE = {
    "acknowledge": ("各级均无人答复", "nobody on any rung answered"),
    "in-force": ("各级均未反馈落实", "nobody on any rung reported it in force"),
    "decision": ("各级均未作出决定", "nobody on any rung decided"),
    "confirm": ("各级均未追认，措施继续执行", "nobody on any rung confirmed it; the order stands"),
    "check": ("各级均未反馈检查结果", "nobody on any rung reported the check"),
    "conflict": ("各级均未作出决定", "nobody on any rung decided"),
    "wait": ("各级均未作出决定", "nobody on any rung decided"),
    "gate": ("复工四项仍未填报", "the four points have not been attested"),
    "signature": ("各级均未签字", "nobody on any rung signed"),
    "handover": ("接班人未确认", "whoever is to come has not confirmed"),
    "report": ("各级均未报告", "nobody on any rung reported"),
    "closing": ("结束情况仍未报送", "the closing report is still missing"),
}


def exhausted(post: Post | None, count: int, wants: str) -> Words:
    zh, en = NOT_DONE[wants]
    return both(
        f"已呼叫{title_of(post, 'zh')}{count}次，{zh}，请人工联系",
        f"Called {title_of(post, 'en')} {count} times and {en}: reach them by other means",
    )


def due_soon(life: Life, due: datetime) -> Words:
    at = life.local(due)
    return both(f"离时限不远，请于{at.day}日{at:%H:%M}前落实并反馈",
                f"Nearly due: do it and report back by {at:%d %b %H:%M}")  # fmt: skip


def clock_set(by: timedelta) -> Words:
    minutes = max(1, round(abs(by).total_seconds() / 60))
    back = by < timedelta()
    return both(f"本机时钟被拨{'慢' if back else '快'}{minutes}分钟，叫应计时不受影响，请核对时间",
                f"This machine's clock was set {'back' if back else 'on'} by {minutes} min. The calls"
                " go on as they would have: check which time is right")  # fmt: skip


def started(who: Person, channel: str) -> Words:
    return both(f"{who.called('zh')}恢复接收{channel}消息",
                f"{who.called('en')} takes messages on {channel} again")  # fmt: skip


def unreachable(who: Person, channel: str) -> Words:
    return both(f"{who.called('zh')}退订了{channel}，已通知不到本人：请当面或电话联系，并换人值守",
                f"{who.called('en')} stopped messages on {channel}, the last way to them: reach them"
                " by other means and put somebody else on duty")  # fmt: skip


def only_silent(who: Person, channel: str) -> Words:
    return both(f"{who.called('zh')}退订了{channel}，只剩不响铃的方式，叫不醒：请核对号码或换人值守",
                f"{who.called('en')} stopped messages on {channel}; what is left wakes nobody:"
                " check their numbers or put somebody else on duty")  # fmt: skip


def stopped(who: Person, channel: str) -> Words:
    return both(f"{who.called('zh')}退订了{channel}，请改用其他方式联系",
                f"{who.called('en')} stopped messages on {channel}: use other means")  # fmt: skip
