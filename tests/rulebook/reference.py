"""The semantics of conditions once more, slowly: plain Python, one column, one hour at a time.

It shares the tree with the product and nothing else. Answers are True, False or None (unknown).
"""

from __future__ import annotations

import math
from datetime import timedelta

from alerting.rulebook import nodes as n

HOUR = timedelta(hours=1)


class Reference:
    def __init__(self, sight, column):
        self.sight, self.column = sight, column

    def answer(self, node):
        match node:
            case n.Term():
                return self.term(node)
            case n.And(parts):
                return all3([self.answer(p) for p in parts])
            case n.Or(parts):
                return any3([self.answer(p) for p in parts])
            case n.Not(part):
                return not3(self.answer(part))
            case n.Observed(quantity, operator, threshold):
                return holds(float(self.sight.observed[quantity][self.column]), operator, threshold)
            case n.Official(hazard, operator, level):
                said = int(self.sight.facts.warning(hazard)[self.column])
                # Below nought a feed is silent: the level held, or any above it.
                may_be = range(-1 - said, 5) if said < 0 else [said]
                settled = {
                    one == level if operator == "=" else holds(float(one), operator, float(level))
                    for one in may_be
                }
                return settled.pop() if len(settled) == 1 else None
            case n.Reported(word):
                return {0: False, 1: None, 2: True}[int(self.sight.facts.reported(word)[self.column])]
        raise AssertionError(node)

    def term(self, term):
        now = self.sight.now_row
        answers = []
        for start in range(now - term.hours + 1, now + (term.within or 0) + 1):
            stretch = [self.left_out_or(term.condition, start + i) for i in range(term.hours)]
            answers.append(all3(stretch))
        return any3(answers)

    def horizon(self, condition):
        """The last row up to which all that a condition reads is forecast; of an `or`, anything."""
        parts = list(n.walk(condition))
        read = {n.base_quantity(p.series) for p in parts if isinstance(p, n.Compare)}
        own = self.sight.horizons
        ends = [int(own.get(q, self.sight.horizon)[self.column]) for q in sorted(read)]
        if not ends:
            return int(self.sight.horizon[self.column])
        kinds = {type(p) for p in parts}
        either = n.Or in kinds and n.Not not in kinds
        return max(ends) if either and not own.keys().isdisjoint(read) else min(ends)

    def left_out_or(self, condition, row):
        """The condition at a row; a row that is not yet forecast counts as false."""
        limit = max(self.horizon(condition), self.sight.now_row)
        if row > limit or row >= self.sight.rows:
            return False
        if n.looks_at_days(condition):
            days = self.days()
            day = int(days.day_of_hour[row]) if row >= 0 else -1
            ends = [int(e) for e in days.complete_row]
            whole = [e for e in ends if e <= limit]
            if not whole or row > max(whole):
                return False
            assert day < len(ends)
        return self.hour(condition, row)

    def days(self):
        return next(d for kinds in self.sight.daily.values() for d in kinds.values())

    def hour(self, node, row):
        match node:
            case n.And(parts):
                return all3([self.hour(p, row) for p in parts])
            case n.Or(parts):
                return any3([self.hour(p, row) for p in parts])
            case n.Not(part):
                return not3(self.hour(part, row))
            case n.Between(start, end):
                at = (self.sight.first + row * HOUR).astimezone(self.sight.zone)
                minute = at.hour * 60 + at.minute
                if start <= end:
                    return start <= minute <= end
                return minute >= start or minute <= end
            case n.OnDay(kind):
                if row < 0:
                    return None
                return {0: False, 1: None, 2: True}[int(self.sight.facts.on_day(kind)[row])]
            case n.Compare(series, operator, threshold):
                if n.is_daily(series):
                    low, high = self.bounds(series, row)
                    return settled(low, high, operator, threshold)
                return holds(self.number(series, row), operator, threshold)
        raise AssertionError(node)

    def number(self, series, row):
        match series:
            case n.Value(quantity):
                return math.nan if row < 0 else float(self.sight.values[quantity][row, self.column])
            case n.Window(kind, of, hours):
                window = [self.number(of, r) for r in range(row - hours + 1, row + 1)]
                if any(math.isnan(v) for v in window):
                    return math.nan
                return {"sum": sum(window), "min": min(window), "max": max(window),
                        "mean": sum(window) / hours}[kind]  # fmt: skip
            case n.Change(of, hours):
                return self.number(of, row) - self.number(of, row - hours)
            case n.Drop(of, hours):
                window = [self.number(of, r) for r in range(row - hours, row + 1)]
                return math.nan if any(map(math.isnan, window)) else max(window) - window[-1]
        raise AssertionError(series)

    def bounds(self, series, row):
        match series:
            case n.DayValue(kind, quantity):
                return self.day(kind, quantity, int(self.days().day_of_hour[row]) if row >= 0 else -1)
            case n.Change(n.DayValue(kind, quantity), hours):
                day = int(self.days().day_of_hour[row]) if row >= 0 else -1
                if day < 0:
                    return -math.inf, math.inf
                low, high = self.day(kind, quantity, day)
                low_then, high_then = self.day(kind, quantity, day - hours // 24)
                return low - high_then, high - low_then
        raise AssertionError(series)

    def day(self, kind, quantity, day):
        held = self.sight.daily[quantity][kind]
        if day < 0:
            return -math.inf, math.inf
        return float(held.low[day, self.column]), float(held.high[day, self.column])


def holds(value, operator, threshold):
    if math.isnan(value):
        return None
    return {"<": value < threshold, "<=": value <= threshold, ">": value > threshold,
            ">=": value >= threshold, "=": value == threshold}[operator]  # fmt: skip


def settled(low, high, operator, threshold):
    if operator == "=":
        return True if low == high == threshold else None if low <= threshold <= high else False
    ends = {holds(low, operator, threshold), holds(high, operator, threshold)}
    return ends.pop() if len(ends) == 1 else None


def all3(answers):
    return False if False in answers else None if None in answers else True


def any3(answers):
    return True if True in answers else None if None in answers else False


def not3(answer):
    return None if answer is None else not answer


def planes(answer):
    """(true, possible), as the product keeps it."""
    return answer is True, answer is not False


