"""What a seed draws: what comes in and when, what its sources do wrong, and what breaks."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.laws.provider import MOODS

ZONES = ("9901", "9902", "9903", "9904", "9905", "9906")
PLACES = {
    "9901": ("S1",), "9902": ("S2",), "9903": ("S3", "S4"), "9904": ("S5", "S6"),
    "9905": ("S7", "S8", "S9"), "9906": ("S10", "S11", "S12"),
}  # fmt: skip
LEVELS = ("blue", "yellow", "orange", "red")
MINUTE = 60.0
LAST_FAULT = 24 * MINUTE  # whatever breaks is mended by then
LAST_SAID = 22 * MINUTE
END = 40 * MINUTE
MID_WAY = 80  # callbacks in which a process has taken a signal, judged it and written down what follows
# Who carries a measure, who decides on it, and by which signal it is asked for.
CARRIER = {"guide": "chen", "salt": "qian", "close": "chen"}


@dataclass(slots=True)
class Said:
    """Something that comes in at `at` (seconds). `fate` is what its source, or the way to us, does to it:

    lost | late | twice | unheard (we took it, and its source does not hear so), or "".
    """

    number: int
    at: float
    kind: str  # warning | forecast | answer | order
    values: dict[str, object]
    fate: str = ""
    late: float = 0.0

    def __str__(self) -> str:
        said = ", ".join(f"{key} {value}" for key, value in self.values.items())
        fate = f", {self.fate}" + (f" by {self.late / MINUTE:.0f} min" if self.late else "")
        return f"{self.kind} {self.number} at {self.at / MINUTE:.1f} min: {said}{fate if self.fate else ''}"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that breaks at `at` (seconds), for `lasts`; `number` and `side` as its kind reads them."""

    at: float
    kind: str
    number: int = 0
    side: str = ""
    lasts: float = 0.0

    def __str__(self) -> str:
        more = f" {self.number}" if self.number else ""
        more += f" {self.side}" if self.side else ""
        more += f" for {self.lasts:.0f} s" if self.lasts else ""
        return f"{self.kind}{more} from {self.at / MINUTE:.1f} min"


@dataclass(slots=True)
class Plan:
    seed: int
    several: bool = False  # two processes, of which each thing is done by one
    kinds: tuple[str, ...] = ()  # of faults, as FAULTS names them
    said: list[Said] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [f"seed {self.seed}: {'two processes' if self.several else 'one process'}"]
        return "\n".join([*lines, *(f"  {one}" for one in (*self.said, *self.faults))])


def draw(seed: int, kinds: tuple[str, ...] = ()) -> Plan:
    """The plan of a seed; of the faults only `kinds`, where any are given."""
    rng = random.Random(f"plan {seed}")
    plan = Plan(seed)
    _say(rng, plan)
    # Of several machines none moves the others' timers: their clocks are kept right by the network.
    without = rng.choice(("clock", "two"))
    names = [name for name in FAULTS if name in kinds or not (kinds or name == without)]
    plan.kinds = tuple(rng.sample(names, min(len(names), rng.choice((1, 1, 2, 2, 3, 4)))))
    for name in plan.kinds:
        FAULTS[name](rng, plan)
    for name, (since, draws) in LATER.items():
        own = random.Random(f"{name} {seed}")  # so that what the others draw stays as it was
        if name in kinds or (not kinds and seed >= since and own.random() < OFTEN):
            plan.kinds += (name,)
            draws(own, plan)
    plan.faults.sort(key=lambda one: (one.at, one.kind, one.number))
    return plan


def _say(rng: random.Random, plan: Plan) -> None:
    """Weather first, then what follows from it."""
    at, count = rng.uniform(1, 4) * MINUTE, rng.choice((3, 3, 3, 4, 4, 5, 6))
    warned: dict[str, str] = {}  # zone: the newest identifier
    asked: list[tuple[str, str]] = []  # measure and place of what may have been asked for
    for number in range(1, count + 1):
        kinds = ["warning", "forecast"] if number == 1 else [
            "warning", "forecast", "answer", "answer", "answer", "order"]  # fmt: skip
        kind = rng.choice(kinds)
        if kind == "answer" and not asked:
            kind = "order"
        values: dict[str, object]
        if kind == "warning":
            zone = rng.choice((*ZONES[:2] * 4, *ZONES[2:]))
            level = rng.choice(LEVELS[1:])
            action = "alert" if zone not in warned else rng.choice(("update", "update", "cancel"))
            values = {"zone": zone, "level": level, "action": action, "of": warned.get(zone, "")}
            warned[zone] = f"W{number}"
            if action == "cancel":
                del warned[zone]
            wants = {"orange": "guide", "red": "close"}.get(level)
            if wants and action != "cancel":
                asked += [(wants, place) for place in PLACES[zone]]
        elif kind == "forecast":
            cold = rng.sample(ZONES[:2] if rng.random() < 0.6 else ZONES, rng.choice((0, 1, 1, 1, 2)))
            values = {"cold": {zone: rng.choice((-1.0, -6.0)) for zone in sorted(cold)}}
            asked += [("salt", place) for zone in sorted(cold) for place in PLACES[zone]]
        elif kind == "order":
            name, place = rng.choice(("guide", "salt")), rng.choice(PLACES[rng.choice(ZONES)])
            values = {"measure": name, "place": place, "level": rng.choice(LEVELS)}
            asked.append((name, place))
        else:
            name, place = rng.choice(asked)
            acts = ["acknowledge", "in-force", "cannot", "support"]
            act = rng.choice(["approve", "approve", "refuse", *acts] if name == "close" else acts)
            who = "wang" if act in ("approve", "refuse") else CARRIER[name]
            values = {"act": act, "who": who, "measure": name, "place": place}
        plan.said.append(Said(number, at, kind, values))
        at = min(at + rng.choice((0.1, 2.0, 6.0)) * rng.random() * MINUTE, LAST_SAID + number)


def _when(rng: random.Random, plan: Plan) -> float:
    """Shortly before or after something is said, for then there is much to break."""
    at = rng.choice(plan.said).at + rng.choice((-2.0, 0.0, 0.0, 0.0, 1.0, 20.0, 65.0, 1230.0))
    return min(max(1.0, at), LAST_FAULT - MINUTE)


def _dies(rng: random.Random, plan: Plan) -> None:
    """At any await."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        plan.faults.append(Fault(_when(rng, plan), "dies at await", rng.randint(1, 250), "", _down(rng)))


def _dies_at_a_commit(rng: random.Random, plan: Plan) -> None:
    for _ in range(rng.choice((1, 1, 2, 3))):
        side = rng.choice(("before", "after"))
        plan.faults.append(Fault(_when(rng, plan), "dies at commit", rng.randint(1, 8), side, _down(rng)))


def _dies_at_a_send(rng: random.Random, plan: Plan) -> None:
    side = rng.choice(("before", "after"))
    plan.faults.append(Fault(_when(rng, plan), "dies at send", rng.randint(1, 3), side, _down(rng)))


def _down(rng: random.Random) -> float:
    return rng.choice((0.5, 5.0, 60.0, 240.0))


def _store_refuses(rng: random.Random, plan: Plan) -> None:
    """So many transactions, each at its `number`th statement, or at its commit where it has fewer."""
    for _ in range(rng.choice((1, 1, 2))):
        often = rng.choice((1, 1, 2, 3, 8))
        plan.faults.append(Fault(_when(rng, plan), "store refuses", rng.randint(1, 12),
                                 f"{rng.choice((0, 0, 1, 2, 4))}+{often}"))  # fmt: skip


def _store_is_full(rng: random.Random, plan: Plan) -> None:
    plan.faults.append(Fault(_when(rng, plan), "store is full", lasts=rng.choice((3.0, 30.0, 200.0))))


def _sources_fail(rng: random.Random, plan: Plan) -> None:
    """What is said is lost, late, said twice, or taken without an answer."""
    for one in rng.sample(plan.said, rng.choice((1, 2, 2, 3))):
        one.fate = rng.choice(("lost", "late", "late", "twice", "unheard", "unheard"))
        one.late = rng.choice((1.0, 90.0, 400.0)) if one.fate == "late" else 0.0


def _provider_fails(rng: random.Random, plan: Plan) -> None:
    for _ in range(rng.choice((1, 1, 2, 3))):
        mood = rng.choice((*(one for one in MOODS if one != "works"), "lies", "lies"))
        lasts = rng.choice((10.0, 120.0, 400.0))
        channel = rng.choice(("sms", "sms", "call", "both"))
        plan.faults.append(Fault(_when(rng, plan), f"provider {mood}", side=channel, lasts=lasts))


def _callbacks(rng: random.Random, plan: Plan) -> None:
    """The provider says what became of a message: late, twice, out of order, and what is not true."""
    plan.faults.append(Fault(_when(rng, plan), "callbacks", rng.randint(1, 99), lasts=rng.choice((60.0, 600.0))))


def _clock_is_set(rng: random.Random, plan: Plan) -> None:
    by = rng.choice((-60, -7, -2, 2, 7, 60))
    plan.faults.append(Fault(_when(rng, plan), "clock is set", by))
    if rng.random() < 0.3:  # and put right, or not quite: more than an hour off no source is believed
        plan.faults.append(Fault(_when(rng, plan), "clock is set", rng.choice((-by, -by // 2))))


def _two_believe(rng: random.Random, plan: Plan) -> None:
    """Two processes: one is stopped and wakes, or is not told that another has taken over."""
    plan.several = True
    for _ in range(rng.choice((1, 1, 2))):
        kind = rng.choice(("stopped", "believes"))
        plan.faults.append(Fault(_when(rng, plan), kind, rng.randint(1, MID_WAY),
                                 lasts=rng.choice((1.0, 6.0, 40.0, 300.0))))  # fmt: skip
    if rng.random() < 0.7:
        _meanwhile(rng, plan)


def _meanwhile(rng: random.Random, plan: Plan) -> None:
    """While one process has a warning in hand another takes over, and hears what became of it."""
    newest = {one.values["zone"]: one for one in plan.said if one.kind == "warning"}
    stand = [one for one in newest.values() if one.values["action"] != "cancel"]
    if not stand:
        return
    one, lasts = rng.choice(stand), rng.choice((40.0, 300.0))
    plan.faults.append(Fault(one.at, "stopped", rng.randint(1, MID_WAY), lasts=lasts))
    number, action = len(plan.said) + 1, rng.choice(("update", "cancel", "cancel"))
    values = {"zone": one.values["zone"], "level": rng.choice(LEVELS[1:]), "action": action, "of": f"W{one.number}"}
    # Before it wakes, or when it has.
    at = min(one.at + rng.choice((lasts / 2, lasts / 2, lasts + 20.0)), LAST_FAULT)
    plan.said.append(Said(number, at, "warning", values))


def _comes_second(rng: random.Random, plan: Plan) -> None:
    """One process is stopped with a signal in hand that changes nothing, so that no row but the position says
    that another has taken it, and more, meanwhile; and when it goes on nothing comes any more."""
    plan.several = True
    newest = max(plan.said, key=lambda one: one.at + one.late)
    at = min(newest.at + newest.late + rng.choice((30.0, 90.0)), LAST_FAULT - MINUTE)
    forecasts = [one for one in plan.said if one.kind == "forecast" and one.fate != "lost"]
    same = max(forecasts, key=lambda one: one.at).values if forecasts else {"cold": {}}
    lasts = rng.choice((20.0, 40.0))
    plan.faults.append(Fault(at, "stopped", rng.randint(8, 30), lasts=lasts))
    plan.said += [Said(len(plan.said) + 1, at, "forecast", dict(same)),
                  Said(len(plan.said) + 2, at + lasts / 2, "warning", {
                      "zone": rng.choice(ZONES), "level": rng.choice(LEVELS[1:]), "action": "alert", "of": ""})]  # fmt: skip


# How a seed's faults are drawn, by the name by which they can be had alone.
FAULTS: dict[str, Callable[[random.Random, Plan], None]] = {
    "await": _dies,
    "commit": _dies_at_a_commit,
    "send": _dies_at_a_send,
    "refuses": _store_refuses,
    "full": _store_is_full,
    "sources": _sources_fail,
    "provider": _provider_fails,
    "callbacks": _callbacks,
    "clock": _clock_is_set,
    "two": _two_believe,
}
# Those that came later, and from which seed on one in so many has them: what was played before plays as it did.
LATER: dict[str, tuple[int, Callable[[random.Random, Plan], None]]] = {"second": (676, _comes_second)}
OFTEN = 0.1
