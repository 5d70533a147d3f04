"""The escalation policy: how long each level waits for an answer, and up which tiers it climbs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from alerting.vocabulary import Level

Tier = Literal["enterprise", "field", "township", "regulator", "duty-office"]


SHORTEST = timedelta(minutes=2)  # to read a question and answer it
DECISIONS = ("decision", "conflict", "wait", "signature")


class Waits(BaseModel):
    """Minutes a rung is given to answer, by level band."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    red: float = Field(default=5, gt=0)
    orange: float = Field(default=10, gt=0)
    lower: float = Field(default=30, gt=0)


class Policy(BaseModel):
    """One policy for the county. The rungs are the carrier first, then these tiers, nearest up.

    Each rung is called `calls` times before the next one is; the last rung is called until answered,
    `last_calls` times at most, and then the watch says that nobody could be reached.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    answer_within: Waits = Waits()
    decide_within: Waits = Waits(red=10, orange=15, lower=60)
    rungs: tuple[Tier, ...] = ("regulator", "township", "duty-office")
    calls: int = Field(2, ge=1, le=10)
    last_calls: int = Field(12, ge=1, le=1000)
    # A measure without a time of its own must be in force this many minutes after it was issued.
    in_force_minutes: float = Field(60, gt=0)

    def answer_by(
        self, level: int, wants: str, at: datetime, must_by: datetime | None
    ) -> datetime:
        """Until when a rung called at `at` is waited for. Of what must be decided by `must_by` each has
        half the time that is left, so that somebody above can still decide."""
        wait = self.wait(level, wants)
        if wants in DECISIONS and must_by is not None and must_by > at:
            wait = min(wait, max(SHORTEST, (must_by - at) / 2))
        return at + wait

    def wait(self, level: int, wants: str) -> timedelta:
        waits = self.decide_within if wants in DECISIONS else self.answer_within
        return timedelta(minutes=getattr(waits, Level(level).band))
