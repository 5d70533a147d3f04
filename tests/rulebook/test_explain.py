"""Why: fired, unknown, undecidable and just missed, with hours, values and where they came from."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerting.rulebook.binding import BindFacts
from alerting.rulebook.evaluate import Bound
from alerting.rulebook.explain import explain, explain_each
from alerting.rulebook.wording import sentence
from tests.rulebook.sights import NOW, ZONE, Said, days, rule, sight
from tests.rulebook.test_evaluate import expressions, sights, tried

HOUR = timedelta(hours=1)


class Told(NamedTuple):
    source: str
    issued: datetime
    kind: str


def origin(quantity, column, row):
    return Told(f"run {column}.{row}", NOW - HOUR, "forecast")


def why(made, seen, column=0):
    bound = Bound([made], BindFacts.of(seen, "zone"))
    return explain(bound, "tried", seen, column, origin)


def said(made, seen, language="en", titles=None):
    return sentence(why(made, seen), language, ZONE, titles)


FOG = rule(
    yellow="(visibility < 200 m for 2 h) within 12 h",
    red="(visibility < 50 m) within 2 h or observed visibility < 50 m",
)


def test_what_fired_names_hours_value_threshold_and_origin():
    told = why(FOG, sight({"visibility": [800, 300, 45, 40, 160, 600]}))
    assert told.levels == {"yellow": "true", "red": "true"}
    assert told.stretch(4) == (NOW + 2 * HOUR, NOW + 3 * HOUR)
    assert told.stretch(2) == (NOW + 2 * HOUR, NOW + 4 * HOUR)
    (reason,) = told.details["red"].reasons
    assert (reason.value, reason.threshold, reason.unit) == (40.0, 50.0, "m")
    assert (reason.first, reason.last, reason.at) == (NOW + 2 * HOUR, NOW + 3 * HOUR, NOW + 3 * HOUR)
    assert (reason.source, reason.issued) == ("run 0.3", NOW - HOUR)
    assert told.clear is not None
    assert told.clear.state == "true"
    assert json.loads(json.dumps(told.json()))["details"]["red"]["reasons"][0]["value"] == 40.0


def test_a_season_is_called_by_its_name_and_not_by_its_key():
    made, seen = rule(None, yellow="season year-end"), sight({"visibility": [900]})
    titles = {"year-end": {"zh": "岁末年初", "en": "Turn of the year"}}
    assert said(made, seen, "zh", titles) == "时段：岁末年初"
    assert said(made, seen, "en", titles) == "season: Turn of the year"


def test_the_hours_of_a_rule_are_told_in_the_readers_language():
    made, seen = rule(None, yellow="between 06:00 and 09:00"), sight({"visibility": [900]})
    assert said(made, seen, "zh").endswith("时间 06:00至09:00")
    assert said(made, seen, "en").endswith("between 06:00 and 09:00")


def test_one_line_in_both_languages():
    seen = sight({"visibility": [800, 300, 40, 40]})
    assert said(FOG, seen, "zh") == "能见度 1月20日07时 40 m < 50 m"
    assert said(FOG, seen) == "visibility 40 m < 50 m at 07:00 on 20 Jan"


def test_a_stretch_under_way_began_when_it_began():
    seen = sight({"visibility": [900, 100, 100, 100, 900]}, past=3)
    assert why(FOG, seen).stretch(2) == (NOW - 2 * HOUR, NOW)


def test_what_did_not_fire_names_the_nearest_miss():
    told = why(FOG, sight({"visibility": [800, 310, 900]}))
    (reason,) = told.details["yellow"].reasons
    assert (reason.state, reason.value, reason.at) == ("false", 310.0, NOW + HOUR)
    assert told.stretch(4) == (None, None)
    seen = sight({"visibility": [800, 310, 900]})
    assert said(FOG, seen) == "not met: visibility 310 m at 06:00 on 20 Jan, needs < 200 m"
    assert said(FOG, seen, "zh") == "未达到：能见度1月20日06时 310 m，需 < 200 m"


def test_what_is_unknown_names_the_missing_hours():
    seen = sight({"visibility": [800, None, None, 900]}, past=0)
    assert why(FOG, seen).levels == {"yellow": "unknown", "red": "unknown"}
    assert said(FOG, seen) == "unknown: visibility missing 06:00 on 20 Jan to 07:00 on 20 Jan"


def test_what_cannot_be_decided_names_what_is_absent():
    made = rule(yellow="visibility < 200 m and temperature < 0 degC")
    told = why(made, sight({"visibility": [10]}))
    assert told.levels == {"yellow": "undecidable"}
    assert told.details["yellow"].missing == ("temperature",)
    assert said(made, sight({"visibility": [10]})) == "undecidable: no source of temperature"
    assert said(made, sight({"visibility": [10]}), "zh") == "无法判断：缺少气温来源"


def test_derived_values_are_marked():
    made = rule("wet_bulb > 1 degC", yellow="wet_bulb < 0 degC")
    seen = replace(sight({"wet_bulb": [-1.25]}), derived=frozenset({"wet_bulb"}))
    assert said(made, seen) == "wet bulb -1.2 °C < 0 °C (derived) at 05:00 on 20 Jan"


def test_facts_and_observations_speak_too():
    made = rule(None, yellow="warning fog >= yellow or observed visibility < 50 m")
    seen = sight({"visibility": [900]}, observed={"visibility": [30]},
                 facts=Said(warnings={"fog": [3]}))  # fmt: skip
    assert said(made, seen, "zh") == "大雾橙色预警；实测能见度 30 m（< 50 m）"


def test_windows_and_days_are_named_as_readers_say_them():
    snow = rule("snowfall < 1 mm", hazard="snow", yellow="sum(snowfall, 3 h) >= 4 mm")
    assert said(snow, sight({"snowfall": [1, 2, 3.5]}, past=2), "zh") == (
        "3小时累计降雪（水量） 1月20日05时 6.5 mm ≥ 4 mm"
    )
    cold = rule("temperature > 0 degC", hazard="cold-wave",
                yellow="change(daily_min(temperature), 24 h) <= -8 K")  # fmt: skip
    daily = {"temperature": {"min": days([6, -4], [6, -4], [1, 1], [-8, 1])}}
    assert said(cold, sight({"temperature": [0, 0]}, daily=daily)) == (
        "change of daily minimum of temperature in 24 h -10 °C ≤ -8 °C at 05:00 on 20 Jan"
    )


def test_it_agrees_with_the_verdict_at_any_column():
    random = np.random.default_rng(7)
    field = (random.integers(0, 40, (12, 60)) * 10).astype(np.float32)
    field[random.random(field.shape) < 0.1] = np.nan
    seen = sight({"visibility": field}, past=4)
    verdict = Bound([FOG], BindFacts.of(seen, "zone")).evaluate(seen)[0]
    for column in range(60):
        told = why(FOG, seen, column)
        for n, state in enumerate(told.levels.values()):
            true, possible = verdict.true[n, column], verdict.possible[n, column]
            assert state == ("true" if true else "unknown" if possible else "false")
        if told.level:
            onset, until = told.stretch(told.level)
            assert onset is not None
            assert onset <= until


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(when=expressions, seen=sights(), seed=st.integers(0, 2**32 - 1))
def test_what_is_told_of_a_column_does_not_depend_on_who_else_is_asked(when, seen, seed):
    random = np.random.default_rng(seed)
    # At some columns this or that cannot be said: there the rule is another one.
    able = {q: random.random(seen.columns) < 0.7 for q in ("temperature", "wind_speed")}
    seen = replace(seen, can_say={**seen.can_say, **able}, can_observe={"temperature": ~able["temperature"]})
    made, _ = tried(when, seen)
    bound = Bound([made], BindFacts.of(seen, "zone"))
    columns = [int(c) for c in random.permutation(seen.columns)]
    together = explain_each(bound, "tried", seen, columns, origin)
    for column in columns:
        assert together[column] == explain(bound, "tried", seen, column, origin)
