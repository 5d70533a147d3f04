"""A time zone's name, in a config."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator


def _known(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError):
        raise ValueError(f"{value!r} is no time zone, e.g. Asia/Shanghai") from None
    return value


ZoneName = Annotated[str, AfterValidator(_known)]
