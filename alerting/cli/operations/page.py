"""The page, part by part."""

from __future__ import annotations

from pathlib import Path

from alerting.cli.main import make_app
from alerting.cli.operations import options, running
from alerting.cli.operations.markdown import first_words
from alerting.service import keeping
from alerting.service.config import Config

INTRO = """\
# What there is to look up

Written by `suian docs operations` from the service itself; change that, not this page. How to run it
is told in [operators.md](operators.md), where in [deploy.md](deploy.md), what to do when it rings in
[runbooks.md](runbooks.md).
"""


def operations_page(settings: Config, alarms: Path) -> str:
    """In Markdown. The config is for a county whose loops and figures there are to list; `alarms` is
    the file of Prometheus's rules. Raises BadInput."""
    station = running.idle_station(settings)
    parts = {
        "Commands": ["Each says more with `--help`.\n", running.commands_table(make_app())],
        "Processes": [
            "`suian serve --role …`, any number of each role over one database.\n",
            running.roles_table(),
            "The loops of a process, in the order in which a signal passes through them. What one"
            " process does at a time another takes over when it ends.\n",
            running.loops_table(station),
        ],
        "Health": [running.health_table()],
        "config.yaml": list(options.config_tables()),
        "sentinel.yaml": list(options.sentinel_tables()),
        "The environment": [
            "NAME_FILE names a file that holds the secret.\n", options.variables_table(),
        ],
        "Figures": [
            "At `/metrics`. Every process says the same of what the tables hold, and counts for"
            " itself.\n",
            running.figures_table(station),
        ],
        "Alarms": [
            "Of `deploy/prometheus/rules.yml`: `page` wakes somebody now, `ticket` can wait for the"
            " morning.\n",
            running.alarms_table(alarms),
        ],
        "Tables of the database": [f"{first_words(keeping.__doc__)}\n", running.tables_table()],
    }  # fmt: skip
    said = (f"## {name}\n" + "\n".join(part) for name, part in parts.items())
    return "\n".join([INTRO, *said])
