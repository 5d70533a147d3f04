"""A small county in a real database, and a phone for each of its people: stories in few words."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert, select, update

from alerting import chase
from alerting.alerts import Life
from alerting.alerts.asking import ask, drop
from alerting.alerts.ledger import Ledger
from alerting.alerts.notices import Facts, tell
from alerting.people import Policies
from alerting.people.policy import shipped
from alerting.places import Place, Places, Point
from alerting.rulebook import Measure
from alerting.signals import Report
from alerting.store import Store
from alerting.store.schema import (
    alert,
    answer,
    audit,
    contact,
    delivery,
    delivery_notice,
    escalation,
    holder,
    measure,
    notice,
    person,
    post,
    pursuit,
    realm,
)
from alerting.store.schema_reach import heard
from alerting.vocabulary import Level

START = datetime(2013, 12, 8, 12, 0, tzinfo=UTC)  # 20:00 in the county
ROAD = Place("road-1", "road-section", "一号路", "Road 1",
             (Point("p1", 26.5, 106.7, 1300.0),), zones=("town",), sector="road-traffic")  # fmt: skip
TOWN = Place("town", "zone", "镇", "Town", (), parent="county")
COUNTY = Place("county", "zone", "县", "County", ())
MORE = 20 if os.environ.get("SUIAN_ALL_FAULTS") else 1  # `make faults` plays so many times as much
PLACES = Places.of("county", [COUNTY, TOWN, ROAD])

# post: tier, sector, place, role of its holder; the holder is called like the post.
POSTS = {
    "police": ("field", "road-traffic", "road-1", "answer"),
    "regulator": ("regulator", "road-traffic", "county", "decide"),
    "township": ("township", "", "town", "decide"),
    "office": ("duty-office", "", "county", "order"),
}

MEASURES = {
    "speed-limit": {"carrier": "field", "lifter": "field", "by_minutes": 30},
    "guide": {"carrier": "field", "lifter": "field", "by_minutes": 60},
    "close": {"carrier": "field", "lifter": "regulator", "decider": "regulator", "check": True,
              "by_minutes": 20},
    "halt": {"carrier": "field", "lifter": "regulator", "gate": True, "by_minutes": 20},
    "release": {"carrier": "field", "lifter": "field", "conflicts": ["close"], "yields": ["close"]},
}  # fmt: skip


class Book:
    """As much of a rule book as the life of a measure asks for."""

    rules_by_id: dict[str, Any] = {}  # noqa: RUF012
    successors = ()
    confirm_after = frozenset()
    measures = {  # noqa: RUF012
        name: Measure(
            title={"zh": name, "en": name}, form="order", sector="road-traffic",
            do={"zh": name, "en": name}, sms={"zh": name, "en": name},
            arguments={"km_h": {"stricter": "lower", "unit": "km/h"}}, **given,
        )
        for name, given in MEASURES.items()
    }  # fmt: skip


def policies(times: int = 2, last: int = 12, **steps: Any) -> Policies:
    """The shipped policies, each rung called so often; `steps` are changes of the everyday's, by tier."""
    made = {}
    for name, one in shipped().items():
        new = [s.model_copy(update={"times": last if s is one.steps[-1] else times}) for s in one.steps]
        if name == "everyday":
            new = [s.model_validate(s.model_dump() | steps.get(s.call.replace("-", "_"), {}))
                   for s in new]  # fmt: skip
        made[name] = one.model_copy(update={"steps": tuple(new)})
    return Policies(policies=made)


@dataclass
class County:
    """The chase and a dispatch that binds at once, by hand-moved time."""

    policy: Policies = field(default_factory=Policies)
    now: datetime = START
    dispatching: bool = True
    codes: int = 0
    texts: int = 0

    def __post_init__(self) -> None:
        self.store = Store(":memory:")
        self.life = Life("live", False, Book(), PLACES, self.policy, ZoneInfo("Asia/Shanghai"))  # type: ignore[arg-type]
        self.store.write(self._people)

    def _people(self, c: Any) -> None:
        c.execute(insert(realm).values(id="live", kind="live", title={}, exercise=False,
                                       started=START, begins=START, speed=1.0))  # fmt: skip
        for name, (tier, sector, place, role) in POSTS.items():
            c.execute(insert(person).values(id=name, name=name, name_en=name, language="en",
                                            role=role))  # fmt: skip
            c.execute(insert(contact).values(person=name, rank=0, channel="sms",
                                             address=f"phone-{name}"))  # fmt: skip
            c.execute(insert(post).values(id=f"{name}-post", tier=tier, sector=sector, place=place,
                                          title=name, title_en=name))  # fmt: skip
            c.execute(insert(holder).values(post=f"{name}-post", rank=0, person=name))

    # What happens

    def alert(self, level: int = 2, name: str = "a1") -> str:
        self.store.write(lambda c: c.execute(insert(alert).values(
            id=name, realm="live", rule="fog", place="road-1", episode=len(name) + level,
            sector="road-traffic", hazard="fog", state="open", level=level, peak=level,
            opened=self.now, updated=self.now, why={})))  # fmt: skip
        return name

    def order(
        self, name: str = "speed-limit", level: int = 2, by: str = "a1",
        onset: datetime | None = None, **given: Any,
    ) -> str:  # fmt: skip
        """An alert asks for a measure on the road. Gives the measure's id."""
        facts = Facts("road-traffic", "fog", "road-1", level, onset=onset)
        self.write(lambda ledger: ask(ledger, name, ROAD, given, facts, by, self.now))
        with self.store.read() as c:
            return str(c.execute(select(measure.c.id).where(measure.c.measure == name)
                                 .order_by(measure.c.number.desc())).scalars().first())  # fmt: skip

    def write(self, work: Callable[[Ledger], object]) -> None:
        def write(connection: Connection) -> None:
            with Ledger(connection, self.life) as ledger:
                work(ledger)

        self.store.write(write)

    def drop(self, by: str = "a1") -> None:
        facts = Facts("road-traffic", "fog", "road-1", 2)
        self.write(lambda ledger: drop(ledger, by, set(), facts, self.now))

    def news(self, to: str = "township", level: int = 2, kind: str = "open", alert: str = "a1") -> None:
        facts = Facts("road-traffic", "fog", "road-1", level)
        self.write(lambda ledger: tell(ledger, kind, ledger.post(f"{to}-post"), facts, self.now,
                                       alert=alert, wants="acknowledge"))  # fmt: skip

    def close_alert(self, name: str = "a1") -> None:
        self.store.write(lambda c: c.execute(
            update(alert).where(alert.c.id == name).values(state="closed", closed=self.now)))  # fmt: skip

    def vacate(self, name: str) -> None:
        from sqlalchemy import delete

        self.store.write(lambda c: c.execute(delete(holder).where(holder.c.person == name)))

    # Time

    def step(self) -> int:
        """The chase and dispatch in turn, until neither has more to do at this moment."""
        done, rounds = 0, 0
        while self._has_work():
            done += self.store.write(lambda c: chase.step(c, self.life, self.now))
            self.dispatch()
            rounds += 1
            assert rounds < 20, "the chase never comes to rest"
        return done

    def _has_work(self) -> bool:
        self.dispatch()
        with self.store.read() as c:
            return chase.has_work(c, self.life, self.now)

    def wait(self, minutes: float) -> None:
        """Let time pass, every deadline fired in its turn."""
        end = self.now + timedelta(minutes=minutes)
        self.step()
        while True:
            with self.store.read() as c:
                _, due = chase.look(c, self.life, self.now)
            if due is None or due > end:
                break
            self.now = max(self.now, due)
            self.step()
        self.now = end
        self.step()

    def sleep(self, minutes: float) -> None:
        """Time passes while nothing runs; then one step."""
        self.now += timedelta(minutes=minutes)
        self.step()

    def dispatch(self) -> None:
        if self.dispatching:
            self.store.write(self._bind)

    def _bind(self, c: Any) -> None:
        due = c.execute(select(notice).where(notice.c.state == "due", notice.c.due <= self.now)
                        .order_by(notice.c.id)).all()  # fmt: skip
        carried: dict[str, list[Any]] = {}
        for row in due:
            on = c.execute(select(holder.c.person).where(holder.c.post == row.post)
                           .order_by(holder.c.rank)).scalars().all()  # fmt: skip
            known = c.execute(select(heard.c.person).where(heard.c.pursuit == row.pursuit)).scalars().all()
            called = [row.person] if row.person else on[:1] if row.who == "on-duty" else [
                p for p in on if p not in known]  # fmt: skip
            state = "carried" if called else "nobody"
            c.execute(update(notice).where(notice.c.id == row.id)
                      .values(state=state, person=next(iter(called), None)))  # fmt: skip
            for who in called:
                carried.setdefault(who, []).append(row)
        for who, rows in carried.items():
            self.codes += 1
            measured = [r for r in rows if r.measure]
            letters = {chr(65 + i): r.id for i, r in enumerate(measured)} if len(measured) > 1 else {}
            key = c.execute(insert(delivery).values(
                realm="live", person=who, channel="sms", address=f"phone-{who}",
                band=Level(max(1, *(r.level for r in rows))).band,
                round=rows[0].round, state="delivered", language="en", text="; ".join(
                    f"{r.kind}:{r.facts['reason'].get('en', '')}" for r in rows),
                code="HJKMNPRT"[self.codes // 3 % 8] + "679"[self.codes % 3], link=str(self.codes), letters=letters, created=self.now,
                at=self.now)).inserted_primary_key[0]  # fmt: skip
            for r in rows:
                c.execute(insert(delivery_notice).values(delivery=key, notice=r.id))

    def carry_again(self, key: int) -> int:
        """The fallback of a delivery: the same notices on another channel. Gives its id."""

        def again(c: Any) -> int:
            row = c.execute(select(delivery).where(delivery.c.id == key)).one()._asdict()
            del row["id"]
            row |= {"channel": "call", "link": f"again-{key}", "fallback_of": key}
            made = int(c.execute(insert(delivery).values(**row)).inserted_primary_key[0])
            for held in c.execute(select(delivery_notice.c.notice)
                                  .where(delivery_notice.c.delivery == key)).scalars().all():  # fmt: skip
                c.execute(insert(delivery_notice).values(delivery=made, notice=held))
            return made

        return self.store.write(again)

    # What people do

    def text(self, who: str, words: str, message: str = "") -> str:
        """A person texts; gives the outcome."""
        clocks = {one.id: self.now for one in self.rows(realm)}
        with self.store.read() as c:
            routed = chase.route(c, who, words, clocks, channel="sms",
                                 reply_to=f"phone-{who}", message=self._said(message))  # fmt: skip
        return self.take(routed.report) if routed else ""

    def say(self, who: str, act: str, subject: str, channel: str = "sms", **detail: Any) -> str:
        return self.take(Report(id=self._said(""), source="test", issued=self.now, act=act,
                                person=who, channel=channel, subject=subject, detail=detail))  # fmt: skip

    def _said(self, message: str) -> str:
        """The provider's id of a text: another one each time, unless the story names it."""
        self.texts += 1
        return message or f"text-{self.texts}"

    def take(self, report: Report) -> str:
        outcome = self.store.write(lambda c: chase.take(c, self.life, report))
        self.step()
        return outcome

    # What can be seen

    def rows(self, table: Any, *where: Any) -> list[Any]:
        with self.store.read() as c:
            return list(c.execute(select(table).where(*where).order_by(*table.primary_key)))

    def phone(self, who: str) -> list[str]:
        return [d.text for d in self.rows(delivery, delivery.c.person == who)]

    def latest(self, who: str) -> Any:
        return self.rows(delivery, delivery.c.person == who)[-1]

    def climbs(self) -> list[tuple[str, str, str]]:
        return [(e.from_post.removesuffix("-post"), e.to_post.removesuffix("-post"), e.reason)
                for e in self.rows(escalation)]  # fmt: skip

    def measure(self, key: str) -> Any:
        return self.rows(measure, measure.c.id == key)[0]

    def measures(self) -> list[Any]:
        return self.rows(measure)

    def open(self) -> list[tuple[str, str]]:
        return [(p.wants, p.at_post.removesuffix("-post"))
                for p in self.rows(pursuit, pursuit.c.state == "open")]  # fmt: skip

    def outcomes(self) -> list[tuple[str, str, str]]:
        return [(a.person, a.act, a.outcome) for a in sorted(self.rows(answer), key=lambda a: a.at)]

    def audited(self, action: str) -> list[Any]:
        return self.rows(audit, audit.c.action == action)
