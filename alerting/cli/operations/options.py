"""What can be set: the options of config.yaml and sentinel.yaml by their models, and the variables of
the environment by whoever reads them."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from datetime import time
from enum import Enum
from inspect import get_annotations
from pathlib import Path
from types import ModuleType, NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

import alerting
import connectors
from alerting.bus import Login
from alerting.cli.operations.markdown import code, first_words, table
from alerting.dispatch import channels
from alerting.sentinel.settings import Settings
from alerting.service.options import Config, Sentinel
from alerting.variable import Variable

Model = type[BaseModel]
HEADS = ("option", "type", "default", "what it does")
OF_KINDS = ("option", "of", "type", "default", "what it does")
WORDS: dict[Any, str] = {str: "text", int: "whole number", float: "number", bool: "true or false",
                         Path: "path", time: "time of day"}  # fmt: skip
SIGNS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}


def config_tables() -> Iterator[str]:
    """Of config.yaml, a heading for each of its groups."""
    yield from _grouped(Config, {"sources": _connectors(), "channels": _channels()})


def sentinel_tables() -> Iterator[str]:
    yield from _grouped(Settings, {})


def variables_table() -> str:
    """Those that are declared, and those that an option names unless it names others."""
    rows = [(_with_file(one), one.what) for one in _declared()]
    named: dict[str, list[str]] = {}
    for name, options in _named_by_options():
        named.setdefault(name, []).append(options)
    rows += [(_with_file(Variable(name, is_secret=True)), f"the secret of {', '.join(options)}")
             for name, options in named.items()]  # fmt: skip
    return table(("variable", "what it is for"), rows)


# Options


def _grouped(model: Model, kinds: Mapping[str, Mapping[str, Model]]) -> Iterator[str]:
    """What stands at the top, then each group; `kinds`: of a group whose entries have options of their
    own, these by kind."""
    yield first_words(model.__doc__) + "\n"
    fields = model.model_fields
    yield table(HEADS, [row for name, one in fields.items() if not _inner(one)
                        for row in _rows(name, one)])  # fmt: skip
    for name, one in fields.items():
        if (inner := _inner(one)) is None:
            continue
        within = f"{name}.NAME." if get_origin(one.annotation) is dict else f"{name}."
        yield f"### {name}\n"
        yield f"{first_words(inner.__doc__)}\n"
        yield table(HEADS, [row for key, field in inner.model_fields.items()
                            for row in _rows(within + (field.alias or key), field)])  # fmt: skip
        if name in kinds:
            yield table(OF_KINDS, _of_kinds(kinds[name]))


def _rows(name: str, one: FieldInfo) -> Iterator[tuple[str, str, str, str]]:
    inner = _inner(one)
    if inner is None:
        yield code(name), _type(one.annotation) + _bounds(one), _default(one), one.description or ""
        return
    given = one.default if isinstance(one.default, BaseModel) else None
    for key, field in inner.model_fields.items():
        default = code(getattr(given, key)) if given is not None else _default(field)
        yield (code(f"{name}.{key}"), _type(field.annotation) + _bounds(field),
               default.replace("`None`", ""), field.description or "")  # fmt: skip


def _of_kinds(kinds: Mapping[str, Model]) -> list[tuple[str, ...]]:
    """An option that several kinds have from one model stands once."""
    found: dict[tuple[str, str], list[str]] = {}
    said: dict[tuple[str, str], FieldInfo] = {}
    for kind, model in kinds.items():
        for name, field in model.model_fields.items():
            owner = next(one for one in model.__mro__ if name in get_annotations(one))
            key = (f"{owner.__module__}.{owner.__name__}", name)
            found.setdefault(key, []).append(kind)
            said[key] = field
    order = sorted(found, key=lambda key: -len(found[key]))
    return [(row[0], "all" if len(found[key]) == len(kinds) else ", ".join(found[key]), *row[1:])
            for key in order for row in _rows(key[1], said[key])]  # fmt: skip


def _connectors() -> dict[str, Model]:
    return {name: connectors.find(name).options for name in connectors.known()}


def _channels() -> dict[str, Model]:
    return {name: channels.find(name).options for name in channels.known()}


def _inner(one: FieldInfo) -> Model | None:
    """The model of a group, or of the entries of one."""
    for kind in (one.annotation, *get_args(one.annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None


def _type(kind: Any) -> str:
    origin, inside = get_origin(kind), get_args(kind)
    if kind in WORDS:
        return WORDS[kind]
    if origin is Annotated:
        return _type(inside[0])
    if origin is Literal:
        return ", ".join(str(one) for one in inside if one)
    if origin in (Union, UnionType):
        return ", ".join(_type(one) for one in inside if one is not NoneType)
    if origin is dict:
        return f"{_type(inside[1])} by name"
    if origin in (tuple, frozenset, list):
        many = inside[0] if origin is not tuple or Ellipsis in inside else None
        return f"list of {_type(many)}" if many is not None else f"{len(inside)} {_type(inside[0])}s"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return ", ".join(str(one.value) for one in kind)
    return str(getattr(kind, "__name__", kind))


def _bounds(one: FieldInfo) -> str:
    found = [f"{sign} {getattr(rule, name):g}" for rule in one.metadata for name, sign in SIGNS.items()
             if hasattr(rule, name)]  # fmt: skip
    return f", {', '.join(found)}" if found else ""


def _default(one: FieldInfo) -> str:
    if one.is_required():
        return "must be given"
    value = one.default
    if value is None or value == "" or value == () or value == frozenset():
        return ""
    if isinstance(value, bool):
        return code(str(value).lower())
    if isinstance(value, dict):
        return ", ".join(code(f"{key}: {of}") for key, of in value.items())
    if isinstance(value, tuple | frozenset):
        return ", ".join(code(part) for part in value)
    return code(f"{value:%H:%M}" if isinstance(value, time) else value)


# The environment


def _declared() -> list[Variable]:
    """Of all modules."""
    found: dict[str, Variable] = {}
    for package in (alerting, connectors):
        for module in _modules(package):
            found |= {one.name: one for one in vars(module).values() if isinstance(one, Variable)}
    return [found[name] for name in sorted(found)]


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    for one in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not one.name.endswith("__main__"):
            yield importlib.import_module(one.name)


def _named_by_options() -> Iterator[tuple[str, str]]:
    """Each with the option that names it."""
    groups: dict[str, Mapping[str, Model]] = {"channels": _channels(), "sources": _connectors()}
    for group, kinds in groups.items():
        for kind, model in kinds.items():
            for name, field in model.model_fields.items():
                if name.endswith("_env") and field.default:
                    yield field.default, f"a {kind} ({code(f'{group}.NAME.{name}')})"
    told = Sentinel.model_fields["secret_env"].default
    yield Login.model_fields["password_env"].default, f"Kafka ({code('bus.login.password_env')})"
    yield told, f"a sentinel ({code('sentinels.NAME.secret_env')})"
    yield Settings.model_fields["secret_env"].default, f"sentinel.yaml ({code('secret_env')})"


def _with_file(one: Variable) -> str:
    return f"{code(one.name)} or {code(f'{one.name}_FILE')}" if one.is_secret else code(one.name)
