"""`suian audit verify`: whether the log still says what it said."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy import func, select

from alerting.audit import head
from alerting.audit import verify as walk
from alerting.cli.given import CONFIG, ConfigPath, store_of
from alerting.errors import BadInput, SuianError
from alerting.service.config import Config, load_config
from alerting.store.schema import audit

out = Console(highlight=False, soft_wrap=True)


def verify(
    config: ConfigPath = CONFIG,
    head_hash: Annotated[
        str, typer.Option("--head", help="A head that was sent out before, for proof.")
    ] = "",
) -> None:
    """Walk the chains of the log; with a head sent before, prove that nothing before it changed."""
    settings = load_config(config)
    known = head_hash.strip().lower()
    if known and not re.fullmatch("[0-9a-f]{64}", known):
        raise BadInput(f"--head {head_hash!r}: a head is 64 hex digits, as `suian audit verify` and the"
                       " daily message give it / 链头是64位十六进制数")  # fmt: skip
    _there_is_a_log(settings)
    store = store_of(settings)
    with store.read() as connection:
        broken = walk(connection, known)
        realms = connection.execute(select(audit.c.realm).distinct().order_by(audit.c.realm))
        heads = {realm: head(connection, realm) for realm in realms.scalars().all()}
        unsealed = connection.execute(
            select(func.count()).select_from(audit).where(audit.c.number.is_(None))
        ).scalar_one()
    store.close()
    if broken:
        said = "\n".join(f"  {b.realm or '-'}: {b.what}" for b in broken)
        raise SuianError(
            f"the log does not hold / 审计链不成立:\n{said}",
            mend="\nKeep the database as it is, and compare it with a copy made before.",
        )
    for realm, (number, digest) in heads.items():
        if number:
            out.print(f"{realm}: {number} entries 条, head 链头 {digest}")
    if unsealed:
        out.print(f"{unsealed} entries not sealed yet / {unsealed} 条待封存")
    if known:
        out.print("proof: the head stands in the chain; nothing before it has changed"
                  " / 已证实：该链头在链中，此前记录未被改动")  # fmt: skip
    else:
        out.print("consistent: the chain holds in itself; give --head HASH, sent before, for proof"
                  " / 自洽；如需证明未被整体改写，请用 --head 给出此前外发的链头")  # fmt: skip


def _there_is_a_log(config: Config) -> None:
    """Raises SuianError before anything is made: to verify must not begin a log."""
    file = config.kept_in
    if isinstance(file, Path) and not file.exists():
        raise SuianError("there is no log yet / 尚无审计日志", where=str(file),
                         mend="`suian serve` begins it; --config names another county.")  # fmt: skip
