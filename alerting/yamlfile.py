"""YAML files as ruamel's trees, in which every value knows its line and column."""

from __future__ import annotations

from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.cyaml import CParser  # type: ignore[attr-defined]
from ruamel.yaml.error import YAMLError


def read_tree(text: str) -> Any:
    """What a YAML 1.2 text says. Raises YAMLError, mostly one with a mark.

    The tokens come from libyaml, which takes a fifth of the time. What it refuses is read once more
    by ruamel's own parser: libyaml keeps to YAML 1.1 there (`[20:00]`), and ruamel's words for what
    is wrong are those that we show.
    """
    quick = YAML(typ="rt")
    quick.Parser = lambda loader: CParser(text)  # ruamel looks at it for its marks, and no deeper
    try:
        return quick.load(text)
    except YAMLError:
        return YAML(typ="rt").load(text)
