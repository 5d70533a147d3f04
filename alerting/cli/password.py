"""`suian password PERSON`: sets what a person logs in with."""

from __future__ import annotations

from typing import Annotated

import typer

from alerting.cli.given import CONFIG, ConfigPath
from alerting.cli.register import register_of
from alerting.runtime import RealRuntime
from alerting.service.config import load_config
from alerting.web.auth import set_password


def password(
    person: Annotated[str, typer.Argument(help="The person's id.")],
    config: ConfigPath = CONFIG,
) -> None:
    """Set a person's password (asked twice, never shown)."""
    store = register_of(load_config(config), person)
    given = typer.prompt("Password 密码", hide_input=True, confirmation_prompt="Again 再输一次")
    now = RealRuntime().now()
    store.write(lambda c: set_password(c, person, given, now, "cli"))
    store.close()
    print(f"{person}: the password is set, older logins have ended / 密码已设置，旧登录失效")
