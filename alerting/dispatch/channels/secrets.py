"""Secrets of channels: named in the config, given in the environment, shown nowhere."""

from __future__ import annotations

import os

from alerting.errors import BadInput


def secret(variable: str, what: str) -> str:
    """The value of an environment variable. Raises BadInput that names it where it is not set."""
    held = os.environ.get(variable, "").strip()
    if not held:
        raise BadInput(
            f"{what} is missing: the environment variable {variable} is not set",
            mend=f"Set {variable}, or switch the channel off with `on: false`.",
        )
    return held
