"""The chase (叫应): what is waited for, from whom, until when, and who is called next.

`step` moves it on, `take` takes an answer, `route` finds which message a text answers. The chase
writes notices and never sends; it asks alerts.measures to move a measure and never moves one itself.
"""

from alerting.alerts.life import Life
from alerting.chase.answers import take
from alerting.chase.pursuits import open_new
from alerting.chase.reading import Parsed, read
from alerting.chase.replies import Routed, route
from alerting.chase.stepping import has_work, next_due, step

__all__ = [
    "Life", "Parsed", "Routed", "has_work", "next_due", "open_new", "read", "route", "step", "take",
]  # fmt: skip
