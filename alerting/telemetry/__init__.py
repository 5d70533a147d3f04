"""What is seen of the service from outside: its figures, its log, its traces."""

from alerting.telemetry.logs import about
from alerting.telemetry.tally import Tally
from alerting.telemetry.traces import Traces, make_traces

__all__ = ["Tally", "Traces", "about", "make_traces"]
