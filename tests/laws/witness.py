"""What must hold whatever happens, by the provider's record and the tables, after every move.

Nothing here asks the code under test: not when a pursuit is due, whom a policy calls, or what keeps a
notice back. Where a law needs to know how long something may take, it has its own numbers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from tests.laws.provider import Taken
from tests.laws.seen import Seen
from tests.laws.world import World

LIVE = "live"
CALLS = ("reminder", "escalation", "take-over")
RED = 4
TOP = "office"
MINUTE = 60.0
NIGHT = 9 * 3600.0
# How long an open chase may stand still: the longest pause of its band in policies.yaml, an hour's
# budget for what is not red, and a little.
STILL = {RED: 31 * MINUTE, 3: 121 * MINUTE, 2: 181 * MINUTE, 1: 181 * MINUTE + NIGHT}
RANK = {"bound": 0, "sending": 1, "accepted": 2, "delivered": 3, "read": 4, "superseded": 5, "dead": 5,
        "answered": 6}  # fmt: skip
WATCH = 11 * MINUTE  # how often the watch looks under a virtual clock, and a little
PENDING = timedelta(minutes=30)  # no try of a message is further off
AUDIENCE = {"icing": ("police", "township"), "fog": ("transport", "township"),
            "frost": ("police", "township")}  # fmt: skip


class Broken(AssertionError):
    """A law does not hold."""


class Witness:
    def __init__(self, world: World, gathers: timedelta = timedelta()) -> None:
        """What has come due is done within `gathers`: a run may end in between."""
        self.world, self.gathers = world, gathers
        self.over: dict[int, tuple[int, int]] = {}  # a pursuit that is over: how the provider stood then
        self.stood: dict[int, tuple[Any, float]] = {}  # an open one: how it stood, and since when
        self.died: dict[int, float] = {}  # a dead letter: when it was first seen
        self.states: dict[int, str] = {}
        self.begun, self.starts, self.unknown = 0.0, 0, 0  # when the process was last started
        # How long the record was before this move, and when the last answer was given in it.
        self.before, self.before_answer = 0, (0, 0)
        self.weather: dict[tuple[str, str], int] = {}  # (rule, place): the level warned of
        self.forecast: dict[tuple[str, str], tuple[int, int]] = {}  # at least, at most
        self.closed: dict[str, tuple[int, int]] = {}  # an exercise that is over: the same

    def looks(self) -> None:
        """After a move: every law. Raises Broken with what was seen."""
        seen, world = Seen(self.world), self.world
        if world.starts != self.starts:
            self.starts, self.begun = world.starts, world.provider.lived
        if world.unknown != self.unknown:
            self.unknown, self.stood = world.unknown, {}
        for law in (self._once, self._told, self._alarmed, self._climbs, self._over, self._cries, self._decided,
                    self._red, self._states, self._heeded, self._drills):  # fmt: skip
            for wrong in law(seen):
                raise Broken(f"{law.__name__.strip('_')}: {wrong}\n{self._told_so_far()}")
        self.before, self.before_answer = len(world.provider.record), world.provider.stands

    # No (notice, rung, round) reaches a person twice on one channel but for a counted resend

    def _once(self, seen: Seen) -> Iterator[str]:
        came: dict[tuple[int, str, str], list[Taken]] = defaultdict(list)
        for taken in self.world.provider.record:
            if not taken.lost:
                for number in taken.notices:
                    came[number, taken.message.person, taken.channel].append(taken)
        for (number, person, channel), takes in came.items():
            if len(takes) == 1:
                continue
            first = takes[0].message.delivery
            # Where the provider can be asked whether it has a message, none is sent again; but of one that
            # hung there nobody could know.
            resends = seen.deliveries[first].resends
            counted = min(resends, sum(t.hung for t in takes)) if channel == "sms" else resends
            if any(t.message.delivery != first for t in takes) or len(takes) - 1 > counted:
                yield (f"notice {number} came {len(takes)} times to {person} on {channel}: deliveries"
                       f" {[t.message.delivery for t in takes]}, {counted} resends counted")  # fmt: skip

    # Everyone due is told, or is in the dead letters with an alarm

    def _told(self, seen: Seen) -> Iterator[str]:
        machine, reached = self.world.now, self._reached()
        for one in seen.notices.values():
            now = self.world.station.now(one.realm)
            said = f"notice {one.id} ({one.kind}, {one.post}, {one.state})"
            if one.state == "due" and one.due <= now:
                yield f"{said} is due since {one.due} and nobody deals with it"
            if one.state == "nobody" and not one.noted and one.wants:
                yield f"{said} reached nobody, and nobody noticed"
            if one.state != "carried":
                continue
            people: dict[str, list[Any]] = defaultdict(list)
            for held in seen.carriers[one.id]:
                people[held.person].append(held)
            if not people:
                yield f"{said} has no delivery"
            alive = False
            for person, held in people.items():
                states = {d.state for d in held}
                told = (one.id, person) in reached or "answered" in states
                waits = [d for d in held if _pending(d)]
                alive = alive or told or bool(waits) or "dead" in states
                for d in waits:
                    if d.state == "bound" and self.world.provider.full(d.channel):
                        continue
                    at = d.leased_until or d.next_try
                    if at is None or not machine < at <= machine + PENDING:
                        yield f"{said}: delivery {d.id} to {person} is {d.state} until {at}"
                if not told and not waits and not states & {"dead", "superseded"}:
                    yield f"{said}: {person} counts as told ({states}) and never was"
            if people and not alive:
                yield f"{said}: nobody was told and nothing is under way"

    def _reached(self) -> set[tuple[int, str]]:
        return {(number, t.message.person) for t in self.world.provider.record if not t.lost
                for number in t.notices}  # fmt: skip

    def _alarmed(self, seen: Seen) -> Iterator[str]:
        lived, reached = self.world.provider.lived, self._reached()
        # Of the real world alone: what an exercise could not bring stands in its report.
        numbers = {d.id for d in seen.deliveries.values() if d.state == "dead" and d.realm == LIVE}
        self.died = {n: self.died.get(n, lived) for n in numbers}
        for number, since in self.died.items():
            if lived - max(since, self.begun) <= WATCH:
                continue
            held = seen.deliveries[number]
            for one in (n for n in seen.notices.values() if held in seen.carriers[n.id]):
                if not self._matters(seen, one) or self._heard(seen, one, held.person, reached):
                    continue
                alarms = [a for a in seen.alerts.values()
                          if a.rule == "dead-letter" and a.place == f"channel:{held.channel}"]  # fmt: skip
                known = any(p.state == "answered" and p.alert in {a.id for a in alarms}
                            and p.answered >= held.at for p in seen.pursuits.values())  # fmt: skip
                if not known and not any(a.state in ("open", "withdrawn") for a in alarms):
                    yield f"delivery {number} of notice {one.id} to {held.person} is dead without an alarm"

    def _matters(self, seen: Seen, one: Any) -> bool:
        """Whether anything still depends on a notice having been read."""
        if one.pursuit is not None and seen.pursuits[one.pursuit].state != "open":
            return False
        about = seen.alerts.get(one.alert)
        if about is not None and (about.state != "open" or about.rule == "dead-letter"):
            return False
        held = seen.measures.get(one.measure)
        return held is None or held.ended is None

    def _heard(self, seen: Seen, one: Any, person: str, reached: set[tuple[int, str]]) -> bool:
        """Whether somebody had this very notice, or they a later call of the same chase."""
        later = [n.id for n in seen.of_pursuit[one.pursuit] if n.id > one.id] if one.pursuit else []
        return any(number == one.id or (number in later and who == person) for number, who in reached)

    # No escalation is lost

    def _climbs(self, seen: Seen) -> Iterator[str]:
        lived = self.world.provider.lived
        for one in seen.notices.values():
            if one.wants and one.pursuit is None and one.post and one.state != "withheld" and (
                seen.realms[one.realm].ended is None
            ):  # fmt: skip
                yield f"nobody waits for the answer to notice {one.id}"
        standing: dict[int, tuple[Any, float]] = {}
        keys: set[tuple[Any, ...]] = set()
        for held in seen.pursuits.values():
            if held.state != "open" or seen.realms[held.realm].ended is not None:
                continue
            now = self.world.station.now(held.realm)
            said = f"pursuit {held.id} ({held.wants} of {held.post}, at {held.at_post})"
            if held.id in seen.cannot:  # nobody calls whoever said so again; others were told
                continue
            # Cries for help that hang on nothing are each a matter of its own.
            cry = held.id if held.wants == "acknowledge" else None
            key = (held.realm, held.post, held.wants, held.measure or held.alert or cry)
            if key in keys:
                yield f"{said} is there twice"
            keys.add(key)
            if held.deadline is None or held.deadline <= now - self.gathers:
                yield f"{said} has the deadline {held.deadline}: nobody will be called"
            called = seen.latest_call(held)
            if called is not None and held.at_post != TOP and held.wants != "handover":
                carried = {d.state for d in seen.carriers[called.id]} - {"superseded"}
                if called.state == "nobody" or (called.state == "carried" and carried == {"dead"}):
                    yield f"{said}: its call {called.id} reached nobody, and the next rung is not called"
            shows = (held.at_post, held.rung, held.round, held.level, held.must_by, held.end_reason,
                     len(seen.of_pursuit[held.id]),
                     sum(len(seen.carriers[n.id]) for n in seen.of_pursuit[held.id]))  # fmt: skip
            before = self.stood.get(held.id)
            standing[held.id] = before if before is not None and before[0] == shows else (shows, lived)
            limit = STILL[held.level]
            if held.wants in ("in-force", "check"):  # the time of the measure itself, at most an hour
                limit = max(limit, 121 * MINUTE)
            if lived - standing[held.id][1] > limit:
                yield (f"{said} at level {held.level} has stood still for"
                       f" {(lived - standing[held.id][1]) / 60:.0f} min, deadline {held.deadline}")  # fmt: skip
        self.stood = standing

    # None fires after the answer that ends it

    def _over(self, seen: Seen) -> Iterator[str]:
        record = self.world.provider.record
        for held in seen.pursuits.values():
            if held.state == "open":
                continue
            # An answer is taken before anything more is sent; other ends come in the middle of a move.
            known = self.before_answer if held.state == "answered" else self.world.provider.stands
            since, handed = self.over.setdefault(held.id, known)
            for taken in record[since:]:
                mine = [n for n in taken.notices if seen.notices[n].pursuit == held.id
                        and seen.notices[n].kind in CALLS]  # fmt: skip
                # A message that may have come before is sent again; one that says more says all it did;
                # one that hung at the provider's was on its way before.
                again = taken.begun < handed or taken.message.delivery in self.world.provider.unsure or any(
                    t.message.delivery == taken.message.delivery for t in record[:since])  # fmt: skip
                if mine and not again and all(self._is_over(seen, n) for n in taken.notices):
                    yield (f"{taken.channel} to {taken.message.person} calls for pursuit {held.id}"
                           f" ({held.wants} of {held.post}), which is {held.state}:"
                           f" notice {mine[0]}, delivery {taken.message.delivery}")  # fmt: skip
        for climb in seen.climbs:
            held = seen.pursuits[climb.pursuit]
            if climb.from_post == climb.to_post:
                yield f"pursuit {held.id} climbs from {climb.from_post} to itself"

    @staticmethod
    def _is_over(seen: Seen, number: int) -> bool:
        one = seen.notices[number]
        return one.pursuit is not None and seen.pursuits[one.pursuit].state != "open"

    # A cry for help is open until somebody has answered it, whatever it was about is over

    def _cries(self, seen: Seen) -> Iterator[str]:
        for one in seen.notices.values():
            if one.wants != "acknowledge" or one.kind not in ("escalation", "service") or (
                one.rung or one.round or one.pursuit is None or seen.realms[one.realm].ended is not None
            ):  # fmt: skip
                continue
            held = seen.pursuits[one.pursuit]
            if held.state not in ("open", "answered"):
                yield (f"the cry for help of notice {one.id} to {one.post} was answered by nobody:"
                       f" pursuit {held.id} is {held.state} ({held.end_reason})")  # fmt: skip

    # No open measure without a decider asked, or an order, or whoever is to look

    def _decided(self, seen: Seen) -> Iterator[str]:
        waiting: dict[str, set[str]] = defaultdict(set)
        for held in seen.pursuits.values():
            if held.state == "open" and held.measure is not None:
                waiting[held.measure].add(held.wants)
        meets = {m.second for m in seen.meetings}
        asked = {"proposed": {"decision"}, "approved": {"wait"}, "issued": {"acknowledge", "in-force"},
                 "acknowledged": {"in-force"}, "lift proposed": {"check"}}  # fmt: skip
        for row in seen.measures.values():
            wanted = asked.get(row.state)
            if row.ended is not None or wanted is None or row.waits is not None or (
                seen.realms[row.realm].ended is not None
            ):  # fmt: skip
                continue
            if row.id in meets:
                wanted = wanted | {"conflict"}
            if not waiting[row.id] & wanted:
                yield f"{row.id} is {row.state} and nobody is asked: {sorted(waiting[row.id])}"
            if row.issued is not None and row.decider is not None and row.decided_by is None:
                yield f"{row.id} was ordered and its decider has not signed"

    # Red is held neither by a budget nor by the night

    def _red(self, seen: Seen) -> Iterator[str]:
        for one in seen.notices.values():
            now = self.world.station.now(one.realm)
            if one.level < RED or one.state != "due" or one.kind in ("fall", "clear", "update"):
                continue
            if "budget" in one.reason or "morning" in one.reason or one.due - now > timedelta(minutes=2):
                yield f"red notice {one.id} ({one.kind}) waits until {one.due}: {one.reason}"

    # A message's state never goes back; what was warned of is open, and was said

    def _states(self, seen: Seen) -> Iterator[str]:
        for held in seen.deliveries.values():
            before = self.states.get(held.id, "bound")
            if RANK[held.state] < RANK[before]:
                yield f"delivery {held.id} went back from {before} to {held.state}"
            self.states[held.id] = held.state

    def _heeded(self, seen: Seen) -> Iterator[str]:
        highest: dict[tuple[Any, Any], int] = defaultdict(int)
        for one in seen.notices.values():
            key = one.alert, one.post
            highest[key] = max(highest[key], one.level)
        open_ = {(a.rule, a.place): a for a in seen.alerts.values()
                 if a.state == "open" and a.realm == LIVE}  # fmt: skip
        for (rule, place), level in self.weather.items():
            held = open_.get((rule, place))
            if (held.level if held else 0) != level:
                yield f"level {level} is warned of for {rule} at {place}: {held.level if held else 'nothing'}"
        for (rule, place), (least, most) in self.forecast.items():
            level = held.level if (held := open_.get((rule, place))) else 0
            if not least <= level <= most:
                yield f"level {least} to {most} is forecast for {rule} at {place}: {level}"
        for (rule, place), held in open_.items():
            for post in AUDIENCE.get(rule, ()):
                name = post if place == "S1" or post != "township" else "township-2"
                if highest[held.id, name] < held.level:
                    yield f"{held.id} is at level {held.level}, and {name} was not told"

    # What is played is marked, ends with the exercise, and never stands beside what is real and grave

    def _drills(self, seen: Seen) -> Iterator[str]:
        record = self.world.provider.record
        for taken in record[self.before :]:
            marked = taken.message.text.startswith(("【演练", "演练", "EXERCISE", "[EXERCISE"))
            if marked != (taken.message.realm != LIVE):
                yield f"of {taken.message.realm}: {taken.message.text[:40]!r}"
        for one in seen.realms.values():
            if one.kind != "exercise" or one.ended is None:
                continue
            since, handed = self.closed.setdefault(one.id, self.world.provider.stands)
            for taken in record[since:]:
                told = {str(a["kind"]) for a in taken.message.about}
                again = taken.begun < handed or taken.message.delivery in self.world.provider.unsure
                if taken.message.realm == one.id and not again and not told <= {"stopped", "reply"}:
                    yield f"{one.id} is over, and {taken.message.person} gets {sorted(told)}"
        grave = [a.id for a in seen.alerts.values()
                 if a.realm == LIVE and a.state == "open" and a.level >= 3
                 and a.hazard not in ("season", "service")]  # fmt: skip
        for held in seen.drills:
            if held.state == "running" and grave:
                yield f"drill {held.id} goes on beside {grave}"

    def _told_so_far(self) -> str:
        lines = [f"{n}: {t.channel} {t.message.person} {t.notices} delivery {t.message.delivery}"
                 f"{' lost' if t.lost else ''} {t.message.text.splitlines()[0][:60]}"
                 for n, t in enumerate(self.world.provider.record)]  # fmt: skip
        return f"it is {self.world.now}\n" + "\n".join(lines[-40:])


def _pending(held: Any) -> bool:
    return held.state in ("bound", "sending") or (held.state == "accepted" and held.next_try is not None)

