"""`python -m alerting.cli` is `suian`."""

from alerting.cli.main import run

run()
