"""`suian verify PERSON|--all`: sends a code to each address that nobody has verified."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer

from alerting.cli.given import CONFIG, As, ConfigPath
from alerting.cli.office import post
from alerting.errors import BadInput
from alerting.service.config import load_config


def verify(
    person: Annotated[str, typer.Argument(help="The person's id.")] = "",
    everybody: Annotated[
        bool, typer.Option("--all", help="Everybody who has not been sent a code within the day.")
    ] = False,
    who: As = "",
    config: ConfigPath = CONFIG,
) -> None:
    """Send a code to each address that is not verified, of a person or of everybody; they reply with
    it."""
    settings = load_config(config)
    if bool(person) == everybody:
        raise BadInput("Name one person, or everybody with --all.", mend="suian verify chen",
                       zh="请写一个人员编号，或用 --all 表示全部。")  # fmt: skip
    path = "/api/v1/people/verify" if everybody else f"/api/v1/people/{quote(person, safe='')}/verify"
    sent = post(settings, path, {}, "order", who)["sent"]
    for name, channels in (sent if everybody else {person: sent}).items():
        print(f"a code went to {name} on {', '.join(channels)}; it is answered by reply or on the page"
              " / 验证码已发出，由本人回复或在网页填写")  # fmt: skip
    if not sent:
        print("nobody is left to be asked 没有待核验的人员")
