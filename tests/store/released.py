"""Writes today's tables into released.json beside those of the earlier schemas: `python -m tests.store.released`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from alerting.store.migrations import newest, todays

FILE = Path(__file__).with_suffix(".json")
KINDS = ("sqlite", "postgresql")


def written(held: dict[str, Any]) -> str:
    """A line a statement, so that a change of it can be read."""
    lines = ["{", f' "revisions": {json.dumps(held["revisions"])},']
    for kind in KINDS:
        statements, of = held[kind]["statements"], held[kind]["of"]
        lines.append(f' "{kind}": {{"statements": [')
        lines.append(",\n".join(f"  {json.dumps(one)}" for one in statements))
        lines.append(' ], "of": {')
        lines.append(",\n".join(f'  "{one}": {json.dumps(of[one], separators=(",", ":"))}' for one in sorted(of)))
        lines.append(" }}" + ("," if kind != KINDS[-1] else ""))
    return "\n".join([*lines, "}"]) + "\n"


def main() -> None:
    held = json.loads(FILE.read_text("utf-8"))
    held["revisions"] = sorted({*held["revisions"], newest()})
    for kind in KINDS:
        statements = held[kind]["statements"]
        today = [" ".join(one.split()) for one in todays(kind)]
        statements += [one for one in today if one not in statements]
        held[kind]["of"][newest()] = [statements.index(one) for one in today]
    FILE.write_text(written(held), "utf-8")


if __name__ == "__main__":
    main()
