"""/healthz, /readyz, /metrics: for whoever watches the service from outside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from alerting.service.service_rules import loop_words
from alerting.store.schema import alert, delivery, notice, pursuit, realm, signal
from alerting.vocabulary import Level
from alerting.web.auth import who
from alerting.web.desk import Station, read, station_of
from alerting.web.problems import Problem
from alerting.web.roles import Who

router = APIRouter(include_in_schema=False)
WAITING_LIMIT = 1000  # pieces of work before the one writer beyond which we are not ready


@router.get("/healthz")
async def alive() -> Response:
    """It answers, so it lives; nothing else is asked."""
    return PlainTextResponse("ok\n")


@router.get("/readyz")
async def ready(request: Request) -> Response:
    """The database answers, the writer keeps up, no loop fails; 503 with the reason otherwise."""
    station = station_of(request)
    try:
        await read(station, lambda c: c.execute(select(func.count()).select_from(realm)).scalar())
    except SQLAlchemyError as error:
        raise Problem(503, f"the database does not answer: {type(error).__name__}") from None
    if station.writer.waiting > WAITING_LIMIT:
        raise Problem(503, f"{station.writer.waiting} changes wait to be written")
    if wrong := failing(station):
        raise Problem(503, "; ".join(one["said"]["en"] for one in wrong),
                      "The service's log has the whole error.")  # fmt: skip
    return PlainTextResponse("ready\n")


def failing(station: Station) -> list[dict[str, Any]]:
    """The loops whose last round failed, in words."""
    found = []
    for name, rounds in sorted(station.loops.items()):
        if rounds.since is None:
            continue
        words = loop_words(name)
        found.append({"loop": name, "since": rounds.since, "said": {
            "zh": f"{words['zh']}（{name}）失败{rounds.failures}次：{rounds.error}",
            "en": f"{words['en']} ({name}) has failed {rounds.failures} times since"
            f" {rounds.since:%Y-%m-%d %H:%M}Z: {rounds.error}",
        }})  # fmt: skip
    return found


@router.get("/metrics")
async def metrics(request: Request, _who: Annotated[Who, Depends(who)]) -> Response:
    station = station_of(request)
    text = await read(station, lambda c: exposition(c, station))
    return Response(text, media_type=CONTENT_TYPE_LATEST)


def exposition(connection: Connection, station: Station) -> bytes:
    """The figures in Prometheus' text form."""
    registry = CollectorRegistry()
    registry.register(_Figures(connection, station))
    return generate_latest(registry)


class _Figures(Collector):
    """Read from the tables when asked: what is counted survives a restart."""

    def __init__(self, connection: Connection, station: Station) -> None:
        self._connection, self._station = connection, station

    def collect(self) -> Iterator[Metric]:
        yield self._alerts()
        yield self._deliveries()
        yield self._queues()
        yield from self._signals()
        yield self._pursuits()
        yield self._loops()
        yield from self._sources()

    def _alerts(self) -> Metric:
        made = GaugeMetricFamily(
            "suian_alerts_open", "Alerts open now", labels=["realm", "level"]
        )
        counts = {
            (r.realm, r.level): r.n
            for r in self._connection.execute(
                select(alert.c.realm, alert.c.level, func.count().label("n"))
                .where(alert.c.state == "open")
                .group_by(alert.c.realm, alert.c.level)
            )
        }
        realms = self._connection.execute(select(realm.c.id).order_by(realm.c.id)).scalars()
        for one in realms:
            for level in Level:
                made.add_metric([one, level.name], counts.get((one, int(level)), 0))
        return made

    def _deliveries(self) -> Metric:
        made = GaugeMetricFamily(
            "suian_deliveries", "Messages by state", labels=["realm", "channel", "state"]
        )
        for r in self._connection.execute(
            select(delivery.c.realm, delivery.c.channel, delivery.c.state, func.count().label("n"))
            .group_by(delivery.c.realm, delivery.c.channel, delivery.c.state)
        ):  # fmt: skip
            made.add_metric([r.realm, r.channel, r.state], r.n)
        return made

    def _queues(self) -> Metric:
        made = GaugeMetricFamily("suian_queue", "Work that waits", labels=["queue"])
        waits = {
            "signals": select(func.count())
            .select_from(signal.join(realm, realm.c.id == signal.c.realm))
            .where(signal.c.seq > realm.c.taken, realm.c.ended.is_(None)),
            "notices": select(func.count()).select_from(notice).where(notice.c.state == "due"),
            "deliveries": select(func.count())
            .select_from(delivery)
            .where(delivery.c.state.in_(["bound", "sending"])),
        }
        for name, query in waits.items():
            made.add_metric([name], self._connection.execute(query).scalar_one())
        made.add_metric(["writer"], self._station.writer.waiting)
        return made

    def _signals(self) -> Iterator[Metric]:
        made = CounterMetricFamily(
            "suian_signals_taken", "Signals the engine has taken", labels=["realm", "kind"]
        )
        for r in self._connection.execute(
            select(signal.c.realm, signal.c.kind, func.count().label("n"))
            .join(realm, realm.c.id == signal.c.realm)
            .where(signal.c.seq <= realm.c.taken)
            .group_by(signal.c.realm, signal.c.kind)
        ):
            made.add_metric([r.realm, r.kind], r.n)
        yield made

    def _pursuits(self) -> Metric:
        made = GaugeMetricFamily(
            "suian_unanswered", "What is waited for", labels=["realm", "wants"]
        )
        for r in self._connection.execute(
            select(pursuit.c.realm, pursuit.c.wants, func.count().label("n"))
            .where(pursuit.c.state == "open")
            .group_by(pursuit.c.realm, pursuit.c.wants)
        ):
            made.add_metric([r.realm, r.wants], r.n)
        return made

    def _loops(self) -> Metric:
        made = GaugeMetricFamily(
            "suian_loop_failures", "Rounds of a loop that failed in a row; 0 is well",
            labels=["loop"],
        )  # fmt: skip
        for name, rounds in sorted(self._station.loops.items()):
            made.add_metric([name], rounds.failures)
        return made

    def _sources(self) -> Iterator[Metric]:
        age = GaugeMetricFamily(
            "suian_source_age_seconds", "Since a source last spoke", labels=["source"]
        )
        up = GaugeMetricFamily(
            "suian_source_silent", "1 where it is overdue", labels=["source"]
        )
        now = self._station.runtime.now()
        for one in self._station.sources():
            if one["spoke"] is not None:
                age.add_metric([one["name"]], (now - one["spoke"]).total_seconds())
            up.add_metric([one["name"]], float(one["state"] == "silent"))
        yield age
        yield up
