"""What is seen of the service from outside: its figures, its log, its traces."""

from alerting.telemetry.tally import Tally

__all__ = ["Tally"]
