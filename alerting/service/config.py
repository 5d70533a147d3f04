"""Reads config.yaml: errors name file, line and the mend. Its options: options.py."""

from __future__ import annotations

import difflib
from pathlib import Path
from types import UnionType
from typing import Any, get_args

from pydantic import ValidationError
from ruamel.yaml.error import MarkedYAMLError

from alerting.errors import BadInput, plain
from alerting.service.environment import overridden
from alerting.service.options import Bus, Config, Keep, Weather
from alerting.yamlfile import read_tree

__all__ = ["TABLES", "Bus", "Config", "Keep", "Weather", "load_config"]


def load_config(path: Path) -> Config:
    """Read a config; paths in it are relative to its folder. What the environment says of the machine
    goes over it (`environment`).

    Raises BadInput that names the line.
    """
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        raise BadInput("the config is not text in UTF-8", where=str(path),
                       mend="Save it as UTF-8.") from None  # fmt: skip
    except OSError as error:
        raise BadInput(
            f"the config cannot be read: {error.strerror}",
            where=str(path),
            mend="Start in the folder with config.yaml, give one with --config, or make one with"
            " `suian init COUNTY`.",
        ) from None
    try:
        data = read_tree(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise BadInput(f"this is not YAML: {error.problem}", where=f"{path}{line}") from None
    if not isinstance(data, dict):
        raise BadInput("the config is empty", where=str(path))
    overridden(data)
    try:
        config = Config.model_validate(data)
    except ValidationError as error:
        raise BadInput(_all(error, data), where=str(path)) from None
    return _rooted(config, path.resolve().parent)


TABLES = ("zones", "sites", "people", "posts", "rosters")


def _rooted(config: Config, folder: Path) -> Config:
    def at(p: Path | None) -> Path | None:
        return None if p is None else folder / p

    county = config.county.model_copy(
        update={n: at(getattr(config.county, n)) for n in TABLES}
    )
    exercise = config.exercise.model_copy(update={
        "play": at(config.exercise.play), "plans": at(config.exercise.plans),
    })  # fmt: skip
    bus = config.bus
    if bus.tls is not None:
        files = {name: at(getattr(bus.tls, name)) for name in type(bus.tls).model_fields}
        bus = bus.model_copy(update={"tls": bus.tls.model_copy(update=files)})
    return config.model_copy(
        update={
            "county": county, "exercise": exercise, "bus": bus, "data": folder / config.data,
            "rules": folder / config.rules, "calendar": folder / config.calendar,
        }
    )  # fmt: skip


def _all(error: ValidationError, data: Any) -> str:
    return "\n".join(
        f"{_line(data, one['loc'])}{'.'.join(str(p) for p in one['loc'])}: {_said(one)}"
        for one in error.errors()
    )


def _said(one: Any) -> str:
    if one["type"] != "extra_forbidden":
        return plain(one)
    if one["loc"] == ("escalation",):
        return ("who is called, and how often, stands in policies.yaml of the rules folder: move it"
                " there (docs/operators.md)")  # fmt: skip
    if one["loc"] in (("bus", "use"), ("bus", "servers")):
        return "it is written `bus: {kafka: HOST:PORT}` now; without `kafka` there is no broker"
    known = _fields_at(one["loc"][:-1])
    close = difflib.get_close_matches(str(one["loc"][-1]), known, 1)
    hint = f"; did you mean {close[0]!r}?" if close else f"; known: {', '.join(sorted(known))}"
    return f"there is no such option{hint}"


def _fields_at(loc: tuple[Any, ...]) -> list[str]:
    model: Any = Config
    for part in loc:
        field = getattr(model, "model_fields", {}).get(str(part))
        model = field.annotation if field is not None else model
        model = get_args(model)[0] if isinstance(model, UnionType) else model  # or nothing
    return list(getattr(model, "model_fields", {}))


def _line(data: Any, loc: tuple[Any, ...]) -> str:
    at, line = data, None
    for part in loc:
        try:
            line = at.lc.key(part)[0] + 1 if hasattr(at, "lc") else line
            at = at[part]
        except (KeyError, IndexError, TypeError, AttributeError):
            break
    return f"line {line}: " if line else ""
