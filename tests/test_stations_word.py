"""预警: the met stations' word (Meteorology Law, art. 22). Pages and messages say it of what an office has
issued, and of nothing else; tests/rules/test_packs.py reads the texts of the book."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent
# Every text of the program that says it, by its file: each speaks of an office's.
OFFICIAL = {
    "alerting/cli/evaluate.py": ["官方预警 official warning: "],
    "alerting/cli/explain.py": ["official warning 官方预警: "],
    "alerting/dispatch/wording.py": ["官方预警为", "预警"],
    "alerting/alerts/triggers.py": ["预警"],
    "alerting/rulebook/wording.py": ["预警未知", "预警", "预警", "官方预警来源"],
    "alerting/service/bulletin/findings.py": ["收到官方预警"],
    "alerting/service/bulletin/words.py": ["本月没有风险提示、官方预警", "本月至今没有风险提示、官方预警", "收到的官方预警"],
    "alerting/service/service_rules.py": ["官方预警种类未识别", "该预警已解除、到期或已能识别"],
    "alerting/service/survey.py": ["未启用官方预警数据源"],
    "alerting/service/troubles.py": ["预警，没有对应的灾种"],
    "alerting/web/api_answers.py": ["更新或解除预警时"],
    "alerting/web/by_hand.py": ["更新或解除预警时"],
    "alerting/web/chronicle.py": ["一条无法读取的预警", "官方预警："],
    "alerting/web/labels.py": ["演练官方预警"],
    "alerting/web/words.py": ["官方预警", "录入官方预警", "预警已录入", "所更新或解除的预警"],
}


def test_every_text_of_the_program_that_says_it_speaks_of_an_office_s() -> None:
    for file in sorted((ROOT / "alerting").rglob("*.py")):
        name, source = file.relative_to(ROOT).as_posix(), file.read_text("utf-8")
        if "预警" not in source:
            continue
        tree = ast.parse(source)
        documents = {ast.get_docstring(node, clean=False) for node in ast.walk(tree)
                     if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)}  # fmt: skip
        found = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)
                 and isinstance(n.value, str) and "预警" in n.value and n.value not in documents]  # fmt: skip
        known = OFFICIAL.get(name, [])
        assert len(found) == len(known), (name, found)
        for text in found:
            assert any(one in text for one in known), (name, text)


def test_templates_say_it_but_through_those_texts() -> None:
    folders = (ROOT / "alerting" / "web" / "templates", ROOT / "alerting" / "dispatch" / "texts")
    files = [file for folder in folders for file in folder.rglob("*.*")]
    assert len(files) > 40
    assert [file for file in files if "预警" in file.read_text("utf-8")] == []
