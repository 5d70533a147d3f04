"""`suian password PERSON`: sets what a person logs in with."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from alerting.cli.given import CONFIG, ConfigPath
from alerting.cli.register import register_of
from alerting.errors import BadInput
from alerting.runtime import RealRuntime
from alerting.service.config import load_config
from alerting.web.logins import set_password


def password(
    person: Annotated[str, typer.Argument(help="The person's id.")],
    stdin: Annotated[bool, typer.Option("--stdin", help="Read it from the input.")] = False,
    config: ConfigPath = CONFIG,
) -> None:
    """Set a person's password (asked twice, never shown)."""
    store = register_of(load_config(config), person)
    given = sys.stdin.readline().rstrip("\r\n") if stdin else _asked()
    now = RealRuntime().now()
    store.write(lambda c: set_password(c, person, given, now, "cli"))
    store.close()
    print(f"{person}: the password is set, older logins have ended / 密码已设置，旧登录失效")


def _asked() -> str:
    if not sys.stdin.isatty():
        raise BadInput("a password is asked for on a terminal, and here is none / 需要终端",
                       mend="Give it as a line of input with --stdin.")  # fmt: skip
    prompted: str = typer.prompt("Password 密码", hide_input=True, confirmation_prompt="Again 再输一次")
    return prompted
