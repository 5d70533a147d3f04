"""How official warnings name their hazards, and what that makes of them."""

from __future__ import annotations

import pytest

from alerting.vocabulary import hazard_named, hazard_of_awareness, hazard_of_code


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
    assert hazard_named(text) == hazard


def test_meteoalarms_snow_ice_is_the_same_by_name_and_by_number() -> None:
    assert hazard_of_awareness(2) == hazard_named("snow ice") == "road-icing"


def test_codes_are_read_in_either_case_and_unknown_ones_are_none() -> None:
    assert hazard_of_code("11b21") == "road-icing"
    assert hazard_of_code("11B28") is None
