"""What the chase says, in both languages: why somebody is called, and what follows an answer.

Every function gives {"zh": …, "en": …}; times are local hours and minutes of the county.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from alerting.alerts.life import Life
from alerting.errors import SuianError
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


# What follows an answer.


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


def approved() -> Words:
    return both("已记录同意，随即下达", "Approval noted. It is issued now")


def refused(life: Life) -> Words:
    return both("已记录不同意，将告知承办单位", "Refusal noted. The carrier is told")


def ordered_ahead(decider: Post | None) -> Words:
    """To who ordered by hand what a district lets go ahead of its signature."""
    return both(f"已先行下达，同时请{title_of(decider, 'zh')}追认",
                f"Ordered already. {title_of(decider, 'en')} is asked to confirm it")  # fmt: skip


def confirmed() -> Words:
    return both("已记录追认，措施继续执行", "Confirmed. The order stands")


def taken_back(reason_given: bool) -> Words:
    zh = "未予追认，措施撤回，随即告知所有收到的人"
    en = "Not confirmed. It is withdrawn; all it reached are told"
    if reason_given:
        return both(zh, en)
    return both(f"{zh}。请直接回复原因", f"{en}. Please text why")


def said_of(life: Life, name: str, arguments: dict[str, Any]) -> Words:
    """A measure's arguments as a message says them; its name where it has none."""
    definition = life.measure(name)
    return both(definition.say(arguments, "zh") or definition.title["zh"],
                definition.say(arguments, "en") or definition.title["en"])  # fmt: skip


def approved_changed(holds: Words) -> Words:
    return both(f"已记录同意，改为：{holds['zh']}，随即下达",
                f"Approval noted, changed to: {holds['en']}. It is issued now")  # fmt: skip


def change_not_read(error: SuianError) -> Words:
    return both(f"没有批准，修改的内容有误：{error.zh}",
                f"Nothing was approved, the change cannot be read: {error.text()}")  # fmt: skip


def stays_as_signed() -> Words:
    return both("已记录不同意，此前批准的内容继续执行",
                "Refusal noted. What was signed before stays in force")  # fmt: skip


def refused_without_a_reason() -> Words:
    return both("已记录不同意，将告知承办单位。请直接回复原因",
                "Refusal noted, the carrier is told. Please text why")  # fmt: skip


def reason_noted(*, told: bool) -> Words:
    """`told`: the carrier hears it."""
    if told:
        return both("原因已记录，将告知承办单位", "Reason noted. The carrier is told")
    return both("原因已记录", "Reason noted")


_DECIDED = {
    "approve": ("同意", "agreed"),
    "approve-changed": ("同意并改为：{holds}", "agreed, changed to: {holds}"),
    "refuse": ("不同意", "did not agree"),
    "keep": ("决定维持此前批准的{holds}", "kept what was signed before: {holds}"),
}


def decided_otherwise(
    life: Life, at: datetime, who: Person | None, act: str, holds: Words
) -> Words:
    """To the later of two who decided differently: what holds, and by whom."""
    zh, en = _DECIDED[act]
    shown = clock(life, at)
    return both(
        f"{shown}{name_of(who, 'zh')}已{zh.format(holds=holds['zh'])}，以此为准，您的答复未采纳",
        f"At {shown} {name_of(who, 'en')} {en.format(holds=holds['en'])}: that holds,"
        " your answer was not taken",
    )


def yours_holds(holds: Words) -> Words:
    """To who signed and now says otherwise: how it is changed, and how stopped."""
    return both(
        f"您已批准“{holds['zh']}”，以此为准。要改请回“1 新数字”加编号，要停止请联系值班室撤回",
        f"You signed {holds['en']}: that holds. To change it text 1, the new number and the code; to"
        " stop it ask the duty office",
    )


def signed_otherwise(who: Person | None, holds: Words) -> Words:
    """To who ordered by hand what its decider has heard, and signed something else for."""
    return both(
        f"已记录，但{name_of(who, 'zh')}批准的是“{holds['zh']}”，仍按此执行",
        f"Noted, but {name_of(who, 'en')} signed {holds['en']}: that holds",
    )


def to_be_decided_anew(decider: Post | None, holds: Words) -> Words:
    """To who ordered by hand more than its decider has signed."""
    return both(
        f"已请{title_of(decider, 'zh')}重新决定，此前批准的“{holds['zh']}”继续执行",
        f"{title_of(decider, 'en')} is asked to decide anew; {holds['en']}, signed before, stands",
    )


def response_not_changed() -> Words:
    return both("应急响应不能改后批准，请答复同意或不同意，并附会商意见",
                "A response is not changed as it is approved: agree or not, with a note")  # fmt: skip


def no_one_number(name: Words) -> Words:
    return both(f"“{name['zh']}”不能用一个数字修改，请打开链接修改",
                f"{name['en']} has not one number to change: open the link")  # fmt: skip


_SETTLED = {
    "keep-first": ("已记录：保留①，②不予执行，有关人员随即告知",
                   "Noted: the first stays, the second is not carried out; all are told"),
    "take-second": ("已记录：改用②，①撤回，有关人员随即告知",
                    "Noted: the second goes on, the first is withdrawn; all are told"),
    "both": ("已记录：两者并行，双方随即告知", "Noted: both stand; both sides are told what to mind"),
}  # fmt: skip


def settled(act: str) -> Words:
    return both(*_SETTLED[act])


def waits_for(titles: list[Words]) -> Words:
    return both(f"已记录，先落实{'、'.join(t['zh'] for t in titles)}后下达",
                f"Noted. It is issued once {', '.join(t['en'] for t in titles)} is in force")


def in_conflict(titles: list[Words], post: Post | None) -> Words:
    named = both("、".join(t["zh"] for t in titles), ", ".join(t["en"] for t in titles))
    return both(f"已记录，与“{named['zh']}”冲突，暂不下达，待{title_of(post, 'zh')}决定",
                f"Noted, not issued: it conflicts with {named['en']}. "
                f"{title_of(post, 'en')} decides")  # fmt: skip


def to_be_decided(decider: Post, interim: list[Words]) -> Words:
    zh = f"在此之前先行：{'、'.join(t['zh'] for t in interim)}。" if interim else ""
    en = f" Until then, at once: {', '.join(t['en'] for t in interim)}." if interim else ""
    return both(f"已记录为建议，待{decider.called('zh')}决定后下达。{zh}",
                f"Noted as a proposal: it waits for the decision of"
                f" {decider.called('en')}.{en}")  # fmt: skip


def no_conflict_any_more() -> Words:
    return both("其中一项已经结束，不必再决定", "One of the two has ended: nothing is to be decided")


def suspended() -> Words:
    return both("此项已暂停，等待决定，答复已存档", "On hold until decided; your answer is on file")


def attests_itself(post: Post | None) -> Words:
    return both(f"复工四项只能由{title_of(post, 'zh')}本单位确认，您的填报未采纳",
                f"Only {title_of(post, 'en')} can attest this; yours was not taken")  # fmt: skip


def not_all_four(wrong: Words) -> Words:
    return both(f"未受理，停产继续：{wrong['zh']}。四项均落实后请重新填报",
                f"Not taken, the halt stays: {wrong['en']}. Attest when all four are so")  # fmt: skip


def four_attested(post: Post | None) -> Words:
    return both(f"四项已记录，待{title_of(post, 'zh')}签字；签字前不得复工",
                f"All four noted. {title_of(post, 'en')} signs next: no work before that")  # fmt: skip


def signs_not_own() -> Words:
    return both("填报人不得自己签字，请由他人签字", "Who attested cannot sign: somebody else must")


def sent_back() -> Words:
    return both("已记录退回，停产继续，将告知企业", "Sent back. The halt stays; the enterprise is told")


def responded(yes: bool) -> Words:
    """Of an emergency response, to the post that decided."""
    if yes:
        return both("已记录决定和会商意见，随即通知各部门",
                    "Decision and note recorded. All departments are told")  # fmt: skip
    return both("已记录不同意和会商意见；条件变化时再提请",
                "Recorded. It is put to you again when things change")  # fmt: skip


def form_needed() -> Words:
    return both("此项须填写回执表：请打开消息中的链接填报，才算落实",
                "This needs its form: open the link in the message and fill it in")  # fmt: skip


def form_taken(life: Life, at: datetime) -> Words:
    shown = clock(life, at)
    return both(f"回执已于{shown}收存，记为落实", f"Form received at {shown}. Noted as done")


def due_soon(life: Life, due: datetime) -> Words:
    at = life.local(due)
    return both(f"离时限不远，请于{at.day}日{at:%H:%M}前落实并反馈",
                f"Nearly due: do it and report back by {at:%d %b %H:%M}")  # fmt: skip


def attested() -> Words:
    return both("检查结果已记录，措施解除", "Check noted. The measure is lifted")


def kept(life: Life, again: datetime) -> Words:
    at = clock(life, again)
    return both(f"已记录暂不解除，{at}再请检查", f"Kept. You will be asked again at {at}")


def stands(life: Life, again: datetime) -> Words:
    at = clock(life, again)
    return both(f"已记录保持；届时仍无数据，{at}再请核实",
                f"It stands. Without data by then you are asked again at {at}")  # fmt: skip


def called_off() -> Words:
    return both("已记录撤回，会通知所有收到过的人", "Called off; all who were told will hear of it")


def repeated(life: Life, at: datetime, who: Person | None) -> Words:
    shown = clock(life, at)
    return both(f"{shown}已由{name_of(who, 'zh')}答复，无需重复",
                f"Already noted at {shown} by {name_of(who, 'en')}")  # fmt: skip


def clock_set(by: timedelta) -> Words:
    minutes = max(1, round(abs(by).total_seconds() / 60))
    back = by < timedelta()
    return both(f"本机时钟被拨{'慢' if back else '快'}{minutes}分钟，叫应计时不受影响，请核对时间",
                f"This machine's clock was set {'back' if back else 'on'} by {minutes} min. The calls"
                " go on as they would have: check which time is right")  # fmt: skip


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
