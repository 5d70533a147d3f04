"""The escalation policy: how long each level waits for an answer, and up which tiers it climbs."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from alerting.vocabulary import Level

Tier = Literal["enterprise", "field", "township", "regulator", "duty-office"]


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

    def wait(self, level: int, wants: str) -> timedelta:
        waits = self.decide_within if wants in DECISIONS else self.answer_within
        return timedelta(minutes=getattr(waits, Level(level).band))
