"""What day it is for the county: seasons, public holidays with their swapped days, school days.

The calendar is known ahead and asked, day by day: it never opens anything by itself.
"""

from alerting.calendar.calendar import FALSE, KINDS, TRUE, UNKNOWN, Calendar, Change, UnknownName
from alerting.calendar.entries import Holiday, Season
from alerting.calendar.spans import Span
from alerting.calendar.tables import Day, Table, import_table

__all__ = [
    "FALSE",
    "KINDS",
    "TRUE",
    "UNKNOWN",
    "Calendar",
    "Change",
    "Day",
    "Holiday",
    "Season",
    "Span",
    "Table",
    "UnknownName",
    "import_table",
]
