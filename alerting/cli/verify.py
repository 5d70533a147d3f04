"""`suian verify PERSON`: sends a code to each address of theirs that nobody has verified."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer

from alerting.cli.given import CONFIG, As, ConfigPath
from alerting.cli.office import post
from alerting.service.config import load_config


def verify(
    person: Annotated[str, typer.Argument(help="The person's id.")],
    who: As = "",
    config: ConfigPath = CONFIG,
) -> None:
    """Send a code to each of a person's addresses that is not verified; they reply with it."""
    path = f"/api/v1/people/{quote(person, safe='')}/verify"
    sent = post(load_config(config), path, {}, "order", who)["sent"]
    print(f"a code went to {person} on {', '.join(sent)}; it is answered by reply or on the page /"
          " 验证码已发出，由本人回复或在网页填写")
