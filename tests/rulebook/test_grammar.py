"""What the language takes, and what it says of the rest."""

from __future__ import annotations

import pytest

from alerting.rulebook import nodes as n
from alerting.rulebook.grammar import TextError, clearing, condition
from alerting.rulebook.nodes import text_of
from alerting.vocabulary import Level

TEXTS = [
    "visibility < 200 m",
    "(visibility < 200 m for 3 h) within 12 h",
    "(visibility < 50 m) within 2 h or observed visibility < 50 m",
    "change(daily_min(temperature), 24 h) <= -8 K and daily_min(temperature) <= 4 degC",
    "sum(snowfall, 12 h) >= 6 mm",
    "drop(temperature, 6 h) > 5 K",
    "(daily_mean(temperature) < 5 degC for 5 d)",
    "warning road-icing >= yellow and not season year-end",
    "incident confined-space within 168 h or reported icing or holiday spring-festival",
    "(temperature < 0 degC and between 20:00 and 06:30 and (on school-day or not humidity > 95 %)) within 12 h",
    "fire_danger >= 38",
    "sum(precipitation, 12 h) = 0 mm",
    "not (visibility < 200 m) within 3 h and (rain > 1 mm or reported icing)",
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_condition_reads_back_as_it_was_written(text):
    assert text_of(condition(text)) == text
    assert condition(text_of(condition(text))) == condition(text)


def test_precedence_and_terms():
    node = condition("visibility < 1 m or rain > 1 mm and reported icing")
    assert isinstance(node, n.Or)
    first, second = node.parts
    assert first == n.Term(n.Compare(n.Value("visibility"), "<", 1.0, "m"))
    assert second == n.And((n.Term(n.Compare(n.Value("rain"), ">", 1.0, "mm")), n.Reported("icing")))
    assert isinstance(condition("visibility < 1 m and not rain > 1 mm"), n.Term)
    assert condition("warning fog >= red") == n.Official("fog", ">=", Level.red)


@pytest.mark.parametrize(
    ("text", "threshold"),
    [
        ("visibility < 0.2 km", 200.0),
        ("wind_gust >= 36 km/h", 10.0),
        ("temperature < 32 degF", 0.0),
        ("temperature < -2 ℃", -2.0),
        ("temperature < -2 °C", -2.0),
        ("humidity > 95 %", 95.0),
        ("snow_depth >= 50 mm", 5.0),
        ("change(temperature, 24 h) <= -8 K", -8.0),
    ],
)
def test_thresholds_are_converted_to_the_vocabulary_s_unit(text, threshold):
    term = condition(text)
    assert isinstance(term, n.Term)
    assert isinstance(term.condition, n.Compare)
    assert term.condition.threshold == pytest.approx(threshold)


@pytest.mark.parametrize(
    ("text", "at", "what", "mend"),
    [
        ("visibility < 200 degC", "200", "cannot be compared", "Write it in m."),
        ("visibility < 200", "200", "has no unit", "Write it in m."),
        ("visibility < 200 mm/h", "200", "cannot be compared", "Write it in m."),
        ("visibility < 200 parrots", "200", "cannot be compared", "Write it in m."),
        ("temperature < 273 K", "273", "is a temperature", "degC"),
        ("change(temperature, 24 h) <= -8 degC", "-8", "difference", "Write -8 K."),
        ("fire_danger > 3 m", "3", "cannot be compared", "number alone"),
        ("visibilty < 3 m", "visibilty", "is no quantity", "Did you mean visibility?"),
        ("avg(visibility, 3 h) < 3 m", "avg", "is no function", "Known: sum"),
        ("warning fgo >= red", "fgo", "is no hazard", "Did you mean fog?"),
        ("warning fog >= green", "green", "is no level", "Known: blue"),
        ("on weekday", "weekday", "is no kind of day", "Known: school-day"),
        ("visibility < 200 m within 3 h", "within", "not expected", "parentheses"),
        ("visibility < 200 m for 3 h", "for", "not expected", "parentheses"),
        ("((visibility < 3 m) within 2 h) within 3 h", "((", "inside a term", "and/or"),
        ("(observed visibility < 3 m) within 2 h", "(observed", "fact of now", "outside"),
        ("(visibility < 3 m", "", "ends too early", "needs )"),
        ("visibility <", "", "ends too early", "number"),
        ("visibility ! 3 m", "!", "not part of the rule language", "Operators"),
        ("visibility < 3 m & rain > 1 mm", "&", "not part", "and, or, not"),
        ("(temperature < 3 degC for 2 d)", "2 d", "local days", "for 48 h"),
        ("(rain > 1 mm) within 90 min", "90 min", "whole number of hours", "full hours"),
        ("(rain > 1 mm for 100 h)", "100 h", "more than the 72 h", "daily"),
        ("sum(temperature, 3 h) > 3 K", "sum", "does not add up", "mean"),
        ("sum(rain) > 3 mm", "sum", "over how long", "12 h"),
        ("daily_min(temperature, 3 h) > 3 degC", "daily_min", "no duration", "daily_min(temperature)"),
        ("max(daily_min(temperature), 3 h) > 3 degC", "daily_min", "plain quantity", "change("),
        ("change(daily_min(temperature), 30 h) > 3 K", "30 h", "whole days", "24 h"),
        ("between 25:00 and 03:00 and rain > 1 mm", "25:00", "time of day", "06:00"),
        ("observed max(visibility, 3 h) < 3 m", "observed", "one value", "observed visibility"),
    ],
)  # fmt: skip
def test_errors_name_the_token_and_the_mend(text, at, what, mend):
    with pytest.raises(TextError) as caught:
        condition(text)
    error = caught.value
    assert what in error.what
    assert mend in error.mend
    assert text[error.offset :].startswith(at) if at else error.offset == len(text)


def test_a_clear_looks_at_one_hour():
    assert clearing("visibility >= 500 m and not reported icing")
    with pytest.raises(TextError, match="asked hour by hour"):
        clearing("(visibility >= 500 m for 3 h)")
