"""Policies: who is called, how often, how loud and for how long, until somebody answers.

Written in rules/policies.yaml (see rulebook.policies) and taken up while the service runs. A chase has
no copy of its policy: each step asks for the one that is in the book then, so that a chase under way
goes on by a changed policy from its next step.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from alerting.vocabulary import Level
from alerting.vocabulary.answers import ANSWERS

Called = Literal["carrier", "enterprise", "field", "township", "regulator", "duty-office"]
Who = Literal["on-duty", "any one", "everyone"]
Band = Literal["red", "orange", "lower"]
# Less than a minute is no time in which somebody could read and answer.
Minutes = Annotated[float, Field(ge=1, le=7 * 24 * 60)]
Loudness = Annotated[int, Field(ge=0, le=3)]

SHORTEST = timedelta(minutes=2)  # to read a question and answer it
DECISIONS = ("decision", "confirm", "conflict", "wait", "signature")
SIGNS = ("decide", "order", "admin")  # roles that may decide
DUTY_OFFICE = "duty-office"
CARRIER = "carrier"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Waits(_Part):
    """Minutes by level band."""

    red: Minutes
    orange: Minutes
    lower: Minutes

    def at(self, level: int) -> timedelta:
        return timedelta(minutes=getattr(self, Level(level).band))


class Unread(_Part):
    """Minutes after which who has not read a message is called again; a band left out waits on."""

    red: Minutes | None = None
    orange: Minutes | None = None
    lower: Minutes | None = None

    def at(self, level: int) -> timedelta | None:
        minutes = getattr(self, Level(level).band)
        return None if minutes is None else timedelta(minutes=minutes)


class Step(_Part):
    """One rung: which post, how often, whom of it, and the least loudness of each call in turn (the
    last of them for all further ones; none: the person's own order of contacts)."""

    call: Called
    times: int = Field(2, ge=1, le=1000)
    who: Who = "on-duty"
    loudness: tuple[Loudness, ...] = ()
    wait: Waits | None = None
    unread: Unread = Unread()

    def loud(self, round_: int) -> int:
        """The least loudness of a call; rounds count from 0."""
        return self.loudness[min(max(0, round_), len(self.loudness) - 1)] if self.loudness else 0


class For(_Part):
    """What a policy is for; what is left out does not matter."""

    wants: tuple[str, ...] = ()
    levels: tuple[Band, ...] = ()

    @model_validator(mode="after")
    def _known(self) -> For:
        unknown = [one for one in self.wants if one not in ANSWERS]
        if unknown:
            known = ", ".join(ANSWERS)
            raise ValueError(
                f"{unknown[0]!r} is nothing that is waited for / 没有这种等待; known / 可用: {known}"
            )
        return self

    def fits(self, level: int, wants: str) -> bool:
        return (not self.wants or wants in self.wants) and (
            not self.levels or Level(level).band in self.levels
        )


class Policy(_Part):
    """The steps from the post itself up to the duty office. There the calls go on: `then-every` so many
    minutes, without end, once the last step has been called `times` times."""

    for_: For = Field(For(), alias="for")
    wait: Waits
    steps: tuple[Step, ...] = Field(min_length=2)
    then_every: Waits = Field(Waits(red=30, orange=60, lower=120), alias="then-every")

    @model_validator(mode="after")
    def _whole(self) -> Policy:
        called = [step.call for step in self.steps]
        if called[0] != CARRIER or called[-1] != DUTY_OFFICE:
            raise ValueError(
                "the first step calls the carrier and the last the duty-office, where every chase ends"
                " / 第一步须呼叫 carrier，最后一步须呼叫 duty-office"
            )
        twice = [one for n, one in enumerate(called) if one in called[:n]]
        if twice:
            raise ValueError(f"{twice[0]} is called by two steps; give one of them more `times`"
                             " / 同一层级写了两步，请只留一步并加大 times")  # fmt: skip
        return self

    @property
    def tiers(self) -> list[str]:
        """The tiers above the post itself, nearest first."""
        return [step.call for step in self.steps[1:]]

    @property
    def last(self) -> Step:
        return self.steps[-1]

    def step(self, tier: str, own: bool) -> Step:
        """The step by which a post of this tier is called; `own`: it is the post itself."""
        if own:
            return self.steps[0]
        # A tier that a changed policy calls no more is called as the last one until it is passed.
        return next((step for step in self.steps[1:] if step.call == tier), self.last)


REST = ("the last policy, and it alone, has no `for`: it is for all that is left"
        " / 只有最后一条不写 for，用于其余一切")  # fmt: skip


def out_of_place(policies: Mapping[str, Policy]) -> str | None:
    """The first of them that keeps others from being used, or leaves something without a policy."""
    last = list(policies)[-1:]
    return next((name for name, one in policies.items()
                 if (one.for_ == For()) != ([name] == last)), None)  # fmt: skip


def never_used(policies: Mapping[str, Policy]) -> dict[str, list[str]]:
    """Policies that are never used, for those before them are for all that they are for: by name who is
    used in their place. The last is there for what is left, be it nothing."""
    found: dict[str, list[str]] = {}
    names = list(policies)
    for n, name in enumerate(names[:-1]):
        first = {next(one for one in names[: n + 1] if policies[one].for_.fits(level, wants))
                 for level in Level for wants in ANSWERS if policies[name].for_.fits(level, wants)}
        if name not in first:
            found[name] = [one for one in names if one in first]
    return found


class Policies(_Part):
    """All of a county. The first whose `for` fits is used; the last is for all that is left."""

    # A measure without a time of its own must be in force this many minutes after it was issued.
    in_force_minutes: Minutes = Field(60, alias="in-force-minutes")
    policies: dict[str, Policy] = Field(default_factory=lambda: shipped(), min_length=1)

    @model_validator(mode="after")
    def _one_for_the_rest(self) -> Policies:
        if wrong := out_of_place(self.policies):
            raise ValueError(f"{wrong}: {REST}")
        return self

    def of(self, level: int, wants: str) -> Policy:
        return next(one for one in self.policies.values() if one.for_.fits(level, wants))

    def wait(self, level: int, wants: str) -> timedelta:
        """How long somebody who has just been heard from is given."""
        return self.of(level, wants).wait.at(level)


def answer_by(
    policy: Policy,
    step: Step,
    level: int,
    wants: str,
    at: datetime,
    must_by: datetime | None,
    *,
    read: bool,
    louder: bool,
) -> datetime:
    """Until when somebody called at `at` is waited for. Of what must be decided by `must_by` each has
    half the time that is left, so that somebody above can still decide. `louder`: this step calls
    again after this one; who has not `read` it by then is called sooner."""
    wait = (step.wait or policy.wait).at(level)
    if wants in DECISIONS and must_by is not None and must_by > at:
        wait = min(wait, max(SHORTEST, (must_by - at) / 2))
    unread = step.unread.at(level)
    if louder and not read and unread is not None:
        wait = min(wait, unread)
    return at + wait


def shipped() -> dict[str, Policy]:
    """What rules/policies.yaml says as it is shipped, where a county has no such file."""
    steps = (
        Step(call="carrier"), Step(call="regulator"), Step(call="township"),
        Step(call="duty-office", times=12, who="any one"),
    )  # fmt: skip
    over = (Step(call="carrier"), Step(call="duty-office"))
    return {
        "decisions": Policy(for_=For(wants=DECISIONS), steps=steps,
                            wait=Waits(red=10, orange=15, lower=60)),
        "closing": Policy(for_=For(wants=("closing",)), steps=over,
                          wait=Waits(red=30, orange=30, lower=60),
                          then_every=Waits(red=120, orange=120, lower=240)),
        "everyday": Policy(steps=steps, wait=Waits(red=5, orange=10, lower=30)),
    }  # fmt: skip
