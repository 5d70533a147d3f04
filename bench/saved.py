"""A long history is saved and made again in the other database: `suian backup` and `suian restore` as
processes of their own, their time, their memory at its highest, and the archive's size.

`python -m bench saved 10 FOLDER`, with the folder of `python -m bench history 10 FOLDER`. Before a time
is printed: what was made is saved again, and each table is the same to the byte.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from time import perf_counter

from ruamel.yaml import YAML

from alerting.store.archive import Archive
from bench.past import KINDS, ROOT, Shelf, on_both
from bench.rounds import Target, same

FLAT = 2.0  # times the memory that it takes of a history of nothing, at most
OTHER = dict(zip(KINDS, reversed(KINDS), strict=True))


class Said:
    """A command that has ended: its seconds by the clock and of the processor, and its memory at its
    highest in MiB."""

    def __init__(self, folder: Path, database: str, *words: str) -> None:
        settings = YAML().load((ROOT / "config.yaml").read_text("utf-8"))
        settings |= {"data": str(folder), "database": database, "rules": str(ROOT / "rules")}
        config = ROOT / f".bench-{os.getpid()}.yaml"  # beside the county's tables
        YAML().dump(settings, config)
        began = perf_counter()
        try:
            process = subprocess.Popen(
                [sys.executable, "-c", "from alerting.cli.main import run; run()", *words,
                 "--config", str(config)],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=ROOT,
            )  # fmt: skip
            assert process.stdout is not None
            said = process.stdout.read().decode()
            _, status, used = os.wait4(process.pid, 0)
        finally:
            config.unlink()
        same(status == 0, f"{words}: {said[-1500:]}")
        clock, processor = perf_counter() - began, used.ru_utime + used.ru_stime
        self.took = f"{clock:.0f} s ({processor:.0f} of the processor)"
        self.memory = used.ru_maxrss / 1024


def measured(on: Shelf, kind: str, things: int) -> list[Target]:
    """From a database of this kind into the other, empty and full."""
    memory: dict[tuple[str, int], float] = {}
    for number in (0, things):
        archive, again = (on.folder / f"{kind}-{number}-{n}.zip" for n in ("saved", "again"))
        for one in (archive, again):
            one.unlink(missing_ok=True)
        backup = Said(*on.filled(kind, number), "backup", str(archive))
        made = on.empty(OTHER[kind], f"made-of-{kind}")
        restore = Said(*made, "restore", str(archive))
        Said(*made, "backup", str(again))
        saved, twice = Archive(archive), Archive(again)
        same(saved.manifest.tables == twice.manifest.tables, "what was restored is what was saved")
        print(f"  {kind}: {saved.manifest.rows:,} rows: saved in {backup.took},"
              f" {archive.stat().st_size / 1e6:,.0f} MB; made again in {OTHER[kind]} in {restore.took};"
              f" memory {backup.memory:.0f}, {restore.memory:.0f} MiB",
              flush=True)  # fmt: skip
        memory["backup", number], memory["restore", number] = backup.memory, restore.memory
    times = {what: memory[what, things] / memory[what, 0] for what in ("backup", "restore")}
    return [Target(f"{kind}: memory of {what}, times that of nothing", more, FLAT, at_least=False)
            for what, more in times.items()]  # fmt: skip


def run(millions: float = 1.0, folder: Path | None = None) -> list[Target]:
    return on_both(measured, millions, folder)
