"""A message as pages show it to others than its reader.

Without the token of its link, which stands for that reader: whoever had it could answer and sign in
their place. Why it was not handed over is said in both languages; a provider's own words stay as they
are, and are marked as such.
"""

from __future__ import annotations

import re
from typing import Any

from alerting.dispatch.ways import AGAIN, STOPPED
from alerting.service.held import in_both
from alerting.store.schema import MAY_HAVE_ARRIVED
from alerting.web.labels import CHANNELS

_ELSEWHERE = re.compile(r"(.*); sent as [#\d, ]+ on (\S+)", re.DOTALL)


def as_shown(row: Any, reader: dict[str, str]) -> dict[str, Any]:
    """`row` of the table delivery."""
    return {
        "reader": reader, "channel": row.channel, "state": row.state, "at": row.created,
        "changed": row.at, "text": row.text.replace(f"/a/{row.link}", "/a/…") if row.link else row.text,
        "language": row.language, "error": why_undelivered(row.error),
    }  # fmt: skip


def why_undelivered(error: str) -> dict[str, str]:
    """Both languages; empty where nothing went wrong."""
    if not error:
        return {}
    moved = _ELSEWHERE.fullmatch(error)
    reason = (moved[1] if moved else error).removeprefix(AGAIN)
    arrived = reason.startswith(MAY_HAVE_ARRIVED)
    reason = reason.removeprefix(MAY_HAVE_ARRIVED)
    zh, en = _said(reason)
    if arrived:
        zh, en = f"可能已送达；{zh}", f"may have arrived; {en}"
    if moved:
        channel = CHANNELS.get(moved[2], (moved[2], moved[2]))
        zh, en = f"{zh}；已改用{channel[0]}发送", f"{en}; sent by {channel[1]} instead"
    return {"zh": zh, "en": en}


def _said(reason: str) -> tuple[str, str]:
    if reason == STOPPED:
        return "本人已退订这个号码", STOPPED
    if reason.endswith(" has left the post"):
        return "收信人已离岗，改发接任者", "its reader has left the post; who holds it now is told"
    known = in_both(reason)
    if known["zh"] != reason:
        return known["zh"], known["en"]
    return f"通道原话：{reason}", reason
