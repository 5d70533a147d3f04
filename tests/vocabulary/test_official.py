"""How official warnings name their hazards, and what that makes of them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from alerting.errors import BadInput
from alerting.rulebook.warnings import load_warnings, read_warnings
from alerting.vocabulary.official import SHIPPED, shipped


@pytest.mark.parametrize(
    ("text", "hazard"),
    [
        ("道路结冰", "road-icing"),
        ("低温凝冻", "freezing-rain"),
        ("低温雨雪冰冻", "freezing-rain"),
        ("雷暴大风", "gale"),
        ("海上大雾", "fog"),
        ("地质灾害气象风险", "slope"),
        ("Yellow snow ice warning", "road-icing"),
        ("snow-ice", "road-icing"),
        ("Freezing rain, icing", "freezing-rain"),
        ("Ice warning", "road-icing"),
        ("Train services suspended", None),
        ("強烈季候風信號", "gale"),
        ("濃霧", "fog"),
        ("STARKES GEWITTER", "lightning"),
        ("空间天气", None),
    ],
)
def test_the_longest_name_in_a_text_decides(text: str, hazard: str | None) -> None:
    assert shipped().named(text) == hazard


def test_meteoalarms_snow_ice_is_the_same_by_name_and_by_number() -> None:
    assert shipped().awareness_types[2] == shipped().named("snow ice") == "road-icing"


def test_codes_are_read_in_either_case_and_those_of_none_of_ours_are_told_from_unknown_ones() -> None:
    assert shipped().code("11b21") == "road-icing"
    assert shipped().code("11B28") == ""
    assert shipped().code("11B99") is None


@pytest.mark.usefixtures("shared")
def test_every_event_that_the_weather_service_was_seen_to_send_has_its_line() -> None:
    seen: set[str] = set()
    folder = Path(os.environ.get("SUIAN_SHARED", Path(__file__).parents[3] / "shared"))
    for file in (folder / "data" / "payloads" / "nws").glob("alerts_active*.json"):
        said = json.loads(file.read_bytes())
        seen |= {feature["properties"]["event"] for feature in said["features"]}
    assert len(seen) > 150
    sender = "w-nws.webmaster@noaa.gov"
    assert {event for event in seen if shipped().event(sender, "", event) is None} == set()


GOOD = SHIPPED.read_text("utf-8")


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("Blizzard Warning:                        snow red", "Blizzard Warning: snwo red",
         "'snwo' is no hazard; did you mean 'snow'?"),
        ("Blizzard Warning:                        snow red", "Blizzard Warning: snow purple",
         "'purple' is no colour; known: blue, yellow, orange, red"),
        ("Blizzard Warning:                        snow red", "Blizzard Warning: none red",
         "'none red' is a hazard and a colour"),
        ("  Severe: orange", "  Severe: amber", "'amber' is no colour"),
        ("    2: yellow", "    2: yelow", "'yelow' is no colour; did you mean 'yellow'?"),
        ("    4: fog ", "    4: fogg ", "did you mean 'fog'?"),
        ("  11B21: road-icing", "  11B21: ice", "'ice' is no hazard"),
        ("  frost: [", "  forst: [", "did you mean 'frost'?"),
        ("words:\n", "wrods:\n", "wrods is not a key of this file"),
        ("  11B01: typhoon", "  11B01: typhoon\n  11B01: gale", "duplicate"),
        ("severity:\n", "severity: [\n", "not YAML"),
    ],
)
def test_a_fault_in_the_table_is_named_with_its_line(
    tmp_path: Path, right: str, wrong: str, said: str
) -> None:
    assert right in GOOD
    (tmp_path / "warnings.yaml").write_text(GOOD.replace(right, wrong, 1), "utf-8")
    _, problems = read_warnings(tmp_path)
    line = 1 + GOOD[: GOOD.index(right)].count("\n")
    told = [p.removeprefix(f"{tmp_path}/warnings.yaml:") for p in problems if said in p]
    assert told, problems
    assert abs(int(told[0].split(":")[0]) - line) <= 2, told
    with pytest.raises(BadInput, match="does not load"):
        load_warnings(tmp_path)


def test_a_folder_without_a_table_has_the_shipped_one(tmp_path: Path) -> None:
    assert load_warnings(tmp_path) is shipped()
