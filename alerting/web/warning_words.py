"""What the page of official warnings says: key -> (Chinese, English)."""

from __future__ import annotations

WARNING_WORDS: dict[str, tuple[str, str]] = {
    "warnings": ("官方预警", "Warnings"),
    "warnings_title": ("有效官方预警", "Official warnings in force"),
    "warnings_text": (
        "只列涉及本县的。预警由气象等部门发布，本系统的风险提示另见首页。",
        "Those that concern this county. Offices issue them; our own risk advisories are on the"
        " front page."),
    "warnings_none": (
        "目前没有涉及本县的官方预警。", "No official warning is in force for this county."),
    "warnings_none_known": (
        "已收到的预警中没有涉及本县的。", "None for this county among those that reached us."),
    "warnings_unsure": (
        "{sources}没有消息：可能有预警没有收到，不能当作没有预警。",
        "{sources}: silent. There may be warnings that did not reach us; this is not all-clear."),
    "warnings_no_feed": (
        "没有启用官方预警数据源：这里只有推送来的和人工录入的。",
        "No source of official warnings is switched on: only those pushed or typed in are here."),
    "warnings_ended": (
        "这次演练已经结束，不再有有效的官方预警。",
        "This exercise has ended; nothing is in force in it."),
    "warning_issued": ("{at} 发布", "issued {at}"),
    "warning_begins": ("{at} 起", "from {at}"),
    "warning_until": ("至 {at}", "until {at}"),
    "warning_until_lifted": (
        "至解除为止（未写截止时间，最迟算到 {at}）",
        "until lifted (it names no end; counted until {at} at the latest)"),
    "warning_unheard": (
        "已过截止时间，但来源没有消息，仍按有效处理。",
        "Its end has passed, but its source is silent: it still counts."),
    "warning_area": ("范围", "Area"),
    "warning_whole": ("全部乡镇", "all of the county"),
    "warning_here": ("本县涉及", "Here"),
    "warning_unknown": (
        "本系统不认识这一类，没有触发任何措施，请人工研判。",
        "Not a kind we know: nothing was asked of anybody. Read it and decide."),
    "warning_not_ours": (
        "这一类不属于本系统的灾种，没有触发任何措施。",
        "Not one of our hazards: nothing was asked of anybody."),
    "warning_opened": ("据此打开的风险提示", "Advisories by it"),
    "warning_opened_none": ("没有据此打开的风险提示。", "No risk advisory is open by it."),
    "warning_own_words": ("原文", "Its own words"),
}  # fmt: skip
