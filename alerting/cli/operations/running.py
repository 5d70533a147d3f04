"""What runs: commands, the loops of each role, the figures, the tables, who asks for health."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer
from fastapi import APIRouter
from fastapi.routing import APIRoute
from prometheus_client.metrics import MetricWrapperBase

from alerting.cli.operations.markdown import code, first_sentence, first_words, table
from alerting.dispatch.channels import Configured
from alerting.errors import BadInput
from alerting.runtime import VirtualRuntime
from alerting.service.config import Config, Keep
from alerting.service.county import load_county
from alerting.service.link_loop import Alone
from alerting.service.loop import Loop
from alerting.service.process import ALONE, ROLES, of_one, of_several
from alerting.service.station import Station
from alerting.store import Store
from alerting.store.link import Link
from alerting.store.migrations import tables
from alerting.web import figures, health
from alerting.yamlfile import read_tree

AT = datetime(2026, 1, 1, tzinfo=UTC)  # whatever time it is: nothing that is listed depends on it


def commands_table(app: typer.Typer) -> str:
    return table(("command", "what it does"), _commands(typer.main.get_command(app), "suian"))


def _commands(of: Any, said: str) -> Iterator[tuple[str, str]]:
    for name, one in of.commands.items():
        if hasattr(one, "commands"):
            yield from _commands(one, f"{said} {name}")
        else:
            yield code(f"{said} {name}"), first_words(one.help)


def idle_station(settings: Config) -> Station:
    """One that does nothing, with a database in memory, for its loops and figures: nobody is reached
    from it, so that it wants no secret."""
    bus = settings.bus.model_copy(update={"kafka": "127.0.0.1:9092"})
    alone = {"sources": {}, "sentinels": {}, "channels": {"console": Configured()}, "bus": bus,
             "database": ""}  # fmt: skip
    county = load_county(settings.model_copy(update=alone))
    return Station(county, VirtualRuntime(AT), Store(":memory:"))


def roles_table() -> str:
    rows = [(code(name), what) for name, what in ROLES.items()]
    return table(("role", "what its processes do"), rows)


def loops_table(station: Station) -> str:
    """Each loop with the roles that run it among several processes, and who may do it at a time."""
    made = {role: of_several(station, role, Link("", ())) for role in ROLES if role != "all"}
    among_several = [loop for loops in made.values() for loop in loops]
    one = of_one(station)
    kafka, station.kafka = station.kafka, None
    without_kafka = {loop.name for loop in of_one(station)}
    station.kafka = kafka
    rows = []
    for name, loop in {loop.name: loop for loop in (*one, *among_several)}.items():
        roles = [role for role, loops in made.items() if name in {each.name for each in loops}]
        among = [each for each in among_several if each.name == name]
        inner = loop.loop if isinstance(loop, Alone) else loop
        what = first_sentence(sys.modules[type(inner).__module__].__doc__)
        if loop in one and name not in without_kafka:
            what += " With Kafka alone."
        of = ", ".join(roles) if len(roles) < len(made) else "each"
        rows.append((code(name), what, of or "the one of a database of its own", _who(among)))
    return table(("loop", "what it does", "role", "at a time"), rows)


def _who(among: list[Loop]) -> str:
    what = {one.what for one in among if isinstance(one, Alone)}
    if not what:
        return "each" if among else "that one"
    names = {name for each in ALONE.values() for name in each} & what
    return f"one: {code(names.pop())}" if names else "each that the others know to live"


def health_table() -> str:
    routers: tuple[APIRouter, ...] = (health.router, figures.router)
    return table(("path", "what it says"), [
        (code(route.path), first_words(route.endpoint.__doc__))
        for router in routers for route in router.routes if isinstance(route, APIRoute)
    ])  # fmt: skip


def figures_table(station: Station) -> str:
    with station.store.read() as connection:
        found = list(figures.families(connection, station))
    counted = {one.name: each._labelnames for each in vars(station.tally).values()
               if isinstance(each, MetricWrapperBase) for one in each.describe()}  # fmt: skip
    rows = []
    for one in found:
        labels = counted.get(one.name) or getattr(one, "_labelnames", ()) or sorted({
            label for sample in one.samples for label in sample.labels})  # fmt: skip
        suffix = {"counter": "_total", "info": "_info"}.get(one.type, "")
        rows.append((code(one.name + suffix), one.type, ", ".join(labels), one.documentation))
    return table(("figure", "kind", "labels", "what it is"), rows)


def alarms_table(file: Path) -> str:
    """Raises BadInput where the file of the alarms is not there."""
    try:
        groups = read_tree(file.read_text("utf-8"))["groups"]
    except OSError as error:
        raise BadInput(f"the alarms cannot be read: {error.strerror}", where=str(file),
                       mend="Name their file with --alarms.") from None  # fmt: skip
    return table(("alarm", "severity", "after", "what it says"), [
        (f"[{one['alert']}]({Path(one['annotations']['runbook']).name})", one["labels"]["severity"],
         one.get("for", "at once"), re.sub(r"{{.*?}}", "…", one["annotations"]["summary"]))
        for group in groups for one in group["rules"]
    ])  # fmt: skip


def tables_table() -> str:
    """How long: the options of `keep` that say it, or else in words."""
    return table(("table", "what it is for", "how long"), [
        (code(one.name), one.info["what"], _kept(one.info["kept"]))
        for one in sorted(tables(), key=lambda one: one.name)
    ])  # fmt: skip


def _kept(said: str) -> str:
    names = said.split(", ")
    known = set(names) <= Keep.model_fields.keys()
    return ", ".join(code(f"keep.{name}") for name in names) if known else said
