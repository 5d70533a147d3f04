"""The rule engine against compiled Python lambdas, zen-engine and polars on two threads.

All compute the same three-valued result for every rule, place and hour, and keep it; it is compared
cell by cell before a time is printed. What is the same for all of them, and what is not:

- *The work.* 60 rules of 180 comparisons, 163 of them distinct, joined by nested `and`, `or`, `not`;
  72 hours of 8 quantities. 2.6 % of the cells are true, in 40 % of the (rule, place) pairs. Few hits
  are kind to what stops at the first false part, as lambdas and zen-engine do and arrays cannot.
- *The data* lies in the form each likes best, and making that form is not timed: arrays with hours
  first, rows as tuples or dicts of Python numbers, a data frame with nulls. Lambdas and zen-engine are
  told beforehand which rows lack nothing, and have a shorter, two-valued form for those. The engine
  finds out for itself.
- *The size.* Engines that take a row at a time get 1,000 places and are compared by rate. Their rows
  are then as many bytes as the arrays of the others, 21 MiB. With a few places all their numbers would
  stay in the cache, which made lambdas a fifth faster.
- *The result* is kept in each one's own form: bits (ours and polars'), or lists of numbers.

Rules over windows of hours are compared with polars alone, for every hour and as the book asks for
them: once for each place.
"""

from __future__ import annotations

import os

os.environ.setdefault("POLARS_MAX_THREADS", "2")

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, cast
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import zen
from numpy.typing import NDArray

from alerting.rulebook.answers import Reader
from alerting.rulebook.grammar import condition
from alerting.rulebook.nodes import Term
from alerting.rulebook.plan import Plan, Step
from alerting.rulebook.planes import Bits, unpacked
from alerting.rulebook.tile import Tile, spans
from alerting.weather.sight import Facts, Sight
from bench import expressions as form
from bench.rounds import Target, rounds, same

Values = dict[str, NDArray[np.float32]]
Cells = NDArray[np.int8]  # 0 false, 1 unknown, 2 true
PAST = 24  # hours before the first that is asked for, for windows to look back on

HOURLY = (
    "sum(snowfall, 12 h) >= 75 mm",
    "max(wind_gust, 6 h) >= 38 m/s",
    "min(temperature, 24 h) <= -19 degC",
    "change(pressure, 24 h) <= -45 hPa",
    "drop(temperature, 24 h) >= 36 K",
    "sum(precipitation, 6 h) >= 75 mm and temperature < 0 degC",
)
OVER_TIME = (
    "(visibility < 200 m for 2 h) within 12 h",
    "(drop(temperature, 24 h) >= 38 K) within 12 h",
    "(sum(snowfall, 12 h) >= 80 mm) within 12 h",
)


@dataclass(frozen=True, slots=True)
class Sizes:
    hours: int = 72
    rules: int = 60
    rows_places: int = 1_000  # for engines that take a row at a time
    places: int = 10_000
    rounds: int = 7


SHORT = Sizes(hours=16, rules=12, rows_places=3, places=40, rounds=1)


# --- data, and what the engines make of it --------------------------------------------------------
def draw(hours: int, places: int, missing: float, seed: int = 1) -> Values:
    """Hours by places, on eighths so that equality with a threshold does happen."""
    random = np.random.default_rng(seed)
    made: Values = {}
    for quantity, (_, low, high) in form.RANGES.items():
        steps = random.integers(int(low * 8), int(high * 8) + 1, (hours, places))
        made[quantity] = (steps / 8).astype(np.float32)
        if missing:
            made[quantity][random.random((hours, places)) < missing] = np.nan
    return made


def sight_of(values: Values, now_row: int = 0) -> Sight:
    rows, places = next(iter(values.values())).shape
    yes = np.ones(places, np.bool_)
    at = datetime(2026, 1, 20, tzinfo=UTC)
    return Sight(
        now=at, zone=ZoneInfo("Asia/Shanghai"), first=at, now_row=now_row, values=values,
        horizon=np.full(places, rows - 1, np.int32), can_say=dict.fromkeys(values, yes),
        observed={}, can_observe={}, daily={}, facts=cast(Facts, None),
    )  # fmt: skip


class Hourly:
    """Our engine over every hour: the planes that the book's rules are decided by, all kept."""

    def __init__(self, texts: Sequence[str], hours: int, places: int) -> None:
        plan = Plan()
        terms = [condition(text) for text in texts]
        self.steps = [plan.step(t.condition) for t in terms if isinstance(t, Term)]
        assert len(self.steps) == len(texts)
        for step in self.steps:
            step.need(0, hours)
        self._kept: list[list[Bits]] = []
        self._shape = (len(texts), hours, places)

    def run(self, sight: Sight) -> None:
        self._kept = [
            self._planes(Tile(sight, slice(left, right), [])) for left, right in spans(0, sight.columns)
        ]

    def _planes(self, tile: Tile) -> list[Bits]:
        return [tile.planes(step) for step in self.steps]

    def cells(self) -> Cells:
        made = np.empty(self._shape, np.int8)
        for (left, right), kept in zip(spans(0, self._shape[2]), self._kept, strict=True):
            for rule, planes in enumerate(kept):
                true, possible = unpacked(planes[[0, -1]], right - left).astype(np.int8)
                made[rule, :, left:right] = true + possible
        return made


def rows_of(values: Values, places: int) -> tuple[list[tuple[float, ...]], NDArray[np.intp]]:
    """(place, hour) rows as Python numbers, those that lack nothing first; and where each belongs."""
    table = np.stack([v[:, :places].T.ravel() for v in values.values()], axis=1)
    lacks = np.isnan(table).any(axis=1)
    order = np.argsort(lacks, kind="stable")
    return [tuple(float(x) for x in row) for row in table[order]], order


Compiled = Callable[..., Any]


def lambdas(trees: Sequence[form.Tree], at_once: bool) -> tuple[list[Compiled], list[Compiled]]:
    """One lambda a rule, or one that answers all; for rows that lack nothing, and for the others."""
    names = ", ".join(form.RANGES)
    plain = [f"2 if {form.in_python(t)} else 0" for t in trees]
    lacking = [
        f"2 if {form.in_python(t, 'true')} else 1 if {form.in_python(t, 'possible')} else 0"
        for t in trees
    ]

    def build(texts: list[str]) -> list[Compiled]:
        if at_once:
            texts = ["(" + ", ".join(texts) + ")"]
        return [eval(f"lambda {names}: {text}") for text in texts]

    return build(plain), build(lacking)


def run_lambdas(
    built: tuple[list[Compiled], list[Compiled]], full: Sequence[Any], lacking: Sequence[Any]
) -> list[list[Any]]:
    return [
        [plain(*row) for row in full] + [other(*row) for row in lacking]
        for plain, other in zip(*built, strict=True)
    ]


def zen_lists(trees: Sequence[form.Tree]) -> tuple[Any, Any]:
    """zen-engine's best form: all rules as one compiled list expression."""
    plain = [f"({form.in_zen(t)}) ? 2 : 0" for t in trees]
    lacking = [
        f"({form.in_zen(t, 'true')}) ? 2 : (({form.in_zen(t, 'possible')}) ? 1 : 0)" for t in trees
    ]
    return tuple(zen.compile_expression("[" + ", ".join(x) + "]") for x in (plain, lacking))  # type: ignore[return-value]


def run_zen(
    built: tuple[Any, Any], full: Sequence[dict[str, Any]], lacking: Sequence[dict[str, Any]]
) -> list[list[float]]:
    return [built[0].evaluate(r) for r in full] + [built[1].evaluate(r) for r in lacking]


def frame_of(values: Values) -> pl.DataFrame:
    """One row a (place, hour), hours side by side, null where missing."""
    columns = {q: pl.Series(v.T.ravel()).fill_nan(None) for q, v in values.items()}
    rows, places = next(iter(values.values())).shape
    place = pl.Series(np.repeat(np.arange(places, dtype=np.int32), rows))
    hour = pl.Series(np.tile(np.arange(rows, dtype=np.int32), places))
    return pl.DataFrame({"place": place, "hour": hour} | columns)


def cells_of(frame: pl.DataFrame, names: Sequence[str]) -> Cells:
    """(rules, rows): null is unknown."""
    said = [
        frame[n].cast(pl.Int8).fill_null(-1).to_numpy() for n in names
    ]  # 1 true, 0 false, -1 unknown
    return np.choose(np.stack(said) + 1, [np.int8(1), np.int8(0), np.int8(2)]).astype(np.int8)


# --- point rules ----------------------------------------------------------------------------------
def point(sizes: Sizes, missing: float) -> dict[str, float]:
    """Million evaluations (rule x place x hour) a second of each contestant."""
    trees = form.draw_rules(sizes.rules)
    values = draw(sizes.hours, sizes.places, missing)
    sight = sight_of(values)
    ours = Hourly([form.in_our_language(t) for t in trees], sizes.hours, sizes.places)
    ours.run(sight)
    right = ours.cells()

    rows, order = rows_of(values, sizes.rows_places)
    cut = sum(not any(x != x for x in row) for row in rows)
    full, lacking = rows[:cut], rows[cut:]
    records = [
        {q: None if x != x else x for q, x in zip(form.RANGES, row, strict=True)} for row in rows
    ]
    here = right[:, :, : sizes.rows_places].transpose(0, 2, 1).reshape(len(trees), -1)[:, order]
    each, all_at_once = lambdas(trees, False), lambdas(trees, True)
    zens = zen_lists(trees)
    same(bool((np.array(run_lambdas(each, full, lacking)) == here).all()), "lambdas")
    tuples = np.array(run_lambdas(all_at_once, full, lacking)[0]).T
    same(bool((tuples == here).all()), "one lambda")
    answered = np.array(run_zen(zens, records[:cut], records[cut:])).T
    same(bool((answered == here).all()), "zen-engine")

    frame = frame_of(values)
    asked = [form.in_polars(t).alias(str(n)) for n, t in enumerate(trees)]
    by_polars = cells_of(frame.select(asked), [str(n) for n in range(len(trees))])
    same(bool((by_polars == right.transpose(0, 2, 1).reshape(len(trees), -1)).all()), "polars")

    cells = sizes.rules * sizes.hours
    took = rounds(
        {
            "suian": lambda: ours.run(sight),
            "lambdas": partial(run_lambdas, each, full, lacking),
            "one lambda for all rules": partial(run_lambdas, all_at_once, full, lacking),
            "zen-engine": partial(run_zen, zens, records[:cut], records[cut:]),
            "polars": lambda: frame.select(asked),
        },
        sizes.rounds,
    )
    by_row = {"lambdas", "one lambda for all rules", "zen-engine"}
    return {
        name: cells * (sizes.rows_places if name in by_row else sizes.places) / seconds / 1e6
        for name, seconds in took.items()
    }


# --- windows --------------------------------------------------------------------------------------
def _polars_hourly() -> list[pl.Expr]:
    c = pl.col
    return [
        c("snowfall").rolling_sum(12).over("place") >= 75,
        c("wind_gust").rolling_max(6).over("place") >= 38,
        c("temperature").rolling_min(24).over("place") <= -19,
        c("pressure") - c("pressure").shift(24).over("place") <= -45,
        c("temperature").rolling_max(25).over("place") - c("temperature") >= 36,
        (c("precipitation").rolling_sum(6).over("place") >= 75) & (c("temperature") < 0),
    ]


def _polars_over_time(frame: pl.DataFrame, now: int) -> pl.DataFrame:
    """True where some hour that counts is, unknown where none is and one lacks something."""
    c = pl.col
    fog = c("visibility") < 200
    starts = frame.lazy().select(
        "place", "hour", (fog & fog.shift(-1).over("place")).alias("0"),
        (c("temperature").rolling_max(25).over("place") - c("temperature") >= 38).alias("1"),
        (c("snowfall").rolling_sum(12).over("place") >= 80).alias("2"),
    )  # fmt: skip
    ahead = starts.filter(c("hour").is_between(now - 1, now + 12)).group_by("place")
    return ahead.agg(
        c("0").any(ignore_nulls=False),
        *(c(n).filter(c("hour") >= now).any(ignore_nulls=False) for n in ("1", "2")),
    ).sort("place").collect()  # fmt: skip


def windowed(sizes: Sizes, missing: float) -> dict[str, dict[str, float]]:
    """Milliseconds of ours and of polars: for every hour, and once for each place."""
    values = draw(PAST + sizes.hours, sizes.places, missing, seed=2)
    sight, frame = sight_of(values, PAST), frame_of(values)
    ours = Hourly(HOURLY, sizes.hours, sizes.places)
    ours.run(sight)
    asked = [e.alias(str(n)) for n, e in enumerate(_polars_hourly())]
    shape = (len(HOURLY), sizes.places, PAST + sizes.hours)
    theirs = cells_of(frame.select(asked), [str(n) for n in range(len(HOURLY))]).reshape(shape)
    same(bool((theirs[:, :, PAST:].transpose(0, 2, 1) == ours.cells()).all()), "windows, hourly")

    plan = Plan()
    steps = [plan.step(condition(text)) for text in OVER_TIME]
    answered = answer(steps, sight)
    by_place = cells_of(_polars_over_time(frame, PAST), [str(n) for n in range(len(OVER_TIME))])
    same(bool((by_place == answered).all()), "windows, over time")
    took = rounds(
        {
            "hourly, suian": lambda: ours.run(sight),
            "hourly, polars": lambda: frame.select(asked),
            "over time, suian": lambda: answer(steps, sight),
            "over time, polars": lambda: _polars_over_time(frame, PAST),
        },
        sizes.rounds,
    )
    return {
        part: {who: took[f"{part}, {who}"] * 1e3 for who in ("suian", "polars")}
        for part in ("hourly", "over time")
    }


def answer(steps: Sequence[Step], sight: Sight) -> Cells:
    """One answer a place, as `Bound.evaluate` gets it from its tiles."""
    made = np.zeros((len(steps), sight.columns), np.int8)
    for left, right in spans(0, sight.columns):
        reader = Reader(Tile(sight, slice(left, right), []))
        for n, step in enumerate(steps):
            true, possible, _ = unpacked(reader.answer(step), right - left).astype(np.int8)
            made[n, left:right] = true + possible
    return made


# --- the report -----------------------------------------------------------------------------------
TARGETS = {0.0: (150, 250, 0.6), 0.05: (75, 125, 0.3)}


def run(sizes: Sizes | None = None) -> list[Target]:
    """Print every figure; gives the targets with what was measured."""
    sizes = sizes or Sizes()
    targets: list[Target] = []
    print(
        f"Point rules: {sizes.rules} rules x {sizes.hours} h; {sizes.places} places, "
        f"{sizes.rows_places} for row engines; medians of {sizes.rounds} interleaved rounds; "
        f"polars {pl.__version__} on {pl.thread_pool_size()} threads"
    )
    for missing, bounds in TARGETS.items():
        rates = point(sizes, missing)
        words = f"{missing:.0%} missing" if missing else "full data"
        for name, rate in rates.items():
            print(f"  {words}: {name:<28} {rate:>10.2f} M evaluations/s")
        for name, bound in zip(("lambdas", "zen-engine", "polars"), bounds, strict=True):
            ratio = rates["suian"] / rates[name]
            targets.append(Target(f"point rules, {words}, times {name}", ratio, bound))
    print(f"Windowed rules: {len(HOURLY)} for every hour, {len(OVER_TIME)} over time at each place")
    for missing in TARGETS:
        words = f"{missing:.0%} missing" if missing else "full data"
        for part, took in windowed(sizes, missing).items():
            print(
                f"  {words}, {part}: suian {took['suian']:.2f} ms, polars {took['polars']:.2f} ms"
            )
            ratio = took["polars"] / took["suian"]
            targets.append(Target(f"windowed rules, {part}, {words}, times polars", ratio, 5))
    for target in targets:
        print(target.line())
    return targets
