"""A break of the product for each law of the machine, which it must find by itself."""

from __future__ import annotations

from tests.sabotage.table import Break

# `story` is the law that must be found broken: as the witness names it.
BREAKS = (
    Break("resends are not counted", "alerting/dispatch/outbox.py",
          "leases[begins, int(unsure and not ask)]", "leases[begins, 0]", "once"),
    Break("nobody asks whether it came", "alerting/dispatch/outbox.py",
          "ask = unsure and known is not None and known.can_ask", "ask = False", "once"),
    Break("dead letters without an alarm", "alerting/service/troubles.py",
          "dead_letters.unsettled(connection, now).items()", "dict[str, int]().items()", "alarmed"),
    Break("what did not arrive is not sent otherwise", "alerting/dispatch/dispatcher.py",
          "        ways.undelivered(connection, self._drafts, now, self._now_of)\n", "", "told"),
    Break("the last rung is not called on", "alerting/chase/stepping.py",
          "_call_again(connection, life, held, called, now, by=_slowly(life, held, now))",
          "_wait_until(connection, held, _slowly(life, held, now))", "climbs"),
    Break("nobody there is not passed", "alerting/chase/stepping.py",
          "    changed += _unreached(connection, life, now)\n", "", "told|climbs"),
    Break("a call is made after its answer", "alerting/dispatch/superseding.py",
          '(one.kind in CALLS and ("pursuit", one.pursuit) in ended)', "False", "over"),
)  # fmt: skip
