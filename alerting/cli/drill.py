"""`suian drill NAME`: plays an exercise through the running service."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from alerting.cli.given import CONFIG, As, ConfigPath
from alerting.cli.office import post
from alerting.errors import BadInput, Refused
from alerting.service.config import Config, load_config


def drill(
    name: Annotated[str, typer.Argument(help="The folder below exercises/.")],
    who: As = "",
    config: ConfigPath = CONFIG,
) -> None:
    """Play an exercise; every message says that it is one.

    It runs in a realm and by a clock of its own, from the folder exercises/NAME."""
    settings = load_config(config)
    folder = _folder(config.resolve().parent / "exercises", name)
    configured = settings.exercise.play
    if configured is None or configured.resolve() != folder.resolve():
        plays = configured.name if configured else "none 无"
        raise Refused(
            f"the config plays {plays}, not {name}", where=str(config),
            mend=f"Write `exercise: {{play: exercises/{name}}}` there, start the service again and"
            " repeat this; or let it play at its start: `suian serve --play`.",
        )  # fmt: skip
    role = "answer" if settings.county.fictional else "order"
    _start(settings, name, role, who)
    print(f"演练已开始 The exercise {name} is playing: {settings.url}")


def _folder(exercises: Path, name: str) -> Path:
    folder = exercises / name
    if Path(name).name != name or not folder.is_dir():
        known = (
            sorted(p.name for p in exercises.iterdir() if p.is_dir()) if exercises.is_dir() else []
        )
        raise BadInput(f"there is no exercise {name!r}", where=str(exercises),
                       mend=f"There are: {', '.join(known) or 'none'}.")  # fmt: skip
    return folder


def _start(config: Config, name: str, role: str, who: str) -> None:
    post(config, "/exercises", {"exercise": name}, role, who, as_form=True)
