"""Kinds of accident as bulletins name them (H-11), (Chinese, English)."""

from __future__ import annotations

# A rule may look for another kind too: it is then called by its key.
INCIDENTS: dict[str, tuple[str, str]] = {
    "confined-space": ("有限空间中毒窒息", "confined space"),
    "molten-metal": ("高温熔融金属事故", "molten metal"),
    "gas-poisoning": ("煤气中毒", "gas poisoning"),
    "hot-work": ("动火作业事故", "hot work"),
    "dust-explosion": ("粉尘爆炸", "dust explosion"),
    "roof-fall": ("顶板事故", "roof fall"),
    "mine-gas": ("瓦斯事故", "gas in a mine"),
    "mine-water": ("矿井水害", "water in a mine"),
    "slope-collapse": ("边坡坍塌", "slope collapse"),
    "goaf-collapse": ("采空区塌陷", "goaf collapse"),
    "chemical-leak": ("危险化学品泄漏", "chemical leak"),
    "chemical-explosion": ("危险化学品爆炸", "chemical explosion"),
    "gas-explosion": ("燃气爆炸", "gas explosion"),
    "fire": ("火灾", "fire"),
}


def incident_named(kind: str) -> dict[str, str]:
    """What a kind is called in both languages; its key where nobody has named it."""
    zh, en = INCIDENTS.get(kind, (kind, kind))
    return {"zh": zh, "en": en}
