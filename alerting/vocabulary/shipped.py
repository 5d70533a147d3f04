"""Where the shipped rules lie: beside the package in a checkout, among its environment's data where it
is installed, as in the container."""

from __future__ import annotations

import sys
from pathlib import Path

WARNINGS = "warnings.yaml"
_BESIDE = Path(__file__).resolve().parents[2] / "rules"
RULES = _BESIDE if (_BESIDE / WARNINGS).is_file() else Path(sys.prefix) / "share/suian/rules"
