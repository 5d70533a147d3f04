"""A small town for dispatch alone: real tables, a clock that is moved, channels that do as told."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select, update

from alerting import chase
from alerting.alerts import Life
from alerting.dispatch import Dispatcher, Message, Sent
from alerting.dispatch.channels import Around, Channel, Plain
from alerting.dispatch.outbox import Claimed
from alerting.people import Policies
from alerting.places import Place, Places, Point
from alerting.rulebook.measures import Ask, Measure
from alerting.runtime import VirtualRuntime
from alerting.signals import Report
from alerting.store import Store, Writer
from alerting.store.schema import (
    alert,
    contact,
    delivery,
    delivery_notice,
    holder,
    measure,
    notice,
    person,
    post,
    realm,
)
from alerting.vocabulary import Level

START = datetime(2026, 1, 20, 6, tzinfo=UTC)  # 14:00 in the county
ZONE = ZoneInfo("Asia/Shanghai")
T = TypeVar("T")


def places() -> Places:
    point = (Point("low", 26.5, 106.5, 900),)
    return Places.of("99", [
        Place("99", "zone", "雾岭县", "Wuling", ()),
        Place("town", "zone", "东山镇", "Dongshan", point, parent="99"),
        Place("road", "road-section", "G99东山段", "G99 Dongshan section", point, zones=("town",)),
    ])  # fmt: skip


def book() -> Any:
    def made(**more: Any) -> Measure:
        base = {"form": "order", "carrier": "field", "lifter": "field"}
        return Measure.model_validate(base | more)

    measures = {
        "speed-limit": made(
            title={"zh": "限速", "en": "Speed limit"}, do={"zh": "在路段设置限速", "en": "Set a limit"},
            sms={"zh": "设置限速", "en": "Set the speed limit"}, report={"zh": "到位时间", "en": "when"},
            basis=["M-01"], exempts={"salt-truck": {"zh": "融雪车", "en": "salt trucks"}},
            arguments={"limit": {"stricter": "lower", "unit": "km/h", "zh": "{value}公里/小时",
                                 "en": "{value} km/h"}},
        ),
        "close": made(
            title={"zh": "封闭", "en": "Close"}, form="propose", decider="regulator", check=True,
            do={"zh": "封闭路段", "en": "Close the section"},
            sms={"zh": "封闭路段只出不进", "en": "Close it, exit only"},
        ),
    }  # fmt: skip
    step = SimpleNamespace(level=Level.yellow, ask=(Ask("speed-limit", {"limit": 60.0}),))
    return SimpleNamespace(
        measures=measures, rules_by_id={"fog": SimpleNamespace(levels={"yellow": step}, reports=())}
    )


class Phone(Plain):
    """A channel that does what a test tells it: `answers` are raised or returned in their order, and
    `says` raised when it is asked."""

    kind = "phone"
    options = Any
    loudness, can_reply, receipts, reads, can_ask, needs_template = (
        1,
        True,
        True,
        False,
        False,
        False,
    )
    max_segments = 3

    def __init__(self, name: str, runtime: Any) -> None:
        super().__init__(None, Around(name, runtime))
        self.got: list[Message] = []
        self.answers: list[Any] = []
        self.asked: list[int] = []
        self.says: list[Exception] = []
        self.has: set[int] = set()

    async def send(self, message: Message) -> Sent:
        answer = self.answers.pop(0) if self.answers else Sent("accepted", f"P{len(self.got) + 1}")
        if isinstance(answer, Exception):
            raise answer
        self.got.append(message)
        return answer

    async def ask(self, message: Message) -> Sent | None:
        self.asked.append(message.delivery)
        if self.says:
            raise self.says.pop(0)
        return Sent("accepted", "found") if message.delivery in self.has else None


@dataclass
class Hall:
    """`hall.tell(...)` writes a notice, `hall.goes()` steps until nothing is left to do now."""

    folder: Path
    channels: dict[str, Channel] = field(default_factory=dict)
    exercise: bool = False
    new: bool = True  # False: the database of a process that died
    texts: int = 0

    @classmethod
    def again(cls, folder: Path) -> Hall:
        return cls(folder, new=False)

    def __post_init__(self) -> None:
        self.runtime = VirtualRuntime(START)
        self.store = Store(self.folder / "suian.db")
        self.writer = Writer(self.store, self.runtime)
        self.phone, self.console = Phone("sms", self.runtime), Phone("console", self.runtime)
        self.phone.receipts = True
        self.console.max_segments, self.console.can_reply = None, False  # type: ignore[misc, assignment]
        self.console.receipts = False  # type: ignore[misc]
        self.channels = self.channels or {"sms": self.phone, "console": self.console}
        self.dispatcher = self.begin()
        if self.new:
            self.store.write(self._people)

    def begin(self, owner: str = "", lives: bool = True) -> Dispatcher:
        """A dispatcher as a process that starts has it; `owner` is its name among several, who know
        whether it lives."""
        self.dispatcher = Dispatcher(
            store=self.store, writer=self.writer, runtime=self.runtime, channels=self.channels,
            book=book(), places=places(), sender={"zh": "雾岭县应急办", "en": "Wuling EMO"},
            zone=ZONE, url="http://here/", now_of=self.now_of, owner=owner,
            known_to_live=lambda: lives,
        )  # fmt: skip
        return self.dispatcher

    def now_of(self, realm_id: str) -> datetime:
        return self.runtime.now()

    def _people(self, connection: Any) -> None:
        connection.execute(insert(realm).values(
            id="live", kind="live", title={}, exercise=self.exercise, started=START, begins=START,
            speed=1.0))  # fmt: skip
        for one, name, english, language, contacts in (
            (
                "chen",
                "陈警官",
                "Officer Chen",
                "zh",
                [("sms", "+447700900101"), ("console", "chen")],
            ),
            ("smith", "史密斯", "Smith", "en", [("sms", "+447700900105")]),
            ("mute", "无联系", "", "zh", []),
        ):
            connection.execute(
                insert(person).values(
                    id=one,
                    name=name,
                    name_en=english,
                    language=language,
                    role="decide",
                    active=True,
                )
            )
            for rank, (channel, address) in enumerate(contacts):
                connection.execute(insert(contact).values(
                    person=one, rank=rank, channel=channel, address=address))  # fmt: skip
        for one, held in (("police", "chen"), ("site", "smith"), ("vacant", ""), ("dumb", "mute")):
            connection.execute(insert(post).values(
                id=one, tier="field", sector="", place="99", title=f"岗位{one}", title_en=one,
                active=True))  # fmt: skip
            if held:
                connection.execute(insert(holder).values(post=one, rank=0, person=held))

    # What happens

    def alert(self, key: str = "live.fog.road.1", state: str = "open", **more: Any) -> str:
        values = {
            "id": key, "realm": "live", "rule": "fog", "place": "road", "episode": int(key[-1]),
            "sector": "road-traffic", "hazard": "fog", "state": state, "level": 2, "peak": 2,
            "opened": START, "updated": START, "why": {},
        } | more  # fmt: skip
        self.store.write(lambda c: c.execute(insert(alert).values(**values)))
        return key

    def measure(self, key: str = "m1", **more: Any) -> str:
        self.store.write(lambda c: c.execute(insert(measure).values(
            id=key, realm="live", measure="speed-limit", object=key, carrier="police", number=1,
            state="issued", level=2, arguments={}, proposed=START, **more)))  # fmt: skip
        return key

    def tell(self, post_id: str | None = "police", kind: str = "open", level: int = 2,
             *, wants: str = "", due: datetime | None = None, **more: Any) -> int:  # fmt: skip
        """A notice, due now; `more` are columns of it, and facts under `facts`."""
        said = facts(level=level) | more.pop("facts", {})
        now = self.runtime.now()
        values = {
            "realm": "live", "kind": kind, "post": post_id, "level": level, "wants": wants,
            "created": now, "due": due or now, "state": "due", "facts": said,
        } | more  # fmt: skip
        return self.store.write(
            lambda c: c.execute(insert(notice).values(**values)).inserted_primary_key[0]
        )

    def changes(self, table: Any, key: Any, **values: Any) -> None:
        self.store.write(
            lambda c: c.execute(update(table).where(table.c.id == key).values(**values))
        )

    def roster(self, post_id: str, person_id: str) -> None:
        self.store.write(lambda c: c.execute(
            update(holder).where(holder.c.post == post_id).values(person=person_id)))  # fmt: skip

    def says(self, text: str, person_id: str = "chen") -> str:
        """What a person texts, as the service takes it; gives the outcome."""
        now = self.runtime.now()
        self.texts += 1
        with self.store.read() as c:
            routed = chase.route(c, person_id, text, {"live": now}, channel="sms",
                                 reply_to="+447700900101", message=f"text-{self.texts}")  # fmt: skip
        return self.takes_in(routed.report) if routed else ""

    def presses(self, delivery_id: int, person_id: str = "chen") -> str:
        """The button "all received" on the page behind a message's link."""
        return self.takes_in(self.report("acknowledge", f"delivery:{delivery_id}", person_id))

    def report(self, act: str, subject: str, person_id: str = "chen") -> Report:
        """What a person presses on a page."""
        return Report(source="web", issued=self.runtime.now(), act=act, person=person_id, channel="link",
                      subject=subject)  # fmt: skip

    def takes_in(self, report: Report) -> str:
        told = report.model_copy(update={"accepted": self.runtime.now()})
        return self.store.write(lambda c: chase.take(c, self.life(), told))

    def life(self) -> Life:
        """As the chase wants it."""
        rules = book()
        rules.successors = ()
        return Life("live", False, rules, places(), Policies(), ZONE)

    def goes(self) -> None:
        """Step until nothing is left at this moment."""
        run(self._goes())

    async def _goes(self) -> None:
        for _ in range(200):
            if not await self.dispatcher.step():
                return
        raise AssertionError("the dispatcher always finds work")

    def takes(self) -> list[Claimed]:
        """Bind and lease what is due, as a process does that dies before it sends."""

        async def taken() -> list[Claimed]:
            await self.dispatcher._begin()
            return await self.dispatcher._take(self.dispatcher._plan())

        return run(taken())

    def passes(self, **span: float) -> None:
        """Time goes on; every deadline on the way is kept."""
        self.goes()
        target = self.runtime.now() + timedelta(**span)
        while (due := self.dispatcher.next_due()) is not None and due <= target:
            assert due > self.runtime.now(), "due now, and yet nothing was done"
            self.runtime.move_to(due)
            self.goes()
        self.runtime.move_to(target)
        self.goes()

    # What can be seen

    def deliveries(self, **match: Any) -> list[Any]:
        with self.store.read() as c:
            rows = c.execute(select(delivery).order_by(delivery.c.id)).all()
        return [r for r in rows if all(getattr(r, k) == v for k, v in match.items())]

    def notice(self, key: int) -> Any:
        with self.store.read() as c:
            return c.execute(select(notice).where(notice.c.id == key)).one()

    def carried(self, delivery_id: int) -> list[int]:
        with self.store.read() as c:
            return list(c.execute(
                select(delivery_notice.c.notice).where(delivery_notice.c.delivery == delivery_id)
                .order_by(delivery_notice.c.notice)).scalars())  # fmt: skip


def crowd(hall: Hall, count: int) -> list[str]:
    """So many posts, each held by somebody of their own."""

    def write(c: Any) -> None:
        for n in range(count):
            c.execute(insert(person).values(id=f"p{n}", name=f"人{n}", language="zh", role="answer", active=True))
            c.execute(insert(contact).values(person=f"p{n}", rank=0, channel="sms", address=f"+4477009{n:05}"))
            c.execute(insert(post).values(id=f"post{n}", tier="field", sector="", place="99", title=f"岗{n}",
                                          title_en=f"post {n}", active=True))  # fmt: skip
            c.execute(insert(holder).values(post=f"post{n}", rank=0, person=f"p{n}"))

    hall.store.write(write)
    return [f"post{n}" for n in range(count)]


def facts(**more: Any) -> dict[str, Any]:
    """Facts as the engine writes them: fog on the road, from 25 January 20:00 to the 26th, 08:00."""
    return {
        "rule": "fog", "sector": "road-traffic", "hazard": "fog", "place": "road", "level": 2, "was": 0,
        "onset": "2026-01-25T12:00:00+00:00", "until": "2026-01-26T00:00:00+00:00",
        "why": {"zh": "能见度 25日22时 120 m < 200 m", "en": "visibility 120 m < 200 m at 22:00"},
        "official": None, "measures": [], "reason": {}, "by": "", "due": None,
    } | more  # fmt: skip


def ordered(key: str = "m1", name: str = "speed-limit", state: str = "issued",
            **arguments: Any) -> dict[str, Any]:  # fmt: skip
    """A measure as notices carry it."""
    form = {"close": "propose"}.get(name, "order")
    arguments = arguments or ({"limit": 60.0} if name == "speed-limit" else {})
    return {"id": key, "measure": name, "arguments": arguments, "object": "road", "state": state,
            "form": form}  # fmt: skip


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)
