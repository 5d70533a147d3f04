"""The two sides of a conflict, in few words and in full."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from alerting.dispatch import together
from alerting.dispatch.lines import plain, time_of

if TYPE_CHECKING:
    from alerting.dispatch.wording import News, Words


def which(words: Words, news: News) -> str:
    """What each is, since when, who asks."""
    said = [_side(words, side, news.created) for side in news.facts["sides"]]
    if words.language == "zh":
        return f"两项措施冲突，请决定：①{said[0]}；②{said[1]}"
    return f"Two conflict, decide: (1) {said[0]}; (2) {said[1]}"


def sides_in_full(words: Words, news: News) -> list[str]:
    """What to do and where, whom it lets pass, what it protects, for the long text."""
    zh, lines = words.language == "zh", []
    for mark, side in zip("①②" if zh else "12", news.facts.get("sides") or (), strict=False):
        many = len(side.get("objects") or ()) > 1
        where, what = _where(words, news, side), words.measure(side, news.created, many)
        lines.append(f"{mark} {where}：{what}" if zh else f"{mark}. {where}: {what}")
        definition = words.book.measures.get(side["measure"])
        if definition is not None:
            lines.append(plain(definition.do[words.language]))
            lines += words.passing(definition, side)
        protects = plain(str((side.get("protects") or {}).get(words.language) or ""))
        if protects:
            lines.append(f"保护：{protects}" if zh else f"Protects: {protects}")
    return lines


def _side(words: Words, side: Mapping[str, Any], near: datetime) -> str:
    title = words.day(side, near) + plain(str(side["title"][words.language]))
    by = plain(side["by"][words.language])
    since = words.at(time_of(side["since"]) or near, near)
    if words.language == "zh":
        return f"{title}（{since}起，{by}要求）"
    return f"{title} (since {since}, asked by {by})"


def _where(words: Words, news: News, side: Mapping[str, Any]) -> str:
    several = side.get("objects") or ()
    if len(several) > 1:
        return together.called(words, several, str(news.facts.get("rule") or ""))
    return plain(str(side["where"][words.language]))
