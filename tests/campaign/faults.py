"""What is thrown at a province: each fault begins at its moment, lasts its time, and is then mended."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.campaign.province import Member, Province

# A server that finds it cannot keep two transactions apart says so at any write; this one does at one in
# four statements that change these.
REFUSING = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF random() < 0.25 THEN RAISE EXCEPTION 'could not serialize access' USING ERRCODE = '40001'; END IF;
  RETURN NULL; END $$;
"""
REFUSED = ("alert", "measure", "notice", "delivery", "signal", "answer")


@dataclass(frozen=True)
class Fault:
    """`strikes` gives what mends it; `lasts` are seconds, at least and at most."""

    name: str
    strikes: Callable[[Province, random.Random], Callable[[], None]]
    lasts: tuple[float, float] = (2, 8)
    needs_disk: bool = False
    begins_before: bool = False  # with the version before this one


def _signal(members: list[Member], how: signal.Signals) -> None:
    for one in members:
        if one.pid:
            os.kill(one.pid, how)


def _kill(role: str) -> Callable[[Province, random.Random], Callable[[], None]]:
    """One or all of a role, with SIGKILL; the supervisor starts them again."""

    def strike(town: Province, draw: random.Random) -> Callable[[], None]:
        there = town.of(role)
        _signal(draw.sample(there, draw.randint(1, len(there))), signal.SIGKILL)
        return lambda: None

    return strike


def _stop(role: str) -> Callable[[Province, random.Random], Callable[[], None]]:
    """One of a role does nothing for a while and then goes on as if nothing had been."""

    def strike(town: Province, draw: random.Random) -> Callable[[], None]:
        chosen = [draw.choice(town.of(role))]
        _signal(chosen, signal.SIGSTOP)
        return lambda: _signal(chosen, signal.SIGCONT)

    return strike


def _kill_all(town: Province, _: random.Random) -> Callable[[], None]:
    _signal(town.crew, signal.SIGKILL)
    return lambda: None


def _database_killed(town: Province, _: random.Random) -> Callable[[], None]:
    town.world.postgres.kill()
    return town.world.postgres.start


def _database_stopped(town: Province, _: random.Random) -> Callable[[], None]:
    town.world.postgres.pause()
    return town.world.postgres.goes_on


def _connections_cut(town: Province, draw: random.Random) -> Callable[[], None]:
    for _ in range(draw.randint(1, 4)):
        town.world.postgres.does(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'suian'"
        )
        time.sleep(draw.uniform(0, 1))
    return lambda: None


def _not_serializable(town: Province, _: random.Random) -> Callable[[], None]:
    for one in REFUSED:
        town.world.postgres.does(
            f"CREATE TRIGGER refusing AFTER INSERT OR UPDATE ON {one} EXECUTE FUNCTION refuse()", town.database
        )

    def mend() -> None:
        for one in REFUSED:
            town.world.postgres.does(f"DROP TRIGGER refusing ON {one}", town.database)

    return mend


def _broker_killed(town: Province, _: random.Random) -> Callable[[], None]:
    town.world.kafka.stop(signal.SIGKILL)
    return town.world.kafka.start


def _broker_stopped(town: Province, _: random.Random) -> Callable[[], None]:
    town.world.kafka.pause()
    return town.world.kafka.goes_on


def _broker_disk_full(town: Province, _: random.Random) -> Callable[[], None]:
    kafka = town.world.kafka
    kafka.fills_up()

    def mend() -> None:
        kafka.has_room()
        kafka.stop(signal.SIGKILL)  # a broker whose disk failed ends, or does nothing more
        kafka.start()

    return mend


def _everything_killed(town: Province, draw: random.Random) -> Callable[[], None]:
    """Both servers and all processes, as where the power fails; each is back in the order in which it went."""
    ends = [lambda: _database_killed(town, draw), lambda: _broker_killed(town, draw),
            lambda: _kill_all(town, draw)]  # fmt: skip
    mends = [end() for end in draw.sample(ends, len(ends))]
    return lambda: [mend() for mend in mends] and None


def _slow_database(town: Province, draw: random.Random) -> Callable[[], None]:
    for one in town.crew:
        one.door.slow(draw.uniform(0.02, 0.1))
    return lambda: [one.door.mend() for one in town.crew] and None


def _one_cut_off(town: Province, draw: random.Random) -> Callable[[], None]:
    door = draw.choice(town.crew).door
    door.shut()
    return door.mend


def _one_stuck(town: Province, draw: random.Random) -> Callable[[], None]:
    """Its connection stands and carries nothing, and it holds whatever it held."""
    door = draw.choice(town.of(draw.choice(["engine", "dispatch", "ingest"]))).door
    door.stick()
    return door.mend


def _slow_broker(town: Province, draw: random.Random) -> Callable[[], None]:
    town.world.broker_door.slow(draw.uniform(0.1, 0.5))
    return town.world.broker_door.mend


def _broker_cut_off(town: Province, _: random.Random) -> Callable[[], None]:
    town.world.broker_door.shut()
    return town.world.broker_door.mend


def _broker_stuck(town: Province, _: random.Random) -> Callable[[], None]:
    town.world.broker_door.stick()
    return town.world.broker_door.mend


def _rebalance(town: Province, draw: random.Random) -> Callable[[], None]:
    """An engine more comes in the middle of the storm, and one of the others is sent away."""
    leaves = draw.choice(town.of("engine"))
    town.joins("engine")
    leaves.wanted = False
    _signal([leaves], draw.choice([signal.SIGTERM, signal.SIGKILL]))
    return lambda: None


def _upgrade(town: Province, _: random.Random) -> Callable[[], None]:
    """Process by process, a new one beside the old where both find room; the web's keeps its port."""
    for old in list(town.crew):
        if old.role == "web":
            town.leaves(old)
            town.joins("web")
        else:
            town.joins(old.role)
            town.leaves(old)
    return lambda: None


FAULTS = (
    Fault("one or all of ingest killed", _kill("ingest"), (0, 0)),
    Fault("one or all engines killed", _kill("engine"), (0, 0)),
    Fault("one or all dispatchers killed", _kill("dispatch"), (0, 0)),
    Fault("web killed", _kill("web"), (0, 0)),
    Fault("all killed", _kill_all, (0, 0)),
    Fault("everything killed", _everything_killed),
    Fault("an ingest process stopped", _stop("ingest")),
    Fault("an engine stopped", _stop("engine")),
    Fault("a dispatcher stopped", _stop("dispatch")),
    Fault("web stopped", _stop("web")),
    Fault("engines change", _rebalance, (0, 0)),
    Fault("PostgreSQL killed", _database_killed),
    Fault("PostgreSQL stopped", _database_stopped),
    Fault("connections cut", _connections_cut, (0, 0)),
    Fault("serialization failures", _not_serializable),
    Fault("PostgreSQL slow", _slow_database),
    Fault("one cut off from PostgreSQL", _one_cut_off),
    Fault("one stuck on PostgreSQL", _one_stuck, (5, 30)),
    Fault("Kafka killed", _broker_killed),
    Fault("Kafka stopped", _broker_stopped),
    Fault("Kafka's disk full", _broker_disk_full, needs_disk=True),
    Fault("Kafka slow", _slow_broker),
    Fault("Kafka cut off", _broker_cut_off),
    Fault("Kafka stuck", _broker_stuck),
    Fault("an upgrade", _upgrade, (0, 0), begins_before=True),
)
