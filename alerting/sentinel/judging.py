"""Whether the service lives and tells the truth, by its last heartbeat; pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from alerting.sentinel.memory import Memory
from alerting.sentinel.settings import Limits
from alerting.sentinel.wire import Words

EXERCISE = "exercise"  # of a turn, unanswered: the service is well, and nobody may be there
UNASKED = "unasked"  # of a turn, whose message did not get through by the sentinel's own way
EXERCISES = {EXERCISE, UNASKED}


def faults(
    memory: Memory, since: datetime, now: datetime, limits: Limits, zone: ZoneInfo
) -> dict[str, Words]:
    """By kind what is wrong at `now`, in words; nothing is an empty dict. `since` is from when on the
    sentinel has listened without a break: what came to nobody's ears before says nothing."""
    beat, heard = memory.beat, memory.heard
    if beat is None or heard is None:
        if (now - since).total_seconds() < limits.first:
            return {}
        return {"silent": {"zh": "哨兵启动以来从未收到过服务的心跳",
                           "en": "no heartbeat of the service has come since the sentinel began"}}
    if (now - max(heard, since)).total_seconds() >= limits.silent:
        return {"silent": {"zh": f"服务自{_said(heard, zone)}起没有心跳",
                           "en": f"no heartbeat of the service since {_said(heard, zone)}"}}
    found: dict[str, Words] = {}
    if beat.signal_age >= limits.waiting:
        n = _minutes(beat.signal_age)
        found["signals"] = {"zh": f"有信号已等待{n}分钟无人处理",
                            "en": f"a signal has waited {n} min to be taken"}
    unsent = heard - timedelta(seconds=beat.unsent_age)
    if beat.unsent_age >= limits.waiting and (memory.sent is None or memory.sent < unsent):
        n = _minutes(beat.unsent_age)
        last = _said(memory.sent, zone) if memory.sent else ""
        found["unsent"] = {
            "zh": f"有消息已等待{n}分钟未发出，{f'最近一次发出是{last}' if last else '从未发出过消息'}",
            "en": f"a message has waited {n} min to be sent,"
            f" {f'the last was sent {last}' if last else 'none was ever sent'}",
        }
    if abs(memory.ahead) > limits.clock:
        n, fast = round(abs(memory.ahead)), memory.ahead > 0
        found["clock"] = {"zh": f"服务的时钟比哨兵{'快' if fast else '慢'}{n}秒",
                          "en": f"its clock is {n} s {'ahead of' if fast else 'behind'} the sentinel's"}
    slow = sorted(name for name, s in beat.standing.items() if s >= limits.waiting)
    if slow:
        found["loops"] = {"zh": f"服务环节停滞：{'、'.join(slow)}",
                          "en": f"parts of it stand still: {', '.join(slow)}"}
    if silent := memory.silent(now):
        names = {one.id: one for one in beat.duty}
        for kind, zh, en in (
            (EXERCISE, "开始值班后未应答换班演练", "came on duty and did not answer the exercise"),
            (UNASKED, "开始值班后，哨兵的换班演练未能送达", "came on duty, and the sentinel's exercise"
             " could not be delivered"),
        ):  # fmt: skip
            # Who was asked in time by the service alone is silent too, if they did not answer that.
            mine = [t for t in silent if (t.asked or not t.there) == (kind == EXERCISE)]
            who = [names[t.person] for t in mine if t.person in names]
            if who:
                found[kind] = {"zh": f"{'、'.join(one.called('zh') for one in who)}{zh}",
                               "en": f"{', '.join(one.called('en') for one in who)} {en}"}
    return found


def _said(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%H:%M}"


def _minutes(seconds: float) -> int:
    return int(seconds // 60)
