"""`suian`: errors are said in a sentence and end with 2 for bad input, 1 for failure."""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
import traceback
from pathlib import Path

import typer
from sqlalchemy.exc import DatabaseError

from alerting.errors import SuianError
from alerting.runtime import RealRuntime

# Each command's module and function (or, of a group, its sub-commands), in the order of the help.
COMMANDS: dict[str, str | dict[str, str]] = {
    "serve": "serve:serve",
    "sentinel": "sentinel:sentinel",
    "init": "init:init",
    "check": "check:check",
    "doctor": "doctor:doctor",
    "import": "import_:import_",
    "evaluate": "evaluate:evaluate",
    "explain": "explain:explain",
    "preview": "preview:preview",
    "replay": "replay:replay",
    "drill": {"list": "drill:list_", "check": "drill:check", "start": "drill:start",
              "schedule": "drill:schedule", "stop": "drill:stop", "report": "drill:report",
              "play": "drill:play"},
    "calls": {"list": "calls:list_", "show": "calls:show", "tick": "calls:tick"},
    "order": "order:order",
    "report": "report:report",
    "incident": "incident:incident",
    "road": "road:road",
    "epidemic": "epidemic:epidemic",
    "respond": "respond:respond",
    "roster": {"show": "roster:show", "override": "roster:override", "swap": "roster:swap",
               "take": "roster:take", "undo": "roster:undo", "import": "roster:import_",
               "export": "roster:export", "take-over": "roster:take_over"},
    "bulletin": "bulletin:bulletin",
    "raise": "raise_:raise_",
    "keep": "keep:keep",
    "correct": "correct:correct",
    "withdraw": "withdraw:withdraw",
    "password": "password:password",
    "verify": "verify:verify",
    "token": {"create": "token:create", "list": "token:list_", "revoke": "token:revoke"},
    "audit": {"verify": "audit:verify"},
    "backup": "backup:backup",
    "restore": "restore:restore",
    "docs": {"rules": "docs:rules", "schema": "docs:schema", "operations": "docs:operations"},
    "new": {"rule": "new:rule"},
}
GROUPS = {
    "calls": "Call-outs: who has answered and who has not.",
    "drill": "Drills of people, and exercises that play by themselves.",
    "roster": "Who is on duty when.",
    "token": "Tokens for programs.",
    "audit": "The log that cannot be quietly changed.",
    "docs": "Pages and schemas written from the rules and the service.",
    "new": "A beginning for something of your own.",
}


def make_app(only: str | None = None) -> typer.Typer:
    """The command line; with `only` the one command that is about to run, so that a small command
    does not wait for the imports of all others."""
    app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

    @app.callback()
    def suian() -> None:
        """岁安 suian: weather and seasonal risk alerts, called until answered."""

    for name in [only] if only else COMMANDS:
        where = COMMANDS[name]
        if isinstance(where, str):
            app.command(name)(_function(where))
            continue
        group = typer.Typer(no_args_is_help=True, help=GROUPS[name])
        group.callback()(lambda: None)
        for sub, function in where.items():
            group.command(sub)(_function(function))
        app.add_typer(group, name=name)
    return app


def _function(where: str):  # type: ignore[no-untyped-def]
    module, _, name = where.partition(":")
    return getattr(importlib.import_module(f"alerting.cli.{module}"), name)


def run() -> None:
    """The entry point of the command. Nobody is ever shown a traceback."""
    first = sys.argv[1] if len(sys.argv) > 1 else ""
    try:
        make_app(first if first in COMMANDS else None)()
    except SuianError as error:
        _end(error.text(), error.exit_code)
    except DatabaseError as error:
        _end(f"the database refuses: {error.orig}. Check that the disk has room, that it is not"
             " read-only, and that the file is suian's own.", 1)  # fmt: skip
    except BrokenPipeError:  # whoever read our output has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        of = f"{error.filename}: " if error.filename else ""
        _end(f"{of}{error.strerror or error}. Check the path, its rights and the disk.", 1)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        _end(f"this should not have happened ({type(error).__name__}). What led to it is in"
             f" {_keep_trace()}; send that file with your report.", 1)  # fmt: skip


def _end(sentence: str, code: int) -> None:
    print(f"suian: {sentence}", file=sys.stderr)
    sys.exit(code)


def _keep_trace() -> Path:
    """Write the trace of the current exception beside the data, else into the temporary folder."""
    stamp = f"{RealRuntime().now():%Y%m%dT%H%M%SZ}"
    for folder in (_data_folder(), Path(tempfile.gettempdir())):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"error-{stamp}.log"
            path.write_text(f"{sys.argv}\n{traceback.format_exc()}", "utf-8")
        except OSError:
            continue
        return path
    print(traceback.format_exc(), file=sys.stderr)
    return Path(os.devnull)


def _data_folder() -> Path:
    from alerting.service.config import load_config

    words = sys.argv
    given = words[words.index("--config") + 1] if "--config" in words[:-1] else "config.yaml"
    try:
        return load_config(Path(given)).data
    except SuianError:
        return Path("var")
