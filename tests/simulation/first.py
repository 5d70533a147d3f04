"""Plays seeds up to the first that fails: python -m tests.simulation.first SEEDS [FAULT …]. Code 1 where one did."""

from __future__ import annotations

import sys

from tests import statements
from tests.simulation.run import run_all


def main(seeds: int, kinds: tuple[str, ...]) -> int:
    statements.share()
    for verdict in run_all(range(1, seeds + 1), kinds):
        if verdict.wrong:
            print(f"seed {verdict.plan.seed}: {verdict.wrong[0]}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), tuple(sys.argv[2:])))
