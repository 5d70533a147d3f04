"""`suian token create PERSON`, `list`, `revoke TOKEN`: tokens of programs that speak for a person."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from alerting.cli.given import CONFIG, ConfigPath, store_of
from alerting.cli.register import register_of
from alerting.errors import BadInput
from alerting.people import post_by_id
from alerting.runtime import RealRuntime
from alerting.service.config import load_config
from alerting.web.tokens import TOKEN_DAYS, create_token, revoke_token, tokens

NAMED = 12  # characters of a digest that name a token


def create(
    person: Annotated[str, typer.Argument(help="The person's id.")],
    role: Annotated[str, typer.Option(help="view, answer, decide, order or admin.")] = "view",
    post: Annotated[str, typer.Option(help="Only for this post; else all the person holds.")] = "",
    label: Annotated[str, typer.Option(help="What it is for.")] = "",
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long it lasts.")] = TOKEN_DAYS,
    config: ConfigPath = CONFIG,
) -> None:
    """Make an API token and print it, this once: only its digest is kept."""
    store = register_of(load_config(config), person)
    now = RealRuntime().now()
    if post:
        with store.read() as connection:
            if post_by_id(connection, post) is None:
                raise BadInput(f"there is no post {post!r}", mend="`suian check` lists the posts.")
    made = store.write(lambda c: create_token(c, person, role, post or None, label, now, days=days))
    store.close()
    print(made)


def list_(config: ConfigPath = CONFIG) -> None:
    """Every token by its name (the beginning of its digest): whose, what for, until when."""
    store, now = store_of(load_config(config)), RealRuntime().now()
    with store.read() as connection:
        rows = tokens(connection)
    store.close()
    table = Table("token", "person 人员", "role 角色", "label 用途", "made 建立", "state 状态",
                  box=None)  # fmt: skip
    for row in rows:
        if row.label == "command line":  # one lives for a single call
            continue
        if row.revoked is not None:
            state = f"revoked 已撤销 {row.revoked:%Y-%m-%d}"
        elif row.expires is None:
            state = "for ever 长期有效"
        elif row.expires <= now:
            state = f"expired 已过期 {row.expires:%Y-%m-%d}"
        else:
            state = f"until 有效至 {row.expires:%Y-%m-%d}"
        table.add_row(row.digest[:NAMED], f"{row.person} {row.name}", row.role, row.label,
                      f"{row.created:%Y-%m-%d}", state)  # fmt: skip
    Console(highlight=False, width=120).print(table)


def revoke(
    token: Annotated[str, typer.Argument(help="Its name, as `suian token list` shows it.")],
    config: ConfigPath = CONFIG,
) -> None:
    """End a token at once."""
    store, now = store_of(load_config(config)), RealRuntime().now()
    try:
        whose = store.write(lambda c: revoke_token(c, token, now, "command line"))
    finally:
        store.close()
    print(f"revoked 已撤销: {token} ({whose})")
