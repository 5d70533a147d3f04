"""`suian preview`: what a rule would send, to whom, how long, and for how much."""

from __future__ import annotations

from alerting.dispatch.segments import segments
from tests.cli.conftest import Folder


def test_each_message_of_a_rule_is_shown_with_segments_and_cost(county: Folder) -> None:
    made = county.run("preview", "heat-test", "--format", "json").json
    assert {(one["kind"], one["measure"], *one["readers"]) for one in made} >= {
        ("order", "guide", "field"), ("reminder", "guide", "field"), ("lifted", "guide", "field"),
        ("escalation", "speed-limit", "regulator"), ("withdrawn", "guide", "field"),
    }  # fmt: skip
    of_level = {level: {m["kind"] for m in made if m["level"] == level} for level in ("yellow", "red")}
    assert ("raise" in of_level["red"], "raise" in of_level["yellow"]) == (True, False)
    assert ("fall" in of_level["red"], "fall" in of_level["yellow"]) == (False, True)
    assert not of_level["red"] & {"decide", "refused"}, "nothing in it waits for a decider"
    for one in made:
        count = segments(one["sms"])
        assert (one["segments"], one["units"], one["encoding"]) == (
            count.segments, count.units, count.encoding)  # fmt: skip
        assert one["price"] is None
        assert one["sms"] != one["long"]
    order = next(m for m in made if (m["kind"], m["language"]) == ("order", "zh"))
    assert "河口段" in order["sms"]
    assert "回1" in order["sms"]
    assert "/a/" in order["long"]
    told = county.run("preview", "heat-test", "--level", "red", "--lang", "en")
    told.says("== red open", "[en] @ road-1", "segments 段", "cost not known")
    assert "[zh]" not in told.out
    assert "== yellow" not in told.out


def test_a_price_is_counted_by_the_segment(county: Folder) -> None:
    text = (county.path / "config.yaml").read_text("utf-8")
    county.write("config.yaml", text + "channels:\n  console: {on: true}\n  sms: {use: twilio, account: AC" + "1" * 32
                 + ", sender: '+15550100', price_per_segment: 0.05, max_segments: 1}\n")  # fmt: skip
    made = county.run("preview", "heat-test", "--format", "json").json
    assert all(one["price"] == round(0.05 * one["segments"], 4) for one in made)
    assert any(one["cut"] for one in made), "one segment holds no reasons"
    county.run("preview").says("heat-test", "dearest 最贵", "messages 条")


def test_what_cannot_be_shown_is_said(county: Folder) -> None:
    county.run("preview", "heat-tst", code=2).says("no rule 'heat-tst'", "Did you mean heat-test")
    county.run("preview", "heat-test", "--place", "moon", code=2).says("does not run on", "road-1")
    county.run("preview", "heat-test", "--level", "purple", code=2).says("no level", "It has:")
    county.run("preview", "--place", "road-1", code=2).says("Name the rule")
