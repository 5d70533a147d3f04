"""Channels, one file each, found through `use` in config.yaml (or the channel's own name).

A channel of somebody else's package joins through the entry point group `suian.channels`.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from alerting.dispatch.channels.base import (
    RANK,
    Around,
    Channel,
    Failed,
    Inbound,
    Message,
    Options,
    Passing,
    Permanent,
    Plain,
    Sent,
    StatusChange,
    Unusable,
)
from alerting.errors import BadInput
from alerting.runtime import Runtime

__all__ = [
    "RANK", "Around", "Channel", "Configured", "Failed", "Inbound", "Message", "Options", "Passing",
    "Permanent", "Plain", "Sent", "StatusChange", "Unusable", "find", "known", "make_channels",
]  # fmt: skip

GROUP = "suian.channels"
_NO_CHANNELS = frozenset({"base"})


class Configured(BaseModel):
    """A channel by its name, which says which contacts it reaches; the rest are its kind's options."""

    model_config = ConfigDict(extra="allow", frozen=True)

    use: str = Field("", description="its kind; left out, its name says it")
    on: bool = Field(True, description="whether anything is sent on it")

    def options(self) -> dict[str, Any]:
        return dict(self.__pydantic_extra__ or {})


def known() -> list[str]:
    """The kinds there are, our own and those of installed packages, sorted."""
    return sorted(_ours() | {point.name for point in entry_points(group=GROUP)})


def find(kind: str) -> type[Channel]:
    """The class for a kind of channel. Raises BadInput that lists the known ones."""
    if kind in _ours():
        module = importlib.import_module(f"{__name__}.{kind.replace('-', '_')}")
        found: type[Channel] = module.Channel
        return found
    for point in entry_points(group=GROUP):
        if point.name == kind:
            loaded: type[Channel] = point.load()
            return loaded
    close = difflib.get_close_matches(kind, known(), n=1, cutoff=0.5)
    hint = f"Did you mean {close[0]!r}? " if close else ""
    raise BadInput(
        f"there is no kind of channel {kind!r}", mend=f"{hint}Known: {', '.join(known())}."
    )


def make_channels(
    configured: Mapping[str, Configured], runtime: Runtime, url: str
) -> dict[str, Channel]:
    """The channels that are on, by their name in the config.

    Raises BadInput that names the channel and the option.
    """
    made: dict[str, Channel] = {}
    for name, given in configured.items():
        if not given.on:
            continue
        where = f"channels.{name}"
        try:
            kind = find(given.use or name)
            settings = kind.options.model_validate(given.options())
            made[name] = kind(settings, Around(name, runtime, url.rstrip("/")))
        except ValidationError as error:
            said = "; ".join(
                f"{'.'.join(str(p) for p in e['loc'])}: {e['msg']}" for e in error.errors()
            )
            raise BadInput(said, where=where) from None
        except BadInput as error:
            raise BadInput(error.what, where=where, mend=error.mend) from None
    return made


def _ours() -> set[str]:
    return {m.name.replace("_", "-") for m in pkgutil.iter_modules(__path__)} - _NO_CHANNELS
