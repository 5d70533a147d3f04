"""The JSON Schemas that editors use: written from the models, true to the loader."""

from __future__ import annotations

import json
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from jsonschema import Draft7Validator
from ruamel.yaml import YAML

from alerting.calendar import Calendar
from alerting.errors import BadInput
from alerting.rulebook.loading import load_book
from alerting.rulebook.scaffold import MODELINE, Draft, pack_text
from alerting.rulebook.schema import schemas, text_of
from tests.rulebook.test_lints import FILES, written

ROOT = Path(__file__).parents[2]
RULES = ROOT / "rules"
OF = {"measures.yaml": "measures.json", "districts.yaml": "districts.json", "calendar.yaml": "calendar.json",
      "warnings.yaml": "warnings.json", "policies.yaml": "policies.json",
      "calling.yaml": "calling.json"}  # fmt: skip


def problems(name: str, text: str) -> list[str]:
    """What an editor would mark in a file of that name."""
    validator = Draft7Validator(schemas()[OF.get(name, "pack.json")])
    return [e.message for e in validator.iter_errors(YAML(typ="safe").load(text))]


@pytest.mark.parametrize("name", sorted(schemas()))
def test_what_is_shipped_is_what_the_models_say(name: str) -> None:
    assert (RULES / "schema" / name).read_text("utf-8") == text_of(schemas()[name]), "suian docs schema"
    Draft7Validator.check_schema(schemas()[name])


@pytest.mark.parametrize("file", sorted(RULES.glob("*.yaml")), ids=lambda f: f.name)
def test_no_shipped_file_is_marked(file: Path) -> None:
    assert problems(file.name, file.read_text("utf-8")) == []


def test_what_a_file_names_as_its_schema_is_there_and_is_its_own() -> None:
    draft = Draft("w", "education", "gale", "school", "wind_gust", "above", {"red": 20.0}, {}, 10.0)
    files = {f.name: f.read_text("utf-8") for f in RULES.glob("*.yaml")} | {"new.yaml": pack_text(draft)}
    assert files["new.yaml"].startswith(MODELINE)
    for name, text in files.items():
        for named in re.findall(r"^# yaml-language-server: \$schema=(\S+)", text, re.M):
            assert named == f"schema/{OF.get(name, 'pack.json')}", name
            assert problems(name, text) == [], name
            json.loads((RULES / named).read_text("utf-8"))


# One wrong word a file: what the loader refuses, the schema marks.
WRONG = [
    ("roads.yaml", "hazard: fog", "hazard: fogg"),
    ("roads.yaml", "place: zone", "place: planet"),
    ("roads.yaml", "sector: road-traffic", "sector: roads"),
    ("roads.yaml", "- id: rush", "- id: Rush"),
    ("roads.yaml", "- id: rush", "- id: rush\n    wehre: tags has x"),
    ("roads.yaml", "- id: rush", "- id: rush\n    where: has tags x"),
    ("roads.yaml", "- id: rush", "- id: rush\n    audience: [mayor]"),
    ("roads.yaml", "      blue:\n", "      purple:\n"),
    ("roads.yaml", "expect: {level: none}}\n  - id: snow", "expect: {level: nothing}}\n  - id: snow"),
    ("roads.yaml", "given: {surface_temperature: [3]", "given: {surface_temprature: [3]"),
    ("roads.yaml", "        when: season year-end or", "        wen: season year-end or"),
    ("measures.yaml", "decider: regulator", "decider: boss"),
    ("measures.yaml", "form: propose", "form: suggest"),
    ("measures.yaml", "stricter: lower", "stricter: less"),
    ("measures.yaml", "title: {zh: 封闭, en: Close}", "title: {zh: 封闭}"),
    ("measures.yaml", "interim: [guide]", "intreim: [guide]"),
    ("districts.yaml", "value: 200 m", "value: far"),
    ("districts.yaml", "  fog:", "  Fog:"),
    ("calendar.yaml", "from: 12-01\n    to: 02-10", "from: 12-01"),
    ("calendar.yaml", "from: 05-01", "from: may"),
    ("calendar.yaml", "from: 05-01", "from: {lunar: 1-1, term: qingming}"),
    ("calendar.yaml", "from: 05-01", "from: {term: qinming}"),
    ("calendar.yaml", "public: 春节", "publik: 春节"),
    ("calendar.yaml", "from: 05-01\n    to: 09-30", "last-days-of-year: 400"),
]


@pytest.mark.parametrize(("file", "old", "new"), WRONG, ids=[f"{f}: {n}" for f, _, n in WRONG])
def test_what_does_not_load_is_marked(tmp_path: Path, file: str, old: str, new: str) -> None:
    assert FILES[file].count(old) == 1
    text = FILES[file].replace(old, new)
    written(tmp_path)
    (tmp_path / file).write_text(text, "utf-8")
    if file == "calendar.yaml":
        with pytest.raises(BadInput):
            Calendar.load(tmp_path / file, ZoneInfo("Asia/Shanghai"))
    else:
        with pytest.raises(BadInput):
            load_book(tmp_path)
    assert problems(file, text)


@pytest.mark.parametrize("file", sorted(FILES))
def test_the_sound_pack_is_not_marked(file: str) -> None:
    assert problems(file, FILES[file]) == []


def test_editors_are_told_the_words(tmp_path: Path) -> None:
    said = schemas()["pack.json"]
    rule = said["$defs"]["RuleText"]["properties"]
    assert "road-icing" in rule["hazard"]["enum"]
    assert "tunnel-mouth" in rule["place"]["enum"]
    assert "visibility" in said["$defs"]["Given"]["properties"]
    assert set(schemas()["measures.json"]["$defs"]["Measure"]["properties"]) >= {"needs-first", "by-minutes"}
