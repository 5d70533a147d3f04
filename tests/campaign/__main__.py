"""`python -m tests.campaign [RUNS]`: that many storms, three of each fault if not said otherwise, each drawn
by its number; what was told before in FILE is not told again. `--table` prints what FILE holds, `--write` puts it into
docs/reliability.md, `--fault WORD` takes those only.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from bench.page import put
from tests.campaign.faults import FAULTS
from tests.campaign.run import FILE, campaign, read, recovered, table


def main() -> int:
    words = argparse.ArgumentParser(prog="python -m tests.campaign", description=__doc__)
    words.add_argument("runs", nargs="?", type=int, default=3 * len(FAULTS))
    words.add_argument("--file", type=Path, default=FILE)
    words.add_argument("--fault", default="", help="only faults whose name holds this")
    words.add_argument("--table", action="store_true", help="print the table and run nothing")
    words.add_argument("--write", action="store_true", help="put it into docs/reliability.md and run nothing")
    given = words.parse_args()
    if given.write:
        put(Path("docs/reliability.md"), "campaign", table(read(given.file)))
        return 0
    if given.table:
        print(table(read(given.file)))
        return 0
    bad = 0
    faults = [one for one in FAULTS if given.fault in one.name]
    for one in campaign(given.runs, given.file, faults):
        bad += bool(one["wrong"])
        print(f"{one['number']:3} {one['fault']}: {'; '.join(one['wrong']) or 'well'}, recovered"
              f" {recovered(one)}, {one['seconds']:.0f} s in all", flush=True)
        for line in one["log"] if one["wrong"] else ():
            print(f"      {json.dumps(line, ensure_ascii=False)}")
    return min(bad, 1)


if __name__ == "__main__":
    sys.exit(main())
