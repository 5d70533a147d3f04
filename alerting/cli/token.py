"""`suian token create PERSON`: a token for a program that speaks for a person."""

from __future__ import annotations

from typing import Annotated

import typer

from alerting.cli.given import CONFIG, ConfigPath
from alerting.cli.register import register_of
from alerting.errors import BadInput
from alerting.people import post_by_id
from alerting.runtime import RealRuntime
from alerting.service.config import load_config
from alerting.web.auth import create_token


def create(
    person: Annotated[str, typer.Argument(help="The person's id.")],
    role: Annotated[str, typer.Option(help="view, answer, decide, order or admin.")] = "view",
    post: Annotated[str, typer.Option(help="Only for this post; else all the person holds.")] = "",
    label: Annotated[str, typer.Option(help="What it is for.")] = "",
    config: ConfigPath = CONFIG,
) -> None:
    """Make an API token and print it, this once: only its digest is kept."""
    store = register_of(load_config(config), person)
    now = RealRuntime().now()
    if post:
        with store.read() as connection:
            if post_by_id(connection, post) is None:
                raise BadInput(f"there is no post {post!r}", mend="`suian check` lists the posts.")
    made = store.write(lambda c: create_token(c, person, role, post or None, label, now))
    store.close()
    print(made)
