"""`python -m bench backtest`: winters through the book, and tables of what became of them."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from alerting.service.county import County
from alerting.service.survey import undecidable
from bench.backtest import tables
from bench.backtest.county import ROOT, make_county
from bench.backtest.engine_run import run_through, weather_rules
from bench.backtest.errors import EVERY, MAKES
from bench.backtest.laid import ZONE, day, laid_out
from bench.backtest.live import live
from bench.backtest.records import PLACES
from bench.backtest.truth import truth


def main(words: Sequence[str]) -> int:
    asked = argparse.ArgumentParser(prog="python -m bench backtest", description=__doc__)
    asked.add_argument("folder", type=Path, help="where the recorded weather lies")
    asked.add_argument("--place", nargs="+", default=list(PLACES), choices=list(PLACES))
    asked.add_argument("--station", nargs="+", default=[], help="only these, e.g. Shanghai-2012")
    asked.add_argument("--rule", nargs="+", default=[], help="only these rules or hazards")
    asked.add_argument("--rules", type=Path, default=ROOT / "rules", help="the book's folder")
    asked.add_argument(
        "--runs", default="error", choices=list(MAKES), help="what the forecasts are"
    )
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--first", default="11-01", help="month-day on which it begins")
    asked.add_argument("--last", default="04-01", help="month-day before which it ends")
    asked.add_argument(
        "--whole", action="store_true", help="chase and dispatch too: counts messages"
    )
    asked.add_argument("--save", type=Path, required=True, help="the file that takes what happened")
    way = asked.parse_args(words)
    records = [r for r in laid_out(way.folder, way.place)
               if not way.station or r.station.name in way.station]  # fmt: skip
    begins, ends = day(way.first), day(way.last)
    with tempfile.TemporaryDirectory() as made:
        county = make_county(Path(made), records, ZONE, EVERY, way.rules.resolve())
        if way.whole:
            lived = live(county, records, begins, ends, way.runs, way.seed)
            way.save.write_text(json.dumps(lived), "utf-8")
            print(tables.messages(lived, (ends - begins).total_seconds() / 86400))
            return 0
        county = weather_rules(county, way.rule)
        found: dict[str, Any] = {"undecided": _undecided(county, begins)}
        found |= run_through(county, records, begins, ends, way.runs, way.seed)
        found["events"] = truth(county, records, begins, ends)
        found["at"] = {p.id: p.points[0].id for p in county.places.by_id.values() if p.points}
    found |= {"stations": [r.station.name for r in records], "runs": way.runs, "seed": way.seed,
              "begins": begins.isoformat(), "ends": ends.isoformat()}  # fmt: skip
    way.save.write_text(json.dumps(found), "utf-8")
    stations, rules = found["stations"], county.book.rules
    print(f"{len(stations)} winters of one station each, runs: {way.runs}")
    print(
        f"cannot be decided anywhere by what was recorded: {', '.join(found['undecided']) or 'none'}\n"
    )
    print(tables.by_rule(found, rules, stations), tables.scores(found, rules, stations),
          tables.notices(found, rules, stations), sep="\n\n")  # fmt: skip
    return 0


def _undecided(county: County, at: datetime) -> list[str]:
    """The rules no level of which can be decided at any place by what the records tell. Where official
    warnings alone are lacking, the weather beside them still counts."""
    lacking: dict[str, set[str]] = {}
    for one in undecidable(county, at):
        if len(one.places) == one.of and set(one.missing) != {"official warnings"}:
            lacking.setdefault(one.rule, set()).add(one.level)
    return [r.id for r in county.book.rules if r.levels.keys() <= lacking.get(r.id, set())]
