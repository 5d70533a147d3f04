"""The moves: weather, people, deadlines, rosters, channels, deaths, clocks; drawn one after another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from alerting import audit
from alerting.dispatch.channels import StatusChange
from alerting.errors import SuianError
from alerting.people import import_people, import_posts, person_by_id, roster_changes
from alerting.people.duty import hand_over
from alerting.people.roster_changes import Desk
from alerting.people.rota import Shift
from alerting.service import drill_desk, hand_overs
from alerting.service.clock import LIVE
from alerting.signals import Area, Forecast, Warning
from alerting.store.schema import alert, measure
from alerting.store.schema_callout import callee
from alerting.store.schema_drill import drill
from tests.laws.provider import MOODS
from tests.laws.witness import Witness
from tests.laws.world import START, World

HERE = Path(__file__).parent
PEOPLE = ("chen", "sun", "qian", "wang", "zhou", "li", "wu", "zhao", "admin", "ma")
PLACES = {"S1": "9901", "S3": "9902"}
LEVELS = ("blue", "yellow", "orange", "red")
WORDS = ("1 {}", "1 {}", "1{}", "1", "2 {}", "２{}", "3 路断了 {}", "4{}", "1A {}", "2B {}", "1 全部",
         "2", "3", "喂？", "收到", "1 40 {}", "2 风小了 {}", "1 ZZ", "STOP", "START",
         "5 张三 3 否 {}", "5 {} 张三 3 是", "5 张三 {}", "5 0 {}", "6 {}")  # fmt: skip
ACTS = ("acknowledge", "in-force", "cannot", "support", "approve", "refuse", "attest", "kept", "withdraw",
        "keep-first", "take-second", "both")  # fmt: skip
ORDERS = ("guide", "speed-limit", "slow", "salt", "close", "release")
DEGREES = {5.0: 0, -1.0: 2, -5.0: 3, -9.0: 4}  # the level that a run of so many degrees all along asks for
POLICIES = sorted(one.stem for one in (HERE / "policies").iterdir())
WHICH = st.integers(0, 11)


def one_of(found: list[Any], which: int) -> Any:
    """Plain numbers choose among what there is, so that a list of moves can be played again."""
    return found[which % len(found)]


class Moves(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.witness = Witness(self.world)
        self.warned: dict[str, tuple[str, str, Any]] = {}  # hazard: identifier, area, level
        self.holders = {p["id"]: list(p["holders"]) for p in self.world.county.posts}
        self.gone: set[str] = set()
        self.by_hand: set[tuple[str, str]] = set()  # (rule, place) that a person has raised, kept, ended
        self.degrees = [5.0]  # of every run there was

    def teardown(self) -> None:
        with self.world.store.read() as c:
            broken = audit.verify(c)
        self.world.ends()
        assert not broken, broken

    @invariant()
    def the_laws_hold(self) -> None:
        self.witness.weather = self._warned_of()
        self.witness.forecast = self._foreseen()
        self.witness.looks()

    # Weather

    @initialize(hazard=st.sampled_from(("road-icing", "fog")), level=st.sampled_from(LEVELS[1:]))
    def it_begins_with_a_warning(self, hazard: str, level: str) -> None:
        self._warns("alert", hazard, level, "99")

    @rule(hazard=st.sampled_from(("road-icing", "fog")), level=st.sampled_from(LEVELS),
          area=st.sampled_from(("99", "9901", "9902")))  # fmt: skip
    def the_office_warns(self, hazard: str, level: str, area: str) -> None:
        before = self.warned.get(hazard)
        area = before[1] if before else area
        self._warns("update" if before else "alert", hazard, level, area)

    @precondition(lambda self: self.warned)
    @rule(which=WHICH)
    def the_office_gives_the_all_clear(self, which: int) -> None:
        hazard = one_of(sorted(self.warned), which)
        _, area, level = self.warned[hazard]
        self._warns("cancel", hazard, level, area)
        del self.warned[hazard]

    def _warns(self, action: str, hazard: str, level: str, area: str) -> None:
        world, before = self.world, self.warned.get(hazard)
        world.said += 1
        identifier = f"W{world.said}"
        self.warned[hazard] = identifier, area, level
        # By the office's own clock, which nobody here sets.
        at = START + timedelta(seconds=world.provider.lived)
        world.publishes(Warning(
            source="office", issued=at, expires=at + timedelta(days=5), identifier=identifier, sender="虚构县气象台",
            action=action, references=(before[0],) if before else (), hazard=hazard, event=hazard,
            level=level, area=Area(codes=(area,)),
        ))  # fmt: skip

    @rule(degrees=st.sampled_from(sorted(DEGREES)))
    def a_run_comes_in(self, degrees: float) -> None:
        """Of days, the same all along; made three hours ago, by a clock that nobody sets. One from the
        future, after the service's own was set back, is not let in at its door."""
        world = self.world
        world.said += 1  # each is made after the one before
        at = START + timedelta(seconds=world.provider.lived + world.said) - timedelta(hours=3)
        if at > world.now:
            return
        self.degrees.append(degrees)
        world.publishes(Forecast(
            "model", at, at.replace(minute=0, second=0, microsecond=0) - timedelta(days=1),
            world.station.spots,
            {"temperature": np.full((144, len(world.station.spots)), degrees, np.float32)},
        ))  # fmt: skip

    def _foreseen(self) -> dict[tuple[str, str], tuple[int, int]]:
        """By (rule, place) at least and at most what must be open there."""
        levels = [DEGREES[one] for one in self.degrees]
        return {("frost", place): (levels[-1], max(levels)) for place in PLACES
                if ("frost", place) not in self.by_hand}  # fmt: skip

    def _warned_of(self) -> dict[tuple[str, str], int]:
        """By (rule, place) what must be open there, where no person has had a hand in it."""
        found = {}
        for hazard, of in (("road-icing", "icing"), ("fog", "fog")):
            _, area, name = self.warned.get(hazard, ("", "", ""))
            level = LEVELS.index(name) + 1 if name else 0
            for place, zone in PLACES.items():
                here = level if area in ("99", zone) and (of, level) != ("fog", 1) else 0
                if (of, place) not in self.by_hand:
                    found[of, place] = here
        return found

    # People

    @precondition(lambda self: self.world.provider.record)
    @rule(which=WHICH, words=st.sampled_from(WORDS), back=st.sampled_from((0, 0, 0, 1, 2, 5, 20)))
    def somebody_answers(self, which: int, words: str, back: int) -> None:
        reached = [p for p in PEOPLE if self.world.phone(p)]
        if not reached:
            return
        who = one_of(reached, which)
        theirs = self.world.phone(who)
        to = theirs[max(0, len(theirs) - 1 - back)]
        to.said = True
        self.witness.before_answer = self.world.provider.stands
        self.world.texts(who, words.format(to.message.code), to.channel)

    @precondition(lambda self: self.world.provider.record)
    @rule(which=WHICH, words=st.sampled_from(("1 {}", "2 {}", "3 {}")))
    def somebody_answers_what_came_last(self, which: int, words: str) -> None:
        self.somebody_answers(which, words, 0)

    @rule(which=WHICH, who=st.sampled_from(PEOPLE), act=st.sampled_from(ACTS))
    def somebody_presses_a_button(self, which: int, who: str, act: str) -> None:
        rows = self.world.rows(measure, measure.c.ended.is_(None),
                               measure.c.realm.in_(self.world.running()))  # fmt: skip
        if rows and who not in self.gone:
            held = one_of(rows, which)
            self.world.report(act, who, f"measure:{held.id}", realm=held.realm, reason="现场情况")

    @rule(which=WHICH, act=st.sampled_from(("acknowledge", "raise", "keep", "withdraw")),
          level=st.sampled_from(LEVELS))  # fmt: skip
    def somebody_does_it_by_hand(self, which: int, act: str, level: str) -> None:
        rows = self.world.rows(alert, alert.c.state == "open", alert.c.realm.in_(self.world.running()))
        if not rows:
            return
        held = one_of(rows, which)
        if act != "acknowledge" and held.realm == LIVE:
            self.by_hand.add((held.rule, held.place))
        self.world.report(act, "zhao", f"alert:{held.id}", realm=held.realm, reason="研判", level=level)

    @rule(name=st.sampled_from(ORDERS), place=st.sampled_from(sorted(PLACES)), level=st.sampled_from(LEVELS),
          limit=st.sampled_from((20, 60)))  # fmt: skip
    def somebody_orders(self, name: str, place: str, level: str, limit: int) -> None:
        given = {"limit": limit} if name in ("slow", "speed-limit") else {}
        self.world.report("order", "zhao", f"place:{place}", measure=name, level=level, reason="团雾",
                          arguments=given)  # fmt: skip

    @rule(which=WHICH, level=st.sampled_from(LEVELS), limit=st.sampled_from((20, 60)),
          place=st.sampled_from(("", "", *sorted(PLACES))), of=st.sampled_from(("alert", "measure")))  # fmt: skip
    def somebody_corrects(self, which: int, level: str, limit: int, place: str, of: str) -> None:
        table, still = (alert, alert.c.kept_by.is_not(None)) if of == "alert" else (
            measure, measure.c.ended.is_(None))  # fmt: skip
        rows = self.world.rows(table, table.c.realm == LIVE, still)
        if not rows:
            return
        held = one_of(rows, which)
        detail: dict[str, Any] = {"level": level} | ({"place": place} if place else {})
        if of == "alert":
            self.by_hand |= {(held.rule, one) for one in PLACES}
        elif "limit" in held.arguments:
            detail["arguments"] = {"limit": limit}
        self.world.report("correct", "zhao", f"{of}:{held.id}", reason="地点有误", **detail)

    @rule(which=WHICH, who=st.sampled_from(("li", "wu", "zhao", "ma")),
          act=st.sampled_from(("report", "pass-on", "tick")), whole=st.booleans())  # fmt: skip
    def somebody_speaks_for_who_is_called_out(self, which: int, who: str, act: str, whole: bool) -> None:
        running = self.world.running()
        called = [one for one in self.world.rows(callee) if one.callout.split(".")[0] in running]
        if not called or who in self.gone:
            return
        one = one_of(called, which)
        said = {"commander": "张三", "affected": "3", "help": "否", "harm": "0"} if whole else {"affected": "3"}
        self.world.report(act, who, f"callout:{one.callout}", realm=one.callout.split(".")[0],
                          post=one.post, form=said, reason="电话已接通",
                          arguments={"how": "phone"} if act == "tick" else {})  # fmt: skip

    # Drills, policies

    @rule(announced=st.booleans(), minutes=st.sampled_from((0, 0, 0, 20, 200)))
    def a_drill_is_held(self, announced: bool, minutes: int) -> None:
        station = self.world.station

        async def holds() -> None:
            due = station.runtime.now() + timedelta(minutes=minutes) if minutes else None
            try:
                await drill_desk.hold(self.world.station, "ice", "zhao", "季度演练", announced, due)
            except SuianError:  # another is under way, or the real world calls
                return

        self.world.does(holds)

    @rule(which=WHICH)
    def a_drill_is_stopped(self, which: int) -> None:
        held = self.world.rows(drill)
        if not held:
            return

        async def stops() -> None:
            try:
                await drill_desk.stop(self.world.station, one_of(held, which).id, "zhao", "到此为止")
            except SuianError:  # it is over
                return

        self.world.does(stops)

    @rule(which=st.sampled_from(POLICIES))
    def the_policies_are_changed(self, which: str) -> None:
        said = (HERE / "policies" / f"{which}.yaml").read_text("utf-8")
        (self.world.rules / "policies.yaml").write_text(said, "utf-8")

    # Who is on duty

    @rule(who=st.sampled_from(("chen", "sun", "zhao")), act=st.sampled_from(("take-over", "cannot-take-over")))
    def a_hand_over_is_answered(self, who: str, act: str) -> None:
        world = self.world

        def answers(c: Any) -> None:
            by = person_by_id(c, who)
            if by is None:
                return
            try:
                hand_overs.answer(world.station, Desk(c, world.county.config.county.zone, LIVE, world.now, by),
                                  "police", act, "已到岗")  # fmt: skip
            except SuianError:  # nobody waits for it, or it is not theirs
                return

        world.writes(answers)

    @rule(post=st.sampled_from(("road-owner", "transport", "transport-2", "township", "township-2",
                                "office", "police")),
          people=st.lists(st.sampled_from(PEOPLE), max_size=2, unique=True))  # fmt: skip
    def others_hold_a_post(self, post: str, people: list[str]) -> None:
        self.holders[post] = people
        self._imports()

    @rule(who=st.sampled_from(PEOPLE[:7]))
    def somebody_leaves_or_is_back(self, who: str) -> None:
        self.gone ^= {who}
        self._imports()

    def _imports(self) -> None:
        world = self.world
        people = [p for p in world.county.people if p["id"] not in self.gone]
        posts = [p | {"holders": [h for h in self.holders[p["id"]] if h not in self.gone]}
                 for p in world.county.posts]  # fmt: skip

        def imports(c: Any) -> None:
            import_people(c, people, LIVE, world.now, "test")
            import_posts(c, posts, LIVE, world.now, "test")

        world.writes(imports)

    @rule(kind=st.sampled_from(("add", "remove", "replace")), who=st.sampled_from(("wang", "chen", "sun")),
          begins=st.sampled_from((0, 1, 5)), hours=st.sampled_from((1, 8)))  # fmt: skip
    def a_shift_is_changed(self, kind: Any, who: str, begins: int, hours: int) -> None:
        at = self.world.now + timedelta(hours=begins)
        self._changes_rosters(lambda desk: roster_changes.override(
            desk, "police", kind, at, at + timedelta(hours=hours),
            person="" if kind == "remove" else who, reason="换班"))  # fmt: skip

    @rule(who=st.sampled_from(("chen", "sun", "wang")), begins=st.sampled_from((0, 2)),
          hours=st.sampled_from((1, 6)), gap=st.booleans())  # fmt: skip
    def a_temporary_roster_is_set(self, who: str, begins: int, hours: int, gap: bool) -> None:
        at = self.world.now + timedelta(hours=begins)
        ends = at + timedelta(hours=hours)
        shifts = [] if gap else [Shift(at, ends, (who,), at)]
        self._changes_rosters(lambda desk: roster_changes.set_temporary(
            desk, "police", at, ends, shifts, "节日值班"))  # fmt: skip

    def _changes_rosters(self, change: Callable[[Desk], object]) -> None:
        world = self.world

        def changes(c: Any) -> None:
            zone, by = world.county.config.county.zone, person_by_id(c, "admin")
            assert by is not None
            try:
                change(Desk(c, zone, LIVE, world.now, by))
            except SuianError:  # it cannot be, and is refused in words: nothing has changed
                return
            hand_over(c, zone, LIVE, world.now)

        world.writes(changes)

    # Channels

    @rule(channel=st.sampled_from(("sms", "call", "both")), mood=st.sampled_from(("works", "works", *MOODS)))
    def a_channel_changes_its_mood(self, channel: str, mood: str) -> None:
        for one in ("sms", "call") if channel == "both" else (channel,):
            self.world.provider.moods[one] = mood

    @rule(mood=st.sampled_from(("is busy", "is silent", "closed the account", "hangs")),
          minutes=st.sampled_from((4, 11, 16)), which=WHICH, words=st.sampled_from(("1 {}", "2 {}", "1 全部")))  # fmt: skip
    def nothing_goes_out_for_a_while(self, mood: str, minutes: int, which: int, words: str) -> None:
        """And somebody answers what they had before."""
        moods = self.world.provider.moods
        before = dict(moods)
        moods.update(sms=mood, call=mood)
        self.world.passes(timedelta(minutes=minutes))
        self.somebody_answers(which, words, 0)
        moods.update({"sms": "works", "call": "works"} | before)
        self.world.passes(timedelta(minutes=5))

    @rule(state=st.sampled_from(("delivered", "read", "failed", "failed for now")),
          back=st.sampled_from((0, 1, 3)))  # fmt: skip
    def the_provider_says_what_became_of_a_message(self, state: str, back: int) -> None:
        waiting = [t for t in self.world.provider.record if t.channel == "sms" and not t.said]
        if not waiting:
            return
        one, world = waiting[max(0, len(waiting) - 1 - back)], self.world
        one.said, one.lost = True, state.startswith("failed")
        change = StatusChange(state.split()[0], one.sid, one.message.delivery, "unreachable",
                              again=state == "failed for now")  # fmt: skip
        world.does(lambda: world.station.dispatcher.status("sms", change))

    # Time

    @rule(minutes=st.sampled_from((0.1, 0.6, 3, 6, 11, 31)))
    def time_passes(self, minutes: float) -> None:
        self.world.passes(timedelta(minutes=minutes))

    @rule(more=st.sampled_from((-1, 0, 1)))
    def the_next_deadline_comes(self, more: int) -> None:
        due = self.world.next_due()
        if due is not None:
            self.world.passes(max(timedelta(), due - self.world.now) + timedelta(seconds=more))

    @rule(hours=st.sampled_from((1, 1, 2, 8)))
    def hours_pass(self, hours: int) -> None:
        # Where much is called for already, a night of the same again costs the most and shows the least.
        self.world.passes(timedelta(hours=hours if len(self.world.provider.record) < 60 else 1))

    # Deaths and clocks

    @rule(what=st.sampled_from(("commit", "send")), number=st.integers(1, 6),
          side=st.sampled_from(("before", "after")))  # fmt: skip
    def it_will_die(self, what: str, number: int, side: str) -> None:
        self.world.kill_at(what, number, side)

    @rule(minutes=st.sampled_from((0, 0, 1, 20, 200)), clock=st.sampled_from((0, 0, -60, -3, 45)))
    def it_dies(self, minutes: int, clock: int) -> None:
        self.world.dies(timedelta(minutes=minutes), timedelta(minutes=clock))
        self.world.settles()

    @rule(minutes=st.sampled_from((-60, -7, 7, 60)))
    def somebody_sets_the_clock(self, minutes: int) -> None:
        self.world.clock_is_set(timedelta(minutes=minutes))
