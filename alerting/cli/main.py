"""`suian`: errors are said in a sentence and end with 2 for bad input, 1 for failure."""

from __future__ import annotations

import sys

import typer

from alerting.cli.serve import serve
from alerting.errors import SuianError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
                  help="岁安 suian: weather and seasonal risk alerts, called until answered.")  # fmt: skip
app.command()(serve)


def run() -> None:
    """The entry point of the command."""
    try:
        app()
    except SuianError as error:
        print(f"suian: {error.text()}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
