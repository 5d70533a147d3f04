"""预警: the met stations' word (Meteorology Law, art. 22). Pages and messages say it of what an office has
issued, and of nothing else; tests/rules/test_packs.py reads the texts of the book."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent
# Every text of the program that says it, whole and with what is filled in, by its file: each speaks of an
# office's.
OFFICIAL = {
    "alerting/alerts/triggers.py": [
        "{one['issuer']}{issued.day}日{issued.hour}时{minute}发布{hazard.zh}{NAMES['zh'][level]}预警"
    ],
    "alerting/cli/evaluate.py": [
        "    官方预警 official warning: {official['level']}, {official['issuer']}, {issued}"
    ],
    "alerting/cli/explain.py": [
        "  official warning 官方预警: {official['level']}, {official['issuer']}, {local(official['issued'], zone)}"
    ],
    "alerting/dispatch/wording.py": ["{issuer}{at}发布{colour}预警", "官方预警为{colour}"],
    "alerting/rulebook/wording.py": [
        "{hazard.zh}{colour}预警",
        "{hazard.zh}预警未知",
        "官方预警来源",
        "无{hazard.zh}预警",
    ],
    "alerting/service/bulletin/findings.py": ["，收到官方预警{official}条。"],
    "alerting/service/bulletin/words.py": [
        "二、收到的官方预警",
        "本月没有风险提示、官方预警、措施和消息，系统也没有异常。",
        "本月至今没有风险提示、官方预警、措施和消息，系统也没有异常。",
    ],
    "alerting/service/service_rules.py": ["官方预警种类未识别", "该预警已解除、到期或已能识别"],
    "alerting/service/survey.py": [
        "no source of official warnings is switched on 未启用官方预警数据源"
    ],
    "alerting/service/troubles.py": [
        "{one.sender}{at.day}日{at.hour}时{at.minute}分发布“{said}”{NAMES['zh'][level]}预警，没有对应的灾种，未触发任何措施，请人工研判"
    ],
    "alerting/web/api_answers.py": ["更新或解除预警时，请指明所指的那一条预警。"],
    "alerting/web/by_hand.py": ["更新或解除预警时，请选择所指的那一条预警。"],
    "alerting/web/chronicle.py": ["官方预警：{one.headline}", "收到一条无法读取的预警"],
    "alerting/web/labels.py": ["演练官方预警"],
    "alerting/web/warning_words.py": [
        "{sources}没有消息：可能有预警没有收到，不能当作没有预警。",
        "只列涉及本县的。预警由气象等部门发布，本系统的风险提示另见首页。",
        "官方预警",
        "已收到的预警中没有涉及本县的。",
        "有效官方预警",
        "没有启用官方预警数据源：这里只有推送来的和人工录入的。",
        "目前没有涉及本县的官方预警。",
        "这次演练已经结束，不再有有效的官方预警。",
    ],
    "alerting/web/words.py": [
        "官方预警",
        "录入官方预警（传真、电话）",
        "所更新或解除的预警",
        "预警已录入，相关风险提示随即更新。",
    ],
}


def texts_of(source: str) -> list[str]:
    """Its texts that say it, as they are written: a filled one with the names of what fills it. No
    docstrings."""
    tree = ast.parse(source)
    left_out: set[int] = set()  # docstrings, and the parts of a filled text
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(
            node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        ) and ast.get_docstring(node):
            left_out.add(id(node.body[0].value))  # type: ignore[attr-defined]
        if id(node) in left_out:
            continue
        if isinstance(node, ast.JoinedStr):
            left_out |= {id(part) for part in ast.walk(node)}
            found.append("".join(_part(part) for part in node.values))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.append(node.value)
    return sorted(text for text in found if "预警" in text)


def _part(node: ast.expr) -> str:
    if isinstance(node, ast.FormattedValue):
        return f"{{{ast.unparse(node.value)}}}"
    return str(node.value) if isinstance(node, ast.Constant) else ""


def test_every_text_of_the_program_that_says_it_speaks_of_an_office_s() -> None:
    said = {}
    for file in sorted((ROOT / "alerting").rglob("*.py")):
        source = file.read_text("utf-8")
        if "预警" in source and (texts := texts_of(source)):
            said[file.relative_to(ROOT).as_posix()] = texts
    assert said == OFFICIAL


def test_a_text_is_read_whole() -> None:
    source = """'''预警'''\na = f"{x.zh}{names['zh']}预警"\nb = "甲" f"{y:%H}预警" "乙"\nc = {"预警": "无"}\n"""
    assert texts_of(source) == sorted(["{x.zh}{names['zh']}预警", "甲{y}预警乙", "预警"])


def test_templates_say_it_but_through_those_texts() -> None:
    folders = (ROOT / "alerting" / "web" / "templates", ROOT / "alerting" / "dispatch" / "texts")
    files = [file for folder in folders for file in folder.rglob("*.*")]
    assert len(files) > 40
    assert [file for file in files if "预警" in file.read_text("utf-8")] == []
