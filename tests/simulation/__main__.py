"""Plays one seed again and tells its story: python -m tests.simulation SEED [FAULT …]"""

from __future__ import annotations

import sys

from tests import statements
from tests.simulation.run import run


def main(given: list[str]) -> int:
    if not given or not given[0].isdigit():
        print(__doc__)
        return 2
    statements.share()
    verdict = run(int(given[0]), tuple(given[1:]))
    print(verdict.told())
    return 1 if verdict.wrong else 0


sys.exit(main(sys.argv[1:]))
