"""Sources, one file each, found through the name they have in config.yaml.

`open-meteo` is the class `Source` of connectors/open_meteo.py. A source of somebody else's package
joins through the entry point group `suian.connectors`, whose names are config names too.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from importlib.metadata import entry_points
from typing import Any

from alerting.errors import BadInput

GROUP = "suian.connectors"
# Modules beside the sources: what several share, and the form for a warning typed in by hand.
_NO_SOURCES = frozenset({"formats", "typed"})


def known() -> list[str]:
    """The config names of all sources, our own and those of installed packages, sorted."""
    return sorted(_ours() | {point.name for point in entry_points(group=GROUP)})


def find(name: str) -> type[Any]:
    """The connector class for a config name. Raises BadInput that lists the known ones."""
    if name in _ours():
        module = importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
        return _class(module.Source)
    for point in entry_points(group=GROUP):
        if point.name == name:
            return _class(point.load())
    close = difflib.get_close_matches(name, known(), n=1, cutoff=0.5)
    hint = f"Did you mean {close[0]!r}? " if close else ""
    raise BadInput(
        f"there is no source {name!r}", mend=f"{hint}Known sources: {', '.join(known())}."
    )


def _ours() -> set[str]:
    modules = {module.name for module in pkgutil.iter_modules(__path__)}
    return {module.replace("_", "-") for module in modules - _NO_SOURCES}


def _class(found: object) -> type[Any]:
    if not isinstance(found, type):
        raise BadInput(f"{found!r} is no connector class", mend="See docs/connectors.md.")
    return found
