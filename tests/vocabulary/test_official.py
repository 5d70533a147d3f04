"""How official warnings name their hazards, and what that makes of them."""

from __future__ import annotations

import pytest

from alerting.vocabulary.official import shipped


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
