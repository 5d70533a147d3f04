"""What is said to who decides and signs, and of what was decided, in both languages; as in words.py."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from alerting.alerts.life import Life
from alerting.chase.words import Words, both, clock, name_of, title_of
from alerting.errors import SuianError
from alerting.people import Person, Post


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
