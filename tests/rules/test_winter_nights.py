"""Nights of March 2026 through the live code, with the shipped rules and county: what is decided at an hour
of its own is proposed at that hour, at the places that are cold enough, and to nobody on a day without school."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerting.service.config import load_config
from alerting.service.county import load_county
from alerting.service.replay import as_json, read_history, replay

ROOT = Path(__file__).parents[2]
ZONE = ZoneInfo("Asia/Shanghai")
HIGH, LOW = ("wuling-low", "wuling-high", "gaoping-low", "gaoping-high"), ("yunshui-low",)
CALM = {
    "temperature": 6.0, "surface_temperature": 6.0, "precipitation": 0.0, "freezing_rain": 0.0,
    "snowfall": 0.0, "rain": 0.0, "visibility": 5000.0, "wind_speed": 2.0,
}  # fmt: skip
Weather = dict[str, float]
# Of each alert by rule and place: when it opened (local), and its measures with their states.
Found = dict[tuple[str, str], tuple[str, dict[str, str]]]


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.fixture
def night(tmp_path: Path) -> Callable[..., Found]:
    """Plays from `begins` to `ends` (local); `above(at)` is the weather high up, calm below."""
    config = tmp_path / "config.json"
    config.write_text(json.dumps({
        "county": {
            "name": "雾岭县（虚构）", "name_en": "Wuling County (fictional)", "fictional": True,
            "timezone": "Asia/Shanghai", "sender": "雾岭县应急办", "sender_en": "Wuling EMO",
            **{kind: str(ROOT / "county" / f"{kind}.csv")
               for kind in ("zones", "sites", "people", "posts")},
        },
        "rules": str(ROOT / "rules"), "calendar": str(ROOT / "rules" / "calendar.yaml"),
        "sources": {"model": {"use": "signals", "brings": "forecast", "cadence_hours": 6,
                              "quantities": list(CALM)}},
        "channels": {"console": {}},
    }), "utf-8")  # fmt: skip
    county = load_county(load_config(config))

    async def play(begins: str, ends: str, above: Callable[[datetime], Weather]) -> str:
        start = local(begins).astimezone(UTC)
        hours = [local(begins) + timedelta(hours=h) for h in range(36)]
        rows = [(CALM | above(at), CALM) for at in hours]
        run = {
            "kind": "forecast", "source": "model", "issued": start.isoformat(),
            "accepted": start.isoformat(), "start": start.isoformat(),
            "spots": [{"id": p} for p in HIGH + LOW],
            "values": {
                q: [[high[q]] * len(HIGH) + [low[q]] * len(LOW) for high, low in rows] for q in CALM
            },
        }  # fmt: skip
        history = tmp_path / "history.jsonl"
        history.write_text(json.dumps(run), "utf-8")
        return as_json(await replay(county, read_history(history), local(ends).astimezone(UTC)))

    def found(begins: str, ends: str, above: Callable[[datetime], Weather]) -> Found:
        return {
            (a["rule"], a["place"]): (
                datetime.fromisoformat(a["opened"]).astimezone(ZONE).strftime("%H:%M"),
                {m["measure"]: m["state"] for m in a["measures"]},
            )
            for a in json.loads(asyncio.run(play(begins, ends, above)))
        }

    return found


def glaze_at(*hours: int) -> Callable[[datetime], Weather]:
    """A millimetre and a half of freezing rain in each of these local hours, frozen all night."""

    def above(at: datetime) -> Weather:
        rain = 1.5 if at.hour in hours else 0.0
        cold = -1.5 if at.hour < 10 or at.hour > 18 else 3.0
        return {"freezing_rain": rain, "precipitation": rain, "temperature": cold,
                "surface_temperature": cold}  # fmt: skip

    return above


def of_schools(found: Found) -> Found:
    return {key: said for key, said in found.items() if key[0].startswith("school-")}


def test_the_bureau_is_asked_at_eight_in_the_evening_for_the_schools_high_up(
    night: Callable[..., Found],
) -> None:
    """The run came at seven; what needs no decision was asked at once."""
    found = of_schools(night("2026-03-10 19:00", "2026-03-10 20:02", glaze_at(2, 3, 4, 5)))
    assert {place for _, place in found} == {"school-wuling", "school-gaoping"}
    for school in ("school-wuling", "school-gaoping"):
        opened, measures = found["school-glaze", school]
        assert opened == "20:00"
        assert measures == {
            "suspend-classes": "proposed", "ready-parents": "issued",
            "salt-school-paths": "issued", "receive-pupils": "issued",
        }  # fmt: skip
    assert found["school-bus-ice", "school-wuling"][1]["suspend-buses"] == "proposed"
    assert found["school-boarders", "school-gaoping"] == ("19:00", {"care-boarders": "issued"})


def test_nobody_is_asked_on_a_friday_evening(night: Callable[..., Found]) -> None:
    found = of_schools(night("2026-03-13 19:00", "2026-03-13 20:02", glaze_at(2, 3, 4, 5)))
    assert set(found) == {("school-boarders", "school-gaoping")}


def test_pupils_who_are_there_are_kept_and_not_told_to_stay_at_home(
    night: Callable[..., Found],
) -> None:
    """Nothing at seven, when nobody is there yet; at eight, for the ice of nine o'clock."""
    found = of_schools(night("2026-03-11 07:00", "2026-03-11 08:02", glaze_at(9, 10, 11)))
    kept = {place: said for (rule, place), said in found.items() if rule == "school-hours"}
    assert kept == {
        place: ("08:00", {"keep-pupils": "issued"}) for place in ("school-wuling", "school-gaoping")
    }
    asked = {measure for _, measures in found.values() for measure in measures}
    assert asked == {"keep-pupils", "care-boarders"}


def test_the_nights_ban_is_put_to_the_police_at_four(night: Callable[..., Found]) -> None:
    found = night("2026-03-10 15:00", "2026-03-10 16:02", glaze_at(15, 16))
    asked = {place: said for (rule, place), said in found.items() if rule == "road-night-ice"}
    assert set(asked) == {"g99-k31-k52", "g99-k52-k66", "x910-k0-k14"}
    for opened, measures in asked.values():
        assert opened == "16:00"
        assert measures == {"night-ban": "proposed", "night-notice": "issued"}
