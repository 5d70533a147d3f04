"""The plans of drills: folders below exercises/, each with a script.yaml or a storm.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row

from alerting.errors import BadInput
from alerting.service.drill_script import SCRIPT, played, read_script
from alerting.service.storms import Storm, load_storm

if TYPE_CHECKING:
    from alerting.service.station import Station

STORM = "storm.yaml"
Words = dict[str, str]


@dataclass(frozen=True, slots=True)
class Plan:
    """One plan as it is listed; `fault` says what keeps it from being played."""

    name: str
    kind: str  # script | storm
    title: Words
    lasts: timedelta | None
    fault: str = ""


def listed(station: Station) -> list[Plan]:
    """All plans there are, by name, those that cannot be played among them."""
    folder = station.config.exercise.plans
    if not folder.is_dir():
        return []
    return [_plan(station, one) for one in sorted(folder.iterdir()) if _kind(one)]


def checked(station: Station, name: str) -> Plan:
    """A plan that can be played. Raises BadInput otherwise."""
    folder = _folder(station, name)
    found = _plan(station, folder)
    if found.fault:
        raise BadInput(found.fault, zh=f"方案“{name}”有误，不能使用。请查看演练页面上的说明。")
    return found


def load(station: Station, name: str, begins: datetime, by: str) -> tuple[Storm, str | None]:
    """What is played from `begins` on; and the script's text, None for a storm. Raises BadInput."""
    folder = _folder(station, name)
    if _kind(folder) == "storm":
        return load_storm(folder, station.places).from_now(begins), None
    content = _text(folder)
    return _script(station, folder, content, begins, by), content


def again(station: Station, row: Row[Any]) -> Storm:
    """What a drill that has begun plays, as it was when it began. Raises BadInput."""
    folder = station.config.exercise.plans / row.plan
    if row.script is None:
        return load_storm(folder, station.places).from_now(row.started)
    return _script(station, folder, row.script, row.started, row.by)


def _script(station: Station, folder: Path, content: str, begins: datetime, by: str) -> Storm:
    said = read_script(folder / SCRIPT, content.encode(), station.places, station.book)
    return played(said, begins, station.places, by)


def _plan(station: Station, folder: Path) -> Plan:
    now = station.runtime.now()
    try:
        storm, _ = load(station, folder.name, now, "")
    except BadInput as error:
        return Plan(folder.name, _kind(folder), {"zh": folder.name, "en": folder.name}, None,
                    error.text())  # fmt: skip
    return Plan(folder.name, _kind(folder), storm.title, storm.ends - now)


def _folder(station: Station, name: str) -> Path:
    folder = station.config.exercise.plans / name
    if Path(name).name != name or not _kind(folder):
        known = ", ".join(one.name for one in sorted(station.config.exercise.plans.glob("*"))
                          if _kind(one)) or "none"  # fmt: skip
        raise BadInput(f"there is no plan {name!r}", where=str(station.config.exercise.plans),
                       mend=f"There are: {known}.", zh=f"没有名为“{name}”的演练方案。")  # fmt: skip
    return folder


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
