"""The alarms as files: promtool reads them, they ring when they must, and a service that is well rings none,
whatever part of it runs."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from ruamel.yaml import YAML

from alerting.service.service_rules import SERVICE_RULES
from tests.conftest import lacking
from tests.deploy.running import Running

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "prometheus"
NAME = re.compile(r"\b(?:suian|process)_[a-z_]+\b")
# Written by Prometheus itself, not by a process of ours.
SYNTHETIC = {"up"}


@pytest.fixture(scope="module")
def promtool() -> Callable[..., str]:
    if shutil.which("promtool") is None:
        lacking("promtool, of Debian's package prometheus")

    def run(*words: str, folder: Path = FOLDER) -> str:
        done = subprocess.run(["promtool", *words], cwd=folder, text=True, capture_output=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    return run


def alarms() -> list[dict[str, Any]]:
    groups = YAML(typ="safe").load((FOLDER / "rules.yml").read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def test_promtool_reads_the_rules_and_the_config(promtool: Callable[..., str]) -> None:
    assert f"{len(alarms())} rules found" in promtool("check", "rules", "rules.yml")
    promtool("check", "config", "--syntax-only", "prometheus.yml")


def test_they_ring_when_they_must(promtool: Callable[..., str]) -> None:
    assert "SUCCESS" in promtool("test", "rules", "rules.test.yml")


def test_every_metric_they_name_is_told_by_a_process(running: Running) -> None:
    for rule in alarms():
        named = set(NAME.findall(rule["expr"]))
        assert named <= running.metrics, (rule["alert"], named - running.metrics)
        assert named or any(word in rule["expr"] for word in SYNTHETIC)


@pytest.mark.parametrize("part", ["all", "web"])
def test_a_service_that_is_well_rings_nothing(
    running: Running, promtool: Callable[..., str], tmp_path: Path, part: str
) -> None:
    """For hours, as it stands: the whole service, and of several processes one that does little."""
    series = [{"series": f'up{{job="suian",instance="{part}"}}', "values": "1x400"}]
    for family in text_string_to_metric_families(running.said(part)):
        for one in family.samples:
            if one.name.startswith(("python_", "suian_source")):  # nobody polls in this test
                continue
            labels = ",".join(f'{k}="{v}"' for k, v in sorted(one.labels.items()))
            still = f"{one.value}x400"
            value = "0+60x400" if one.name == "suian_clock_timestamp_seconds" else still
            series.append({"series": f'{one.name}{{job="suian",instance="{part}",{labels}}}', "values": value})
    shutil.copy(FOLDER / "rules.yml", tmp_path)
    silent = [{"alertname": rule["alert"], "eval_time": "5h", "exp_alerts": []} for rule in alarms()]
    with (tmp_path / "well.yml").open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump({
            "rule_files": ["rules.yml"], "evaluation_interval": "1m",
            "tests": [{"interval": "1m", "input_series": series, "alert_rule_test": silent}],
        }, file)  # fmt: skip
    assert "SUCCESS" in promtool("test", "rules", "well.yml", folder=tmp_path)


def test_every_alarm_has_its_runbook_and_every_runbook_its_alarm() -> None:
    text = (ROOT / "docs" / "runbooks.md").read_text("utf-8")
    parts = dict(re.findall(r"^## (\S+)\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL))
    theirs, ours = {rule["alert"] for rule in alarms()}, set(SERVICE_RULES)
    assert set(parts) == theirs | ours
    for rule in alarms():
        assert rule["annotations"]["runbook"] == f"docs/runbooks.md#{rule['alert'].lower()}"
        assert {"summary", "summary_zh"} <= set(rule["annotations"])
        assert rule["labels"]["severity"] in ("page", "ticket")
    for name, part in parts.items():
        if part.startswith("See "):
            assert all(target in {n.lower() for n in parts} for target in re.findall(r"\(#([\w-]+)\)", part)), name
            continue
        for must in ("**Means** ", "**Look** ", "**Do** ", "**Call** "):
            assert must in part, (name, must)
        named = set(NAME.findall(part))
        assert named <= Running.known(), (name, named - Running.known())
