"""The plans of drills: folders below exercises/, each with a script.yaml or a storm.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Row

from alerting.errors import BadInput
from alerting.places import Places
from alerting.rulebook import Book
from alerting.rulebook.arguments import Words as TitleWords
from alerting.service.config import Config
from alerting.service.drill_script import SCRIPT, Showing, played, read_script
from alerting.service.storms import Storm, load_storm, read_storm

STORM = "storm.yaml"
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)  # a plan is as long whenever it is held
Words = dict[str, str]


class Ground(Protocol):
    """What a plan is read for: a station, or a county of which none runs."""

    config: Config
    places: Places
    book: Book


@dataclass(frozen=True, slots=True)
class Plan:
    """One plan as it is listed; `fault` says what keeps it from being played."""

    name: str
    kind: str  # script | storm
    title: Words
    lasts: timedelta | None
    fault: str = ""


def listed(ground: Ground) -> list[Plan]:
    """All plans there are, by name, those that cannot be played among them."""
    return [_plan(ground, ground.config.exercise.plans / one) for one in names(ground.config)]


def names(config: Config) -> list[str]:
    """The names of all plans, whether they can be played or not."""
    folder = config.exercise.plans
    return sorted(one.name for one in folder.iterdir() if _kind(one)) if folder.is_dir() else []


def checked(ground: Ground, name: str) -> Plan:
    """A plan that can be played: all of it is read. Raises BadInput otherwise."""
    folder = folder_of(ground.config, name)
    try:
        storm, _ = load(ground, name, Showing(0, _ANY_TIME, ""))
    except BadInput as error:
        raise BadInput(
            error.text(), zh=f"方案“{name}”有误，不能使用。请查看演练页面上的说明。"
        ) from None
    return Plan(name, _kind(folder), storm.title, storm.ends - _ANY_TIME)


def load(ground: Ground, name: str, of: Showing) -> tuple[Storm, str | None]:
    """What is played; and the script's text, None for a storm. Raises BadInput."""
    folder = folder_of(ground.config, name)
    if _kind(folder) == "storm":
        return load_storm(folder, ground.places).from_now(of.begins), None
    content = _text(folder)
    return _script(ground, folder, content, of), content


def again(ground: Ground, row: Row[Any]) -> Storm:
    """What a drill that has begun plays, as it was when it began. Raises BadInput."""
    folder = ground.config.exercise.plans / row.plan
    if row.script is None:
        return load_storm(folder, ground.places).from_now(row.started)
    return _script(ground, folder, row.script, Showing(row.id, row.started, row.by))


def _script(ground: Ground, folder: Path, content: str, of: Showing) -> Storm:
    said = read_script(_named(folder), content.encode(), ground.places, ground.book)
    return played(said, of, ground.places)


def _plan(ground: Ground, folder: Path) -> Plan:
    """As it is listed: a script is read whole, of a storm what its author says, for tables are long."""
    kind = _kind(folder)
    try:
        if kind == "script":
            script = read_script(_named(folder), _text(folder).encode(), ground.places, ground.book)
            return Plan(folder.name, kind, _both(script.title), script.lasts)
        storm = read_storm(folder, ground.places)
        return Plan(folder.name, kind, _both(storm.title), storm.ends - storm.begins)
    except BadInput as error:
        return Plan(folder.name, kind, {"zh": folder.name, "en": folder.name}, None, error.text())


def _both(title: TitleWords) -> Words:
    return {"zh": title["zh"], "en": title["en"]}


def folder_of(config: Config, name: str) -> Path:
    """Where a plan or storm lies. Raises BadInput that names those there are."""
    plans = config.exercise.plans
    if Path(name).name != name or not _kind(plans / name):
        known = ", ".join(names(config)) or "none"
        raise BadInput(f"there is no plan {name!r}", where=str(plans),
                       mend=f"There are: {known}.", zh=f"没有名为“{name}”的演练方案。")  # fmt: skip
    return plans / name


def _named(folder: Path) -> Path:
    """A script as its author knows it, without where on this machine it lies."""
    return Path(folder.parent.name) / folder.name / SCRIPT


def _kind(folder: Path) -> str:
    if (folder / SCRIPT).is_file():
        return "script"
    return "storm" if (folder / STORM).is_file() else ""


def _text(folder: Path) -> str:
    try:
        return (folder / SCRIPT).read_text("utf-8")
    except UnicodeDecodeError:
        raise BadInput("this is not UTF-8 text", where=str(folder / SCRIPT),
                       mend="Save the file as UTF-8.") from None  # fmt: skip
    except OSError as error:
        raise BadInput(f"the script cannot be read: {error.strerror}",
                       where=str(folder / SCRIPT)) from None  # fmt: skip
