"""Plays games from a seed, for whoever looks for a fault or tries the machine on a broken copy:

    python -m tests.laws.play GAMES MOVES [SEED]

Nothing is made shorter: the first game that breaks a law ends it, with its moves, the law, and code 1.
"""

from __future__ import annotations

import logging
import sys
import time

import hypothesis
import structlog
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests import statements
from tests.laws.moves import Moves


def play(games: int, moves: int, seed: int) -> None:
    """Raises what the first game raises that goes wrong."""
    run_state_machine_as_test(
        hypothesis.seed(seed)(Moves),
        settings=settings(max_examples=games, stateful_step_count=moves, deadline=None, database=None,
                          suppress_health_check=list(HealthCheck), phases=(Phase.generate,)),
    )  # fmt: skip


if __name__ == "__main__":
    statements.share()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    games, moves, seed = [int(one) for one in (*sys.argv[1:], "0")][:3]
    began = time.monotonic()
    play(games, moves, seed)
    print(f"{games} games of {moves} moves from seed {seed}: {time.monotonic() - began:.0f} s, no law broken")
