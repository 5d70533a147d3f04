"""Finding a place by what somebody typed."""

from __future__ import annotations

import difflib

from alerting.errors import BadInput
from alerting.web.desk import Station


def place_named(station: Station, text: str) -> str:
    """The id of the place of that name, or of that id. Raises BadInput."""
    said = text.strip()
    if said in station.places.by_id:
        return said
    named = [p for p in station.places.by_id.values() if said in (p.name, p.name_en)]
    if len(named) == 1:
        return named[0].id
    if named:
        ids = ", ".join(p.id for p in named)
        raise BadInput(f"several places are called {said!r}", mend=f"Give the id: {ids}.",
                       zh=f"有几处都叫“{said}”，请填编号：{ids}。")  # fmt: skip
    names = {name: p for p in station.places.by_id.values() for name in (p.name, p.name_en) if name}
    found = difflib.get_close_matches(said, names, n=3, cutoff=0.3)
    close = {names[name].id: names[name] for name in found}.values()
    zh, en = "、".join(p.called("zh") for p in close), ", ".join(p.called("en") for p in close)
    raise BadInput(f"there is no place {said!r}", mend=f"Closest: {en}." if close else "",
                   zh=f"没有“{said}”这个地点。" + (f"相近的有：{zh}。" if close else ""))  # fmt: skip
