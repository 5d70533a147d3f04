"""`suian backup FILE`: all of a county in one file, while the service runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from alerting.cli.bar import bar
from alerting.cli.given import CONFIG, ConfigPath
from alerting.errors import SuianError
from alerting.runtime import RealRuntime
from alerting.service.backup import back_up, open_for_backup, total
from alerting.service.config import load_config

out = Console(highlight=False, soft_wrap=True)


def backup(
    file: Annotated[Path, typer.Argument(help="The archive to write; it must not be there yet.")],
    config: ConfigPath = CONFIG,
) -> None:
    """Copy the database and the county's files into one archive; the service may run meanwhile."""
    settings = load_config(config)
    store = open_for_backup(settings)
    try:
        with bar("备份 backup", total(store)) as told:
            made = back_up(settings, config, store, file, RealRuntime().now(), told)
    finally:
        store.close()
    out.print(f"备份完成 Backed up: {file}  ({file.stat().st_size / 1e6:.1f} MB, {made.rows} rows 行,"
              f" {len(made.files)} files 个文件, schema {made.revision})")  # fmt: skip
    for realm, head in made.heads.items():
        if realm == "live":
            out.print(f"审计链头 head of the log: {head.number} {head.hash}")
    say_left_out(made.left_out)
    if made.broken:
        raise SuianError(f"the log of this database does not hold: {'; '.join(made.broken)}",
                         mend="The backup has it as it is; find out what changed it.")  # fmt: skip


def say_left_out(left_out: list[str]) -> None:
    out.print("未包含，需另行保管 Not in it, keep these elsewhere:")
    for one in left_out:
        out.print(f"  - {one}", markup=False)
