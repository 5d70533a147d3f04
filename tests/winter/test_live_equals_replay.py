"""A New York winter handed to the real process over HTTP, and the same through `suian replay`: the same
bytes. Days with snow, fog and the end of both; `make winter` lives all that the record has."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from alerting.service.replay import as_json
from tests.winter.conftest import WHOLE
from tests.winter.feed import SNOW, SNOW_TO_FOG, TEN_DAYS, WINTER, Moment, feed
from tests.winter.town import WinterTown

Make = Callable[[datetime], WinterTown]
Span = tuple[datetime, datetime]
pytestmark = pytest.mark.timeout(12 * 3600 if WHOLE else 900)


def day_of(span: Span) -> str:
    return f"{span[0]:%Y-%m-%d}"


def live(town: WinterTown) -> str:
    return as_json(town.alerts())


@pytest.mark.parametrize("span", WINTER if WHOLE else [SNOW_TO_FOG], ids=day_of)
def test_a_winter_lived_is_the_winter_replayed(
    make_town: Make, span: Span, record_property: Callable[[str, object], None]
) -> None:
    town = make_town(span[0])
    town.lives_through(feed(*span))
    lived = live(town)
    rows = json.loads(lived)
    came = {(r["rule"], r["state"]) for r in rows}
    assert {("road-snow", "closed"), ("road-fog", "closed"), ("site-wind", "closed")} <= came
    assert all(r["deliveries"] for r in rows if r["rule"].startswith("road-"))
    assert any(r["escalations"] for r in rows)
    assert town.replays() == lived
    record_property("figures", tally(town, rows))


def tally(town: WinterTown, rows: list[dict[str, Any]]) -> str:
    kinds = Counter(line["kind"] for line in town.history)
    rules = Counter(r["rule"] for r in rows)
    sent = sum(len(r["deliveries"]) for r in rows)
    return f"{dict(kinds)}, {len(rows)} alerts {dict(rules)}, {sent} deliveries, equal"


@pytest.mark.parametrize("span", [TEN_DAYS if WHOLE else SNOW], ids=day_of)
def test_fed_one_by_one_and_the_same_twice_over(make_town: Make, span: Span) -> None:
    town = make_town(span[0])
    town.lives_through(feed(*span), together=False, times=2)
    lived = live(town)
    assert "road-snow" in lived
    assert town.replays() == lived


@pytest.mark.parametrize("span", [TEN_DAYS if WHOLE else SNOW], ids=day_of)
def test_what_touches_no_common_place_comes_in_any_order(make_town: Make, span: Span) -> None:
    town = make_town(span[0])
    draws = random.Random(7)
    ordered = feed(*span)
    shuffled = [replace(m, envelopes=shuffle(m, draws)) for m in ordered]
    assert sum(a != b for a, b in zip(ordered, shuffled, strict=True)) > len(ordered) / 2
    town.lives_through(shuffled)
    lived = live(town)
    assert "road-snow" in lived
    town.history.sort(key=lambda line: (line.get("accepted", line.get("at")), place_of(line)))
    assert town.replays() == lived


def shuffle(moment: Moment, draws: random.Random) -> tuple[dict[str, Any], ...]:
    return tuple(draws.sample(moment.envelopes, len(moment.envelopes)))


def place_of(line: dict[str, Any]) -> str:
    """By which the order is put right again: the station that a line is of, if it is of one."""
    return line.get("station", "") or "".join(s["id"] for s in line.get("spots", ()))
