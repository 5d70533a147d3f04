"""The chase (叫应): what is waited for, from whom, until when, and who is called next.

`step` moves it on, `look` sees whether it would, `take` takes an answer, `route` finds which message
a text answers (`heard_before`: it was taken up already), `heard` says what became of it, `answers_to`
with what its story began, `receipts` what one acknowledgement of everything would be of, `held_back`
what an order by hand waits for. The chase writes notices and never sends; it asks alerts.measures to
move a measure and never moves one itself.
"""

from alerting.alerts.life import Life
from alerting.chase.answers import heard, note, take
from alerting.chase.cause import answers_to
from alerting.chase.commands import confirmed_before
from alerting.chase.everything import receipts
from alerting.chase.meetings import held_back
from alerting.chase.outcomes import Outcome
from alerting.chase.pursuits import open_new
from alerting.chase.reading import Parsed, read
from alerting.chase.replies import Routed, heard_before, id_of, route
from alerting.chase.stepping import has_work, look, step

__all__ = [
    "Life", "Outcome", "Parsed", "Routed", "answers_to", "confirmed_before", "has_work", "heard",
    "heard_before", "held_back", "id_of", "look", "note", "open_new", "read", "receipts", "route",
    "step", "take",
]  # fmt: skip
