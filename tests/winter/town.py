"""A county at New York's three stations with the shipped book, lived through by the real process."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.scenarios.nursery import Nursery
from tests.scenarios.standin import StandIn
from tests.scenarios.town import Town, plainly
from tests.winter.feed import EVERY, HOUR, OBSERVED, Moment

HERE = Path(__file__).parent
RULES = HERE.parents[1] / "rules"
CHANGES: dict[str, Any] = {
    "county": {
        "name": "试验冬县（虚构）", "name_en": "Winter trial county (fictional)", "fictional": True,
        "timezone": "America/New_York", "sender": "试验冬县", "sender_en": "Winter trial",
        "zones": "county/zones.csv", "sites": "county/sites.csv",
        "people": "county/people.csv", "posts": "county/posts.csv",
    },
    "sources": {
        "model": {"use": "signals", "brings": "forecast", "cadence_hours": EVERY,
                  "quantities": list(OBSERVED)},
        "stations": {"use": "signals", "brings": "observation", "cadence_hours": 1,
                     "quantities": list(OBSERVED)},
    },
    "channels": {"console": {"silent": True}},
}  # fmt: skip
# Whoever says nothing is called once on each rung, and then every second day: a winter of silence would
# else be mostly calls.
POLICIES = plainly({"red": 15, "orange": 30, "lower": 60}, times=1, last=1)
for one in POLICIES["policies"].values():
    one["then-every"] = {"red": 2880, "orange": 2880, "lower": 2880}
ASLEEP = range(6, 9)  # UTC hours in which nobody answers: whatever is asked then climbs
# What whoever is on duty does about a measure in each of these states.
DOES = {
    "proposed": "approve", "issued": "acknowledge", "acknowledged": "in-force",
    "lift proposed": "attest",
}  # fmt: skip


class WinterTown(Town):
    """`history` are the lines of all that was handed in, for `suian replay`."""

    def __init__(self, folder: Path, provider: StandIn, nursery: Nursery, begins: datetime) -> None:
        super().__init__(folder, provider, nursery, start=begins, county=str(HERE / "county"),
                         rules=str(RULES), changes=CHANGES, policies=POLICIES)  # fmt: skip
        self.history: list[dict[str, Any]] = [{"kind": "clock", "at": begins.isoformat()}]

    def reaches(self, at: datetime) -> None:
        if at > self.now:
            self._tell({"do": "advance", "seconds": (at - self.now).total_seconds()})

    def hands_in(self, *envelopes: dict[str, Any], times: int = 1) -> None:
        """In one request, and as often as it says; on record as it came in first.

        The record has a wind of 468 m/s (EWR, 12 February): it is left out, and nothing else is.
        """
        if self.now.isoformat() == self.history[-1].get("accepted"):
            self.reaches(self.now + timedelta(seconds=1))  # another request comes at another time
        stamp = self.now.isoformat()
        for again in range(times):
            answer = self.posts(*envelopes)
            assert all("was left out" in p["what"] for p in answer["problems"]), answer
            assert len(answer["known" if again else "ids"]) == len(envelopes)
        self.history += [{"accepted": stamp, **e} for e in envelopes]

    def lives_through(
        self, moments: Sequence[Moment], *, together: bool = True, times: int = 1
    ) -> None:
        """`together`: what comes in at one time comes in one request, else in one each, a second
        apart. Two minutes later whoever is on duty answers."""
        for moment in moments:
            self.reaches(moment.at)
            for part in [moment.envelopes] if together else [(e,) for e in moment.envelopes]:
                self.hands_in(*part, times=times)
            if moment.at.hour not in ASLEEP:
                self.reaches(moment.at + timedelta(minutes=2))
                self.answers()
        self.reaches(self.now.replace(minute=0, second=0) + HOUR)
        self.history.append({"kind": "clock", "at": self.now.isoformat()})

    def answers(self) -> None:
        """The duty officer sees to what is open: one step each, in the order of the page."""
        said = [("acknowledge", f"alert:{a['id']}") for a in self.open("/alerts")
                if not a["acknowledgements"]]  # fmt: skip
        said += [(DOES[m["state"]], f"measure:{m['id']}") for m in self.open("/measures")
                 if m["state"] in DOES]  # fmt: skip
        for act, subject in said:
            self.hands_in({
                "kind": "report", "source": "web", "issued": self.now.isoformat(), "act": act,
                "person": "admin", "channel": "api", "subject": subject,
            })  # fmt: skip

    def open(self, path: str) -> list[dict[str, Any]]:
        return self.api("GET", path, params={"state": "open", "realm": "live"}).json()

    def replays(self) -> str:
        """What the real `suian replay --format json` prints of the history."""
        lines = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in self.history)
        (self.folder / "history.jsonl").write_text(lines, "utf-8")
        printed = self.folder / "replayed.json"
        words = ["replay", "history.jsonl", "--format", "json"]
        code = self.nursery.wait(self.nursery.start(words, self.folder, printed, {"COLUMNS": "200"}))
        text = printed.read_text("utf-8")
        assert code == 0, text[-3000:]
        return text.rstrip("\n")
