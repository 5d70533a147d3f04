"""What a message of a call-out asks: its questions in order, by when, and an example of an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from alerting.dispatch.lines import plain

if TYPE_CHECKING:
    from alerting.dispatch.wording import News


def asks(news: News, due: str, language: str) -> str:
    """`请于20时15分前回5报告：①…②…（如：5 张三 3）`; the closing report says so. Who is called
    again has had the example, and needs the room for why."""
    questions: Sequence[Mapping[str, Any]] = news.facts.get("questions") or ()
    silent = plain(str((news.facts.get("for") or {}).get(language, "")))
    first, closing = news.kind in ("callout", "closing"), news.wants == "closing"
    if language == "zh":
        named = "".join(f"{chr(ord('①') + n)}{plain(q['zh'])}" for n, q in enumerate(questions))
        what = "回5报结束情况" if closing else "回5报告"
        by = f"请于{due}前" if due and first else f"请代{silent}" if silent else "请"
        return f"{by}{what}：{named}{_example(questions, 'zh') if first else ''}"
    named = " ".join(f"({n}) {plain(q['en'])}" for n, q in enumerate(questions, 1))
    what = "Closing report" if closing else "Report"
    what += f" for {silent}" if silent else ""
    by = f" by {due}" if due and first else ""
    return f"{what}{by}: 5, then {named}{_example(questions, 'en') if first else ''}"


def in_short(news: News, language: str) -> str:
    """For whom it is asked, where that is another; the questions stand behind a digest's link."""
    silent = plain(str((news.facts.get("for") or {}).get(language, "")))
    if not silent:
        return ""
    return f"请代{silent}报告" if language == "zh" else f"report for {silent}"


def _example(questions: Sequence[Mapping[str, Any]], language: str) -> str:
    shown = [str((q.get("example") or {}).get(language, "")) for q in questions]
    if not questions or not all(shown):
        return ""
    line = " ".join(["5", *shown])
    return f"（如：{line}）" if language == "zh" else f", e.g. {line}"
