"""The book as one table: sector, hazard, level, measure, decider, source."""

from __future__ import annotations

from collections.abc import Iterator

from alerting.rulebook.book import Book, LevelRule, Rule
from alerting.rulebook.measures import Ask
from alerting.vocabulary import HAZARDS, NAMES, PLACE_KINDS, SECTORS, TIERS
from alerting.vocabulary.languages import Language

PAGES: dict[Language, str] = {"zh": "rule-table.zh.md", "en": "rule-table.md"}
HEADS = {
    "en": ("Sector", "Hazard", "Rule", "Where", "Level", "When", "Measure", "Decider", "Carrier",
           "Source"),
    "zh": ("行业", "灾种", "规则", "对象", "级别", "条件", "措施", "决定", "落实", "依据"),
}  # fmt: skip
INTRO = {
    "en": """\
# What each rule asks

Written by `suian docs rules` from the rules themselves; change those, not this page. A level asks for
the measures of all levels below it, too. Where nobody decides, the measure is issued at once.
中文见 [rule-table.zh.md](rule-table.zh.md).
""",
    "zh": """\
# 规则措施对照表

本页由 `suian docs rules` 按规则文件生成，请改规则，不改本页。每一级同时要求其下各级的措施；
无人决定的，立即下达。规则的依据按规则文件原文。English: [rule-table.md](rule-table.md).
""",
}

_INHABITED = ("（有人居住处）", " where people live")

def rule_table(book: Book, language: Language) -> str:
    """The page in Markdown; sectors in the mission's order, rules in their pack's."""
    lines = [INTRO[language]]
    heads = HEADS[language]
    lines.append(_row(heads))
    lines.append(_row(["---"] * len(heads)))
    order = list(SECTORS)
    for rule in sorted(book.rules, key=lambda one: order.index(one.sector)):
        lines += [_row(cells) for cells in _rows(book, rule, language)]
    return "\n".join(lines) + "\n"


def _rows(book: Book, rule: Rule, language: Language) -> Iterator[list[str]]:
    hazard = HAZARDS[rule.hazard]
    about = [
        _called(SECTORS[rule.sector][1:], language),
        hazard.zh if language == "zh" else hazard.en,
        f"{rule.title[language]} (`{rule.id}`)",
        " ".join([_called(PLACE_KINDS[rule.place], language), *sorted(rule.tags)])
        + (_called(_INHABITED, language) if rule.points == "inhabited" else ""),
    ]
    for name, step in rule.levels.items():
        colour = NAMES[language].get(int(step.level), name)
        for ask in step.ask or (None,):
            yield [*about, colour, f"`{' '.join(step.text.split())}`",
                   *_asked(book, rule, step, ask, language)]  # fmt: skip


def _asked(
    book: Book, rule: Rule, step: LevelRule, ask: Ask | None, language: Language
) -> list[str]:
    """Measure, decider, carrier and source; of a level that asks for nothing, its source alone."""
    if ask is None:
        return ["–", "–", "–", "; ".join(rule.basis)]
    measure = book.measures[ask.measure]
    said = measure.say(ask.arguments, language)
    title = measure.title[language]
    if said:
        title = f"{title}：{said}" if language == "zh" else f"{title}: {said}"
    decider = _called(TIERS[measure.decider], language) if measure.decider else "–"
    source = dict.fromkeys([*rule.basis, *measure.grounds(language)])
    return [f"{title} (`{ask.measure}`)", decider, _called(TIERS[measure.carrier], language),
            "; ".join(source)]  # fmt: skip


def _called(names: tuple[str, ...], language: Language) -> str:
    return names[0] if language == "zh" else names[1]


def _row(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
