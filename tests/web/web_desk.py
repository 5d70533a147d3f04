"""A small county at its desk: a real store and rows put in by hand; no engine runs behind it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import requests
from sqlalchemy import Connection, insert, select, update

from alerting.alerts import FactBook
from alerting.bus import EmbeddedBus
from alerting.chase import route
from alerting.dispatch.channels import StatusChange
from alerting.dispatch.receipts import apply_status
from alerting.places import Place, Places, Point
from alerting.rulebook.measures import Argument, Measure
from alerting.runtime import VirtualRuntime
from alerting.service.config import Keep
from alerting.signals import Signal, Spot, Warning, accepted_at, decode
from alerting.store import Store, Writer
from alerting.store import schema as s
from alerting.telemetry import Tally
from alerting.vocabulary.official import shipped
from alerting.web.tokens import create_token

NOW = datetime(2026, 1, 20, 19, 30, tzinfo=UTC)  # 03:30 in the county
TIERS = {"carrier": "field", "lifter": "field"}


def measure_of(zh: str, en: str, **more: Any) -> Measure:
    words = {"zh": zh, "en": en}
    given: dict[str, Any] = {"title": words, "form": "order", "do": words, "sms": words, **TIERS}
    return Measure.model_validate(given | more)


BOOK = SimpleNamespace(
    rules_by_id={
        "icing": SimpleNamespace(title={"zh": "路面结冰", "en": "Road icing"}, reports=()),
        "fog": SimpleNamespace(title={"zh": "团雾", "en": "Fog"}, reports=()),
    },
    measures={
        "speed-limit": measure_of(
            "限速", "Speed limit",
            arguments={"speed": Argument(stricter="lower", unit="km/h", zh="{value} 公里/小时",
                                         en="{value} km/h")},
        ),
        "close": measure_of("封闭路段", "Close the section", decider="regulator", road="closes"),
        "salt": measure_of("撒盐", "Salt the road"),
    },
    reported=frozenset({"icing"}), plans={}, plan_of={}, incidents=frozenset({"fire"}),
)  # fmt: skip

BOOK.orderable = BOOK.measures


def places() -> Places:
    def at(name: str, height: float) -> tuple[Point, ...]:
        return (Point(f"{name}.low", 27.0, 107.0, height),)

    return Places.of("990100", [
        Place("990100", "zone", "青岚县", "Qinglan County", at("county", 900)),
        Place("990101", "zone", "石门镇", "Shimen Town", at("shimen", 1100), parent="990100"),
        Place("g70-12", "road-section", "G70 12–19 公里", "G70 km 12–19", at("g70", 1450),
              zones=("990101",), sector="road-traffic"),
        Place("wuling-pass", "pass", "雾岭垭口", "Wuling Pass", at("pass", 1780), zones=("990101",)),
    ])  # fmt: skip


class Desk:
    """What the web asks of the service, over a real store; no engine runs behind it."""

    def __init__(self, folder: Path) -> None:
        self.runtime = VirtualRuntime(NOW)
        self.store = Store(folder / "suian.db")
        self.writer = Writer(self.store, self.runtime)
        self.bus = EmbeddedBus()
        self.places, self.book = places(), BOOK
        self.spots = tuple(Spot(p.id, p.lat, p.lon, p.elevation) for p in self.places.points().values())
        self.point_ids = frozenset(spot.id for spot in self.spots)
        self.channels: dict[str, Any] = {}
        self.connectors: dict[str, Any] = {}
        self.config = SimpleNamespace(
            county=SimpleNamespace(name="青岚县", name_en="Qinglan County", fictional=True,
                                   zone=ZoneInfo("Asia/Shanghai")),
            url="http://127.0.0.1:8080",
            channels={"console": SimpleNamespace(on=True), "sms": SimpleNamespace(on=True)}, keep=Keep(), sentinels={},
        )  # fmt: skip
        calendar = SimpleNamespace(titles=dict, known_through=date(2026, 12, 31))
        self.county = SimpleNamespace(calendar=calendar, table=shipped())
        self.loops: dict[str, Any] = {}
        self.tally, self.role, self.kafka, self.known_to_live = Tally(), "all", None, True
        self.unusable: set[str] = set()
        self.book_problem = ""
        self.engines: dict[str, Any] = {"live": None}
        self.unseen: list[dict[str, Any]] = []
        self.lacking: list[dict[str, Any]] = []
        self.exercise: dict[str, Any] = {"state": "none"}
        self.started = 0
        self.dispatcher = self
        self.store.write(self._open)

    async def status(self, channel: str, change: StatusChange) -> bool:
        return await self.writer.write(
            lambda c: apply_status(c, self.channels[channel], change, self.now, self.runtime.now())
        )

    async def hear(self, person: str, channel: str, text: str, *, reply_to: str = "",
                   message: str = "") -> bool:
        with self.store.read() as c:
            routed = route(c, person, text, {"live": self.now("live")}, channel=channel,
                           reply_to=reply_to, message=message)
        if routed is not None:
            await self.publish(routed.realm, [routed.report])
        return routed is not None

    def _open(self, c: Any) -> None:
        row = {"title": {"zh": "实况", "en": "Live"}, "started": NOW, "begins": NOW, "speed": 1.0}
        c.execute(insert(s.realm).values(id="live", kind="live", exercise=False, **row))

    def now(self, realm_id: str) -> datetime:
        return self.runtime.now()

    async def publish(
        self, realm_id: str, signals: list[Signal], packed: Mapping[str, bytes] | None = None
    ) -> list[str]:
        now = self.now(realm_id)
        return await self.writer.write(lambda c: self.bus.publish(c, realm_id, signals, now, packed))

    def cadences(self, realm_id: str) -> dict[str, timedelta]:
        return {"storm-forecast": timedelta(hours=3)}

    def blind(self, connection: Connection, realm_id: str) -> list[dict[str, Any]]:
        return self.unseen

    def blind_counts(self, connection: Connection, realm_id: str) -> dict[str, int]:
        return {}

    def undecidable(self, realm_id: str) -> list[dict[str, Any]]:
        return self.lacking

    def sources(self, connection: Connection) -> list[dict[str, Any]]:
        return [
            {"name": "open-meteo", "state": "fresh", "spoke": NOW - timedelta(minutes=50),
             "due": NOW + timedelta(minutes=10), "waits_for": "", "error": ""},
            {"name": "warnings", "state": "waiting", "spoke": None,
             "due": NOW + timedelta(minutes=4), "waits_for": "first message", "error": ""},
        ]  # fmt: skip

    async def start_exercise(self) -> str:
        self.started += 1
        return "exercise-2"

    # What a story does

    def say(self, one: Signal) -> None:
        """A signal that came in, taken by nobody."""
        self.store.write(lambda c: self.bus.publish(c, "live", [one], self.runtime.now()))

    def put(self, table: Any, **values: Any) -> None:
        self.store.write(lambda c: c.execute(insert(table).values(**values)))

    def change(self, table: Any, where: Any, **values: Any) -> None:
        self.store.write(lambda c: c.execute(update(table).where(where).values(**values)))

    def person(self, key: str, role: str, *posts: str, name: str = "") -> str:
        """Somebody with a role, reached on the console; gives a token of theirs."""
        self.put(s.person, id=key, name=name or key, name_en=key.title(), language="zh", role=role)
        self.put(s.contact, person=key, rank=9, channel="console", address=key)
        for post in posts:
            self.put(s.holder, post=post, rank=0, person=key)
        return self.store.write(
            lambda c: create_token(c, key, role, None, "test", NOW, self.runtime)
        )

    def said(self) -> list[Any]:
        """What was said through the web, in order; not what a scene put there without a body."""
        with self.store.read() as c:
            rows = c.execute(
                select(s.signal.c.body, s.signal.c.accepted).where(s.signal.c.body != b"")
                .order_by(s.signal.c.seq)
            )  # fmt: skip
            return [accepted_at(decode(r.body), r.accepted) for r in rows]

    def warn(self, identifier: str, level: str = "orange", **more: Any) -> None:
        """An official warning that the engine has taken."""
        if self.engines["live"] is None:
            calendar: Any = self.county.calendar
            facts = FactBook(self.places, calendar, {"office": timedelta(minutes=10)})
            facts.heard("office", NOW)
            self.engines["live"] = SimpleNamespace(facts=facts)
        given = {"source": "office", "issued": NOW - timedelta(hours=1), "identifier": identifier,
                 "sender": "青岚县气象台", "action": "alert", "hazard": "road-icing", "event": "道路结冰",
                 "level": level, "area": {"codes": ["990100"]}}  # fmt: skip
        self.engines["live"].facts.take_warning(Warning.model_validate(given | more))

    def open_alert(self, rule: str = "icing", place: str = "g70-12", level: int = 3, **more: Any) -> str:
        key = f"{more.get('realm', 'live')}.{rule}.{place}.1"
        why = {"sentence": {
            "zh": "预计 05:00 路面温度 -1.6 ℃ 且有降水，低于阈值 0 ℃（open-meteo，00:00 发布）。",
            "en": "Surface temperature -1.6 °C with precipitation at 05:00, under 0 °C.",
        }}
        values: dict[str, Any] = {
            "realm": "live", "rule": rule, "place": place, "episode": 1,
            "sector": "road-traffic", "hazard": "road-icing", "state": "open", "level": level,
            "peak": level, "opened": NOW - timedelta(hours=2),
            "onset": NOW + timedelta(hours=1, minutes=30), "updated": NOW, "why": why,
        }
        self.put(s.alert, id=key, **(values | more))
        realm = (values | more)["realm"]
        self.put(s.alert_change, realm=realm, alert=key, at=NOW - timedelta(hours=2),
                 what="opened", level=level, by="forecast:1", why=why)
        return key

    def ask(self, alert: str, name: str = "speed-limit", state: str = "issued", carrier: str = "field-road",
            **more: Any) -> str:
        realm = more.pop("realm", "live")
        key = f"{realm}.{name}.g70-12.{carrier}.1"
        values: dict[str, Any] = {
            "measure": name, "object": "g70-12", "carrier": carrier, "number": 1, "state": state,
            "level": 3, "arguments": {"speed": 40.0} if name == "speed-limit" else {},
            "proposed": NOW - timedelta(hours=2), "issued": NOW - timedelta(hours=2),
            "due": NOW + timedelta(minutes=20),
        }
        self.put(s.measure, id=key, realm=realm, **(values | more))
        self.put(s.asker, measure=key, asker=alert, realm=realm, level=3, arguments={},
                 since=NOW - timedelta(hours=2))
        return key

    def notify(self, person: str, text: str, *, alert: str | None = None, measure: str | None = None,
               wants: str = "acknowledge", state: str = "delivered", realm: str = "live",
               link: str = "", created: datetime = NOW) -> tuple[int, int]:
        """A message somebody got; gives the ids of the delivery and of its notice."""
        def work(c: Any) -> tuple[int, int]:
            n = c.execute(insert(s.notice).values(
                realm=realm, kind="order", alert=alert, measure=measure, post="field-road",
                wants=wants, level=3, created=created, due=created, state="carried", facts={},
            )).inserted_primary_key[0]
            d = c.execute(insert(s.delivery).values(
                realm=realm, person=person, channel="console", address=person, band="orange",
                round=0, state=state, language="zh", text=text, code="4821", link=link or f"l{n}",
                letters={}, created=created, at=created,
            )).inserted_primary_key[0]
            c.execute(insert(s.delivery_notice).values(delivery=d, notice=n))
            return int(d), int(n)

        return self.store.write(work)


class Browser(requests.Session):
    """Requests to the server of one test; a person's token may ride along."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base
        self.trust_env = False

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        kwargs["allow_redirects"] = False
        return super().request(method, self.base + url, *args, **kwargs)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
