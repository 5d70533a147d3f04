"""A variable of the environment. Whoever reads one declares it at the head of its module, with what it
is for: nobody else asks the environment (a test looks), so that `suian docs operations` knows them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Variable:
    """`what` it is for; one that is a secret may stand in a file instead, which NAME_FILE names."""

    name: str
    what: str = ""
    is_secret: bool = False

    def get(self) -> str:
        """What it holds, or ""."""
        return os.environ.get(self.name, "")
