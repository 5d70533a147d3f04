"""A part of a page that what it tells of writes itself: between <!-- NAME --> and <!-- /NAME -->."""

from __future__ import annotations

from pathlib import Path


def put(page: Path, name: str, text: str) -> None:
    """`text` in place of what stood between the two marks. Raises SystemExit where they are missing."""
    whole, begins, ends = page.read_text("utf-8"), f"<!-- {name} -->\n", f"<!-- /{name} -->\n"
    if whole.count(begins) != 1 or ends not in whole.split(begins)[1] or whole.count(ends) != 1:
        raise SystemExit(f"{page}: <!-- {name} --> and, after it, <!-- /{name} --> must stand there")
    before, rest = whole.split(begins)
    after = rest.split(ends)[1]
    page.write_text(f"{before}{begins}\n{text.strip()}\n\n{ends}{after}", "utf-8")
    print(f"{page}: {name}")
