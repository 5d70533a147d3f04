"""Several processes over one PostgreSQL and one Kafka: each does its part, and one alone does what one
alone may."""

from __future__ import annotations

import os
import signal as os_signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from alerting.store.schema import alert, answer, audit, delivery, position, signal
from tests.kafka_broker import SecuredBroker
from tests.scenarios.apart import Apart
from tests.scenarios.standin import StandIn
from tests.scenarios.weather import ORANGE_FOG


@pytest.mark.kafka
def test_one_forecast_one_alert_one_message_one_answer(
    make_apart: Callable[..., Apart], kafka: SecuredBroker, provider: StandIn, tmp_path: Path
) -> None:
    """Through a broker that wants TLS and a login."""
    (tmp_path / "word").write_text(kafka.password + "\n")
    (wrong := tmp_path / "wrong").write_text("guessed-word\n")
    town = make_apart(bus={
        "kafka": kafka.secured, "topic": "four-processes", "tls": {"ca": str(kafka.folder / "broker.pem")},
        "login": {"user": kafka.user},
    })  # fmt: skip
    refused = town.starts("ingest", SUIAN_KAFKA_PASSWORD_FILE=str(tmp_path / "none"))
    assert town.ends(refused) == 2
    assert "the secret cannot be read" in refused.said
    word = {"SUIAN_KAFKA_PASSWORD_FILE": str(tmp_path / "word")}
    ingest, engine, dispatch, web = (town.starts(role, **word) for role in ("ingest", "engine", "dispatch", "web"))
    chen = town.phone("chen")
    town.forecast(ORANGE_FOG)
    town.waits_until(lambda: chen.unread)
    chen.expects("限速", "收到回1")
    provider.flush()
    chen.replies("1")
    town.waits_until(lambda: town.asks(answer.c.outcome, answer.c.person == "chen"))
    assert set(town.asks(answer.c.outcome, answer.c.person == "chen")) == {"taken"}
    assert {m["state"] for m in town.measures(carrier="police")} == {"acknowledged"}
    assert len([m for m in provider.messages if m.to == chen.number and "限速" in m.body]) == 1
    assert len(town.asks(alert.c.id)) == len(set(town.asks(alert.c.id))) == len(town.alerts()) > 0
    # Who did what: the signals were read where the engine is, and nobody else took its part.
    assert "partitions=[0]" in engine.said
    assert town.holds(ingest, "schedule")
    assert "takes over" not in dispatch.said + web.said
    assert "Traceback" not in town.log()
    for said in (one.log.read_text() for one in town.processes):
        assert kafka.password not in said
    town.seals()
    assert town.runs_besides("audit verify") == 0, "commands find the database by the config too"
    for given, code, said in ((word["SUIAN_KAFKA_PASSWORD_FILE"], 0, "lets us in"), (str(wrong), 1, "refuses the login of suian")):
        assert town.runs_besides("doctor", SUIAN_KAFKA_PASSWORD_FILE=given) == code
        assert said in (town.folder / "service.log").read_text()


def test_only_who_tells_the_sentinels_needs_their_secret(make_apart: Callable[..., Apart]) -> None:
    town = make_apart(sentinels={"far": {"url": "http://127.0.0.1:9"}})
    others = [town.starts(role) for role in ("web", "dispatch", "ingest")]
    refused = town.starts("engine")
    assert town.ends(refused) == 2
    assert "the secret shared with the sentinel is not set" in refused.said
    town.waits_until(lambda: all(one.asked("/healthz").ok for one in others))
    town.starts("engine", SUIAN_SENTINEL_SECRET="sixteen-letters-or-more")


def test_a_worker_that_was_stopped_and_wakes_is_refused(make_apart: Callable[..., Apart]) -> None:
    """It had read the forecast and decided; another has taken it meanwhile."""
    town = make_apart()
    town.starts("web")
    first = town.starts("engine", SUIAN_DIE="take:1:stop")
    town.waits_until(lambda: town.holds(first, "partition 0"))
    second = town.starts("engine")
    town.forecast(ORANGE_FOG)
    town.waits_until(first.stopped)
    assert town.asks(alert.c.id) == []
    town.waits_until(lambda: town.asks(alert.c.id))
    assert town.holds(second, "partition 0")
    alerts = town.asks(alert.c.id)
    stood = town.asks(position.c.taken, position.c.realm == "live")
    first.goes_on()
    town.waits_until(lambda: "another process has taken signals" in first.said)
    town.waits_until(lambda: "others take over" in first.said)
    assert town.asks(alert.c.id) == alerts
    for one in alerts:  # each opened once, and once on record
        assert town.asks(audit.c.action, audit.c.subject == one).count("opened") == 1
    assert town.asks(position.c.taken, position.c.realm == "live") == stood == [max(town.asks(signal.c.seq))]


def test_what_a_dispatcher_had_in_hand_when_it_was_killed_another_asks_about(
    make_apart: Callable[..., Apart], provider: StandIn
) -> None:
    """The provider had taken it already: nobody is told twice, and nobody waits for the lease to run out."""
    town = make_apart()
    town.starts("web")
    town.starts("engine")
    first = town.starts("dispatch", SUIAN_DIE="send:1:after")
    town.forecast(ORANGE_FOG)
    assert town.ends(first) == -os_signal.SIGKILL
    assert "sending" in town.asks(delivery.c.state)  # others, under way beside it, may have been quicker
    began = time.monotonic()
    town.starts("dispatch")
    town.waits_until(lambda: set(town.asks(delivery.c.state, delivery.c.channel == "sms")) == {"accepted"})
    assert time.monotonic() - began < 45, "half a lease, on a busy machine"
    told = [(m.to, m.body) for m in provider.messages]
    assert len(told) == len(set(told)), told
    assert len(told) == len(town.asks(delivery.c.id, delivery.c.channel == "sms"))


def test_each_process_says_what_it_lacks(make_apart: Callable[..., Apart]) -> None:
    """Whether it is ready is its own matter, and what nobody does is said by all."""
    town = make_apart()
    web, engine, dispatch = (town.starts(role) for role in ("web", "engine", "dispatch"))
    town.waits_until(lambda: not any(one.lacks() for one in (web, engine, dispatch)))
    town.waits_until(lambda: town.holds(engine, "engine"))
    said = [one.asked("/readyz").text.splitlines() for one in (web, engine, dispatch)]
    assert [lines[0] for lines in said] == ["ready (web)", "ready (engine)", "ready (dispatch)"]
    nobody = ["no process does 'schedule': start one of the role ingest"]
    assert [lines[1:] for lines in said] == [nobody] * 3
    with town.without_its_database():
        town.waits_until(lambda: "do not know that this one lives" in dispatch.lacks())
        for one in (web, engine, dispatch):
            assert "the database does not answer" in one.lacks()
            assert one.asked("/healthz").ok, "a new process would not mend it"
            assert "suian_database_up 0.0" in one.asked("/metrics").text
        assert "the link with the other processes (link) has failed" in dispatch.lacks()
    town.waits_until(lambda: not any(one.lacks() for one in (web, engine, dispatch)))
    os.kill(engine.pid, os_signal.SIGKILL)
    town.ends(engine)
    town.waits_until(lambda: "no process does 'engine': start one of the role engine" in web.asked("/readyz").text)
    assert not web.lacks(), "pages are drawn, and answers kept, all the same"
    figures = web.asked("/metrics").text
    assert 'suian_held{what="engine"} 0.0' in figures
    assert 'suian_build_info{role="web",version=' in figures
    town.starts("engine")  # what the first had written and not sealed is sealed
    town.waits_until(lambda: "'engine'" not in web.asked("/readyz").text)
