"""Sights and books of a few lines, for tests."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from alerting.rulebook.book import LevelRule, Rule
from alerting.rulebook.grammar import clearing, condition
from alerting.vocabulary import Level
from alerting.weather.sight import Daily, Sight

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 1, 19, 21, tzinfo=UTC)  # 05:00 local

MEASURES = """
measures:
  guide: &plain
    title: {zh: 巡逻引导, en: Guide traffic}
    form: notify
    carrier: field
    lifter: field
    do: {zh: 上路巡逻引导, en: Patrol and guide}
    sms: {zh: 上路引导, en: guide traffic}
  speed-limit:
    <<: *plain
    title: {zh: 限速, en: Speed limit}
    do: {zh: 设置限速标志, en: Put up the limit}
    sms: {zh: 设置限速, en: set the limit}
    arguments:
      speed: {unit: km/h, stricter: lower, zh: "{value}公里/小时", en: "{value} km/h"}
  ban-vehicles:
    <<: *plain
    title: {zh: 禁行, en: Ban vehicles}
    do: {zh: 在入口劝返, en: Turn them back at the entries}
    sms: {zh: 入口劝返, en: turn back at entries}
    arguments:
      classes:
        stricter: union
        words: {coach: {zh: 客车, en: coaches}, dangerous-goods: {zh: 危化品车, en: dangerous goods}}
  close:
    <<: *plain
    title: {zh: 封闭, en: Close}
    do: {zh: 只出不进, en: Let vehicles leave and none enter}
    sms: {zh: 封闭只出不进, en: close it and let none enter}
    form: propose
    decider: regulator
    interim: [guide]
    check: true
    muster-minutes: 30
"""

FOG = """sector: road-traffic
title: {zh: 道路交通, en: Road traffic}
rules:
  - id: fog
    hazard: fog
    place: road-section
    basis: [M-01]
    levels:
      yellow:
        when: (visibility < 200 m for 1 h) within 12 h
        ask: [guide, speed-limit 60 km/h]
      orange:
        when: (visibility < 100 m for 1 h) within 6 h
        ask: [speed-limit 40 km/h]
      red:
        when: (visibility < 50 m for 1 h) within 2 h or observed visibility < 50 m
        ask: [close]
    clear: visibility >= 500 m
    cases:
      - name: dense fog at dawn
        given: {visibility: [800, 300, 40, 40, 40, 600]}
        expect: {level: red, onset: 2 h}
"""


def folder(path: Path, pack: str = FOG, measures: str = MEASURES) -> Path:
    (path / "measures.yaml").write_text(measures, "utf-8")
    (path / "pack.yaml").write_text(pack, "utf-8")
    return path


class Said:
    """Facts as a test sets them."""

    def __init__(self, columns=1, rows=1, *, warnings=None, on=None, reported=None, can_warn=True):
        self.columns, self.rows = columns, rows
        self.warnings, self.on, self.words = warnings or {}, on or {}, reported or {}
        self.can = can_warn

    def warning(self, hazard):
        return np.array(self.warnings.get(hazard, [0] * self.columns), np.int8)

    def can_warn(self):
        return self.can

    def season(self, name):
        return {"year-end": 2, "torrents": 1}.get(name, 0)

    def holiday(self, name):
        return 0

    def on_day(self, kind):
        return np.array(self.on.get(kind, [0] * self.rows), np.int8)

    def incident(self, kind, hours):
        return 2 if kind == "confined-space" and hours >= 24 else 0

    def reported(self, word):
        return np.array(self.words.get(word, [0] * self.columns), np.int8)


def column(values, past=0):
    """A line of hours as a column; None is missing. Row `past` is now."""
    return np.array([[np.nan if v is None else v] for v in values], np.float32)


def sight(values, *, past=0, horizon=None, observed=None, daily=None, facts=None, can_say=None,
          can_observe=None, now=NOW, horizons=None):  # fmt: skip
    """`values[q]` is a list (one column) or an array (hours, columns)."""
    arrays = {q: v if isinstance(v, np.ndarray) else column(v) for q, v in values.items()}
    rows, columns = next(iter(arrays.values())).shape
    yes = np.ones(columns, np.bool_)
    seen = {q: np.array(v, np.float32) for q, v in (observed or {}).items()}
    return Sight(
        now=now, zone=ZONE, first=now - past * timedelta(hours=1), now_row=past, values=arrays,
        horizon=np.array([rows - 1] * columns if horizon is None else horizon, np.int32),
        can_say=dict.fromkeys(arrays, yes) if can_say is None else can_say,
        observed=seen,
        can_observe=dict.fromkeys(seen, yes) if can_observe is None else can_observe,
        daily=daily or {}, facts=facts or Said(columns, rows),
        horizons={q: np.array(h, np.int32) for q, h in (horizons or {}).items()},
    )  # fmt: skip


def days(low, high, day_of_hour, complete_row):
    """One column of daily bounds."""
    return Daily(column(low), column(high), np.array(day_of_hour, np.int32),
                 np.array(complete_row, np.int32))  # fmt: skip


def rule(clear="visibility >= 500 m", *, hazard="fog", floor=True, **levels):
    """A rule with `yellow="…", red="…"`; its clear may be None."""
    steps = {
        level.name: LevelRule(level, condition(levels[level.name]), (), levels[level.name])
        for level in Level
        if level.name in levels
    }
    return Rule(
        "tried", "road-traffic", hazard, "zone", frozenset(), steps,
        None if clear is None else clearing(clear), clear or "", timedelta(hours=2), (time(20),), (),
        floor, ("M-01",), {"zh": "试", "en": "tried"}, None, (), "test:1:1",
    )  # fmt: skip
