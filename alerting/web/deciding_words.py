"""What pages say to who decides, and of what went ahead of them: key -> (Chinese, English)."""

from __future__ import annotations

DECIDING_WORDS: dict[str, tuple[str, str]] = {
    # Of what was ordered ahead of its signature
    "confirm_approve": ("追认", "Confirm"),
    "confirm_approve-changed": ("改后追认", "Confirm with changes"),
    "confirm_refuse": ("撤回", "Take it back"),
    "confirm_open": ("追认或撤回", "Confirm or take back"),
    "sign_again": ("修改已批准的内容", "Change what you signed"),
    "sign_again_note": (
        "您批准的是：{what}。改后随即重新下达。",
        "You signed: {what}. Changed, it is issued again at once."),
    "unconfirmed": ("先行下达，尚未追认", "ordered ahead, not confirmed yet"),
    "unconfirmed_n": ("待追认 {n}", "{n} to be confirmed"),
    "ahead_waits": ("待先行下达", "to be ordered ahead"),
    "ahead_unconfirmed": (
        "{at} 先行下达，待{who}追认；答复之前继续执行。",
        "Ordered on {at} ahead of its signature: {who} is to confirm it or take it back. It stands"
        " until then."),
    "ahead_confirmed": (
        "{at} 先行下达，已由{who}追认。",
        "Ordered on {at} ahead of its signature; confirmed by {who}."),
    "ahead_never": (
        "{at} 先行下达，结束时尚未追认。",
        "Ordered on {at} ahead of its signature; it ended before anybody confirmed it."),
    # What a decider sees besides the question
    "around_title": ("决定之前可知", "What to know before deciding"),
    "around_meanwhile": ("其间先行", "Meanwhile"),
    "around_nothing": ("决定之前没有先行措施。", "Nothing stands in for it until it is decided."),
    "around_stands": ("答复之前，此项继续执行。", "This order stands until it is decided."),
    "around_beside": ("相邻路段、区域", "Next door"),
    "around_quiet": (
        "相邻处没有同类或同行业的措施。", "Nothing of this kind or sector is asked next door."),
}  # fmt: skip
