"""`suian restore FILE`: a county made again from its backup."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from alerting.cli.backup import say_left_out
from alerting.cli.bar import bar
from alerting.cli.given import CONFIG, ConfigPath, local
from alerting.runtime import RealRuntime
from alerting.service.config import Config, load_config
from alerting.service.restore import Waiting, differing, write_files
from alerting.service.restore import restore as fill
from alerting.store.archive import Archive, Manifest
from alerting.store.refill import may_be_restored

out = Console(highlight=False, soft_wrap=True)


def restore(
    file: Annotated[Path, typer.Argument(help="An archive that `suian backup` wrote.")],
    config: ConfigPath = CONFIG,
    files: Annotated[
        Path | None,
        typer.Option(help="Write the county's files into this folder too, and use its config."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only read the archive and say what it holds.")
    ] = False,
) -> None:
    """Fill an empty database from a backup, all of it or nothing."""
    archive = Archive(file)
    said = archive.manifest
    may_be_restored(archive)
    with bar("核对 check", said.rows) as told:
        archive.check(told)
    if check:
        out.print(f"完好 whole: {_held(said)}")
        say_left_out(said.left_out)
        return
    path = write_files(archive, files) if files is not None else config
    settings = load_config(path)
    now = RealRuntime().now()
    with bar("恢复 restore", said.rows) as told:
        waiting = fill(archive, settings, now, told)
    out.print(f"已恢复 Restored: {_held(said)}")
    for realm, head in said.heads.items():
        if realm == "live":
            out.print(f"审计链头 head of the log: {head.number} {head.hash}")
    _say_next(said, settings, waiting, now, differing(archive, path))
    archive.close()


def _held(said: Manifest) -> str:
    return (f"{said.county}, {said.made:%Y-%m-%dT%H:%M:%SZ}, {said.rows} rows 行,"
            f" {len(said.files)} files 个文件, schema {said.revision}, suian {said.suian}")  # fmt: skip


def _say_next(
    said: Manifest, config: Config, waiting: Waiting, now: datetime, differ: list[str]
) -> None:
    """What must be done, and known, before the first start."""
    zone = config.county.zone
    out.print("\n启动前 Before the first `suian serve`:")
    todo = ["the machine that this backup is of must not run any more: both would call people"
            " / 原机器须已停用，否则会重复呼叫"]  # fmt: skip
    if now < said.made:
        todo.append(f"set this machine's clock: it is behind the backup ({local(said.made, zone)})"
                    " / 校正本机时钟：早于备份时间")  # fmt: skip
    if config.url != said.url:
        todo.append(f"links in messages already sent lead to {said.url}: let that lead here; this"
                    f" service is {config.url} / 已发消息中的链接仍指向原地址")  # fmt: skip
    todo += [f"set {one}" for one in said.left_out[1:]]
    if differ:
        todo.append(f"these differ from the backup's: {', '.join(differ[:8])}"
                    f"{' …' if len(differ) > 8 else ''} (--files FOLDER writes its own)"
                    " / 以下文件与备份不同")  # fmt: skip
    for (topic, part), number in waiting.topics.items():
        todo.append(f"Kafka must have the topic {topic} as it was: partition {part} is read on from"
                    f" {number}"
                    " / Kafka 主题须与原来一致")  # fmt: skip
    todo.append("suian audit verify --head HASH, with a head that was sent before"
                " / 用此前外发的链头核验")  # fmt: skip
    for one in todo:
        out.print(f"  - {one}", markup=False)
    out.print("\n首次启动时 At the first start:")
    since = f", the oldest of {local(waiting.oldest, zone)}" if waiting.bound else ""
    out.print(f"  - {waiting.bound} messages that waited go out{since} / 条待发消息将发出")
    if waiting.sending:
        out.print(f"  - {waiting.sending} were being sent: the provider is asked first where it can be"
                  " / 条正在发送，先向运营商查询")  # fmt: skip
    out.print(f"  - {waiting.overdue} answers are overdue by now and are called for again"
              " / 项答复已逾期，将再次呼叫")  # fmt: skip
    for one in waiting.exercises:
        out.print(f"  - {one} was running: it ends, unless it is a drill / 演练中断")
    out.print("  - nothing that the backup knows as sent is sent again; what was sent after it was made"
              " is not known here / 备份中已发出的不再发送；备份之后发出的无从得知")  # fmt: skip
