"""What the month comes to, in a few sentences that name who was worst and how bad it was."""

from __future__ import annotations

from typing import Any

from alerting.service.bulletin.window import Words
from alerting.vocabulary import NAMES, Level

NAMED = 3  # posts, advisories and measures that a sentence names


def findings(made: dict[str, Any]) -> list[Words]:
    """In the order in which a committee would ask; what has nothing to say says nothing."""
    told = [
        _alerts(made), _lead(made["lead"]), _answers(made), _slow(made["posts"]),
        _open(made["open"]), _gates(made["gates"]), _unseen(made["unseen"]), _dead(made["messages"]),
    ]  # fmt: skip
    return [one for one in told if one is not None]


def _alerts(made: dict[str, Any]) -> Words | None:
    counts = {level: sum(one["alerts"] for row in made["alerts"] for one in row["levels"]
                         if one["level"] == level.name) for level in reversed(Level)}  # fmt: skip
    total, official = sum(counts.values()), sum(r["warnings"] for r in made["warnings"]["by"])
    if not total and not official:
        return None
    zh = "、".join(f"{NAMES['zh'][level]}{n}件" for level, n in counts.items() if n)
    en = ", ".join(f"{n} {NAMES['en'][level]}" for level, n in counts.items() if n)
    return {
        "zh": f"风险提示{total}件" + (f"（{zh}）" if zh else "") + f"，收到官方预警{official}条。",
        "en": f"Risk advisories: {total}" + (f" ({en})" if en else "")
        + f"; official warnings received: {official}.",
    }  # fmt: skip


def _lead(lead: dict[str, Any]) -> Words | None:
    if not lead["counted"] and not lead["none"]:
        return None
    zh, en = "", ""
    if lead["counted"]:
        worst = lead["worst"]
        where = {one: f"{worst['title'][one]}{' ' if one == 'en' else '·'}{worst['place'][one]}"
                 for one in ("zh", "en")}  # fmt: skip
        zh = f"一线叫醒提前量中位数{lead['median']}分钟，最短{worst['lead']}分钟（{where['zh']}）"
        en = f"Lead: median {lead['median']} min, worst {worst['lead']} min ({where['en']})"
    if late := len(lead["late"]):
        zh += f"{'，' if zh else ''}{late}件叫醒时已出现"
        en += f"{'; ' if en else 'Lead: '}{late} woken at or after the onset"
    if none := len(lead["none"]):
        zh += f"{'，' if zh else ''}{none}件一线始终无人应答"
        en += f"{'; ' if en else 'Lead: '}{none} to which the field force never answered"
    return {"zh": f"{zh}。", "en": f"{en}."}


def _answers(made: dict[str, Any]) -> Words | None:
    counted = ("asked", "woken", "late", "never", "ordered", "in_force", "overdue")
    sums = {key: sum(row[key] for row in made["tiers"]) for key in counted}
    if not sums["asked"] and not sums["ordered"]:
        return None
    share = round(100 * sums["woken"] / sums["asked"]) if sums["asked"] else 0
    zh, en = [], []
    if sums["asked"]:
        zh.append(f"叫应{sums['asked']}项，应答{sums['woken']}项（{share}%），"
                  f"其中转呼后才应答{sums['late']}项，始终未应答{sums['never']}项")  # fmt: skip
        en.append(f"Calls: {sums['asked']}, answered {sums['woken']} ({share} %), of these"
                  f" {sums['late']} only once passed on; never answered {sums['never']}")  # fmt: skip
    if sums["ordered"]:
        zh.append(f"下达措施{sums['ordered']}项，落实{sums['in_force']}项，超时{sums['overdue']}项")
        en.append(f"measures ordered: {sums['ordered']}, in force {sums['in_force']},"
                  f" overdue {sums['overdue']}")  # fmt: skip
    said = "; ".join(en)
    return {"zh": f"{'；'.join(zh)}。", "en": f"{said[:1].upper()}{said[1:]}."}


def _slow(posts: list[dict[str, Any]]) -> Words | None:
    """The posts that stand first in the ranking, each with what it owes."""
    worst = posts[:NAMED]
    if not worst:
        return None
    zh = "；".join(f"{p['title']['zh']}（{_owed(p, 0)}）" for p in worst)
    en = "; ".join(f"{p['title']['en']} ({_owed(p, 1)})" for p in worst)
    return {"zh": f"应答、落实最差的单位：{zh}。", "en": f"Slowest to answer or act: {en}."}


def _owed(post: dict[str, Any], at: int) -> str:
    words = (("never", "未应答{n}", "{n} unanswered"), ("overdue", "超时{n}", "{n} overdue"),
             ("late", "转呼后应答{n}", "{n} answered late"),
             ("cannot", "无法执行{n}", "{n} could not"))  # fmt: skip
    said = [(zh, en)[at].format(n=post[key]) for key, zh, en in words if post[key]]
    return ("，", ", ")[at].join(said)


def _open(still: list[dict[str, Any]]) -> Words | None:
    count = sum(len(row["objects"]) for row in still)
    if not count:
        return None
    oldest = still[0]
    return {
        "zh": f"尚未结束的措施{count}项，最久{oldest['days']}天：{oldest['title']['zh']}"
        f"（{oldest['owner']['zh']}）。",
        "en": f"Measures still open: {count}, the oldest ({oldest['days']} d)"
        f" {oldest['title']['en']}, {oldest['owner']['en']}.",
    }


def _gates(gates: list[dict[str, Any]]) -> Words | None:
    if not gates:
        return None
    lifted = sum(one["ended"] is not None for one in gates)
    refused = sum(one["refused"] for one in gates)
    return {
        "zh": f"停产停工{len(gates)}项，已解除{lifted}项，四项确认未受理{refused}次。",
        "en": f"Halts behind the gate: {len(gates)}, lifted {lifted}; attestations refused: {refused}.",
    }


def _unseen(unseen: list[dict[str, Any]]) -> Words | None:
    if not unseen:
        return None
    worst = unseen[:NAMED]
    zh = "；".join(f"{r['title']['zh']}·{r['place']['zh']} {r['hours']:g}小时" for r in worst)
    en = "; ".join(f"{r['title']['en']}, {r['place']['en']}: {r['hours']:g} h" for r in worst)
    return {"zh": f"系统自身的异常，最久的是：{zh}。",
            "en": f"The service's own troubles, longest first: {en}."}  # fmt: skip


def _dead(sent: dict[str, Any]) -> Words | None:
    if not sent["sent"]:
        return None
    return {"zh": f"发出消息{sent['sent']}条，未送达{sent['dead']}条。",
            "en": f"Messages sent: {sent['sent']}, not delivered: {sent['dead']}."}  # fmt: skip
