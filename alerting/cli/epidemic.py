"""`suian epidemic`: a health authority's bulletin, for a place and a period, or its end."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer

from alerting.cli.given import CONFIG, As, ConfigPath, Reason, moment
from alerting.cli.office import post
from alerting.errors import BadInput
from alerting.service.config import load_config


def epidemic(
    reason: Reason,
    issuer: Annotated[str, typer.Option(help="Who issued it, as it says.")] = "",
    area: Annotated[
        list[str] | None, typer.Option(help="A name or code of its area; once for each.")
    ] = None,
    begins: Annotated[str, typer.Option("--from", help="2026-01-20 08:00, local.")] = "",
    until: Annotated[str, typer.Option(help="When its period ends.")] = "",
    text: Annotated[str, typer.Option(help="What it says.")] = "",
    end: Annotated[str, typer.Option(help="End the bulletin of this number instead.")] = "",
    realm: Annotated[str, typer.Option(help="live, or a running exercise.")] = "live",
    who: As = "",
    config: ConfigPath = CONFIG,
) -> None:
    """Type in a bulletin of an epidemic, or end one; rules that look for it follow."""
    loaded = load_config(config)
    if end:
        path = f"/api/v1/epidemics/{quote(end, safe='')}/end"
        said = post(loaded, path, {"reason": reason, "realm": realm}, "order", who)["next"]
        print(f"{said['zh']} {said['en']}")
        return
    lacking = [name for name, given in (("--issuer", issuer), ("--area", area), ("--from", begins),
                                        ("--until", until)) if not given]  # fmt: skip
    if lacking:
        raise BadInput(f"missing: {', '.join(lacking)}", mend="Or end one: --end NUMBER.")
    zone = loaded.county.zone
    body = {"issuer": issuer, "areas": area, "text": text, "reason": reason, "realm": realm,
            "begins": moment("--from", begins, zone).isoformat(),
            "until": moment("--until", until, zone).isoformat()}  # fmt: skip
    made = post(loaded, "/api/v1/epidemics", body, "order", who)
    print(f"{made['next']['zh']} {made['next']['en']}")
    print(f"编号 number: {made['identifier']}")
