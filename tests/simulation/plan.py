"""What a seed draws: what comes in and when, what its sources do wrong, and what breaks."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

ZONES = ("9901", "9902", "9903", "9904", "9905", "9906")
PLACES = {
    "9901": ("S1",), "9902": ("S2",), "9903": ("S3", "S4"), "9904": ("S5", "S6"),
    "9905": ("S7", "S8", "S9"), "9906": ("S10", "S11", "S12"),
}  # fmt: skip
LEVELS = ("blue", "yellow", "orange", "red")
MINUTE = 60.0
LAST_FAULT = 30 * MINUTE  # whatever breaks is mended by then
END = 52 * MINUTE
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
    names = [name for name in FAULTS if not kinds or name in kinds]
    for name in rng.sample(names, min(len(names), rng.choice((1, 1, 2, 2, 3, 4)))):
        FAULTS[name](rng, plan)
    plan.faults.sort(key=lambda one: (one.at, one.kind, one.number))
    return plan


def _say(rng: random.Random, plan: Plan) -> None:
    """Weather first, then what follows from it."""
    at, count = rng.uniform(1, 4) * MINUTE, rng.choice((3, 3, 4, 4, 5, 6))
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
            zone = rng.choice((*ZONES[:4], *ZONES[:2], *ZONES[:2], ZONES[4]))
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
            cold = rng.sample(ZONES[:4] if rng.random() < 0.9 else ZONES, rng.choice((0, 1, 1, 1, 2)))
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
        at += rng.choice((0.1, 2.0, 6.0)) * rng.random() * MINUTE


def _when(rng: random.Random, plan: Plan) -> float:
    """Shortly before or after something is said, for then there is much to break."""
    return max(1.0, rng.choice(plan.said).at + rng.choice((-2.0, 0.0, 0.0, 0.0, 1.0, 20.0, 65.0, 1230.0)))


def _crashes(rng: random.Random, plan: Plan) -> None:
    for _ in range(rng.choice((1, 1, 2, 3))):
        down = rng.choice((0.5, 5.0, 60.0, 240.0))
        plan.faults.append(Fault(_when(rng, plan), "dies at await", rng.randint(1, 250), "", down))


def _dies_at_commits(rng: random.Random, plan: Plan) -> None:
    for _ in range(rng.choice((1, 1, 2, 3))):
        down = rng.choice((0.5, 5.0, 60.0, 240.0))
        side = rng.choice(("before", "after"))
        plan.faults.append(Fault(_when(rng, plan), "dies at commit", rng.randint(1, 8), side, down))


FAULTS: dict[str, Callable[[random.Random, Plan], None]] = {
    "await": _crashes,
    "commit": _dies_at_commits,
}
