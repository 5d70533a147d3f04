"""Two feeds of one connector are two sources: what is said of one is not said of the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from tests.listening import listens
from tests.scenarios.town import Town


class Office:
    """A met office's web server: one CAP message for each address, or 503 when it is down."""

    def __init__(self) -> None:
        self.says: dict[str, str] = {}
        self.down: set[str] = set()
        office = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = office.says.get(self.path, "").encode()
                self.send_response(503 if self.path in office.down or not body else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        listens(self._server)
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def office() -> Iterator[Office]:
    made = Office()
    yield made
    made.close()


@pytest.fixture
def fed(make_town: Callable[..., Town], office: Office) -> Town:
    """A town whose only sources are its city's and its province's feeds, both CAP."""
    town = make_town(changes={"sources": {
        "cap-city": {"use": "cap", "url": f"{office.address}/city"},
        "cap-province": {"use": "cap", "url": f"{office.address}/province"},
    }})  # fmt: skip
    office.says["/city"] = cap("city-0", "雷电", town.now)
    office.says["/province"] = cap("province-0", "雷电", town.now)
    return town.begin()


def cap(identifier: str, event: str, sent: datetime, kind: str = "Alert", refers: str = "") -> str:
    ends = (sent + timedelta(hours=12)).isoformat()
    named = f"<references>office,{refers},{sent.isoformat()}</references>" if refers else ""
    return (
        f"<alert><identifier>{identifier}</identifier><sender>office</sender>"
        f"<sent>{sent.isoformat()}</sent><status>Actual</status><msgType>{kind}</msgType>"
        f"<scope>Public</scope>{named}<info><language>zh</language><event>{event}</event>"
        f"<severity>Severe</severity><expires>{ends}</expires><area><areaDesc>县</areaDesc>"
        "<geocode><valueName>adcode</valueName><value>990101</value></geocode></area></info></alert>"
    )


def metrics(town: Town) -> str:
    return requests.get(f"{town.url}/metrics", timeout=60).text


def silent(town: Town) -> set[str]:
    return {a["place"] for a in town.alerts(rule="source-silent") if a["state"] == "open"}


def test_of_two_feeds_of_one_kind_the_silent_one_alone_is_named(fed: Town, office: Office) -> None:
    office.says["/city"] = cap("city-1", "道路结冰", fed.now)
    fed.passes(minutes=5)
    official = fed.alert(rule="icing")["official"]
    assert official
    office.down.add("/city")
    fed.passes(minutes=30)
    assert silent(fed) == {"source:cap-city"}
    assert 'suian_source_silent{source="cap-city"} 1.0' in metrics(fed)
    assert 'suian_source_silent{source="cap-province"} 0.0' in metrics(fed)
    # What it said stays in force: its silence lifts nothing.
    assert fed.alert(rule="icing")["official"] == official
    office.down.clear()
    fed.passes(hours=1, minutes=10)
    assert silent(fed) == set()


def test_a_source_that_is_handed_its_messages_promises_nothing(
    make_town: Callable[..., Town],
) -> None:
    town = make_town(changes={"sources": {"exchange": {"use": "national-exchange"}}}).begin()
    town.passes(hours=3)
    assert silent(town) == set()
    assert 'suian_source_silent{source="exchange"} 0.0' in metrics(town)
    said = (
        cap("W-1", "", town.now).replace("<sent>", "<sendTime>").replace("</sent>", "</sendTime>")
    )
    said = said.replace(
        "<event>", "<eventType>11B21</eventType><headline>县气象台发布道路结冰橙色预警"
    )
    answer = town.api("POST", "/signals?source=exchange", data=said.replace("event>", "headline>"))
    assert answer.status_code == 202, answer.text
    town.settles()
    assert town.alert(rule="icing")["state"] == "open"


@pytest.mark.parametrize(
    "poison",
    [
        # A source of forecasts that sends an observation.
        {
            "kind": "observation",
            "source": "model",
            "station": "S",
            "lat": 26.5,
            "lon": 106.5,
            "elevation": 900,
            "values": {"visibility": 20},
        },
        # A line is no area.
        {
            "kind": "warning",
            "source": "office",
            "identifier": "P",
            "sender": "x",
            "action": "alert",
            "hazard": "fog",
            "event": "",
            "level": "red",
            "area": {"polygons": [[[26, 106], [27, 107]]]},
        },
    ],
)
def test_what_makes_no_sense_stops_nothing_that_comes_after_it(
    town: Town, poison: dict[str, Any]
) -> None:
    now = {"issued": town.now.isoformat()}
    if poison["kind"] == "observation":
        now |= {"at": town.now.isoformat()}
    town.api("POST", "/signals", json=poison | now)
    town.settles()
    town.restarts()
    town.warns("orange")
    assert town.alert(rule="icing")["state"] == "open"
    assert "Traceback" not in town.log()


def test_one_warning_on_both_feeds_is_one_and_either_feed_ends_it(
    fed: Town, office: Office
) -> None:
    office.says["/city"] = office.says["/province"] = cap("W-1", "道路结冰", fed.now)
    fed.passes(minutes=5)
    assert fed.alert(rule="icing")["state"] == "open"
    office.says["/province"] = cap("W-2", "道路结冰", fed.now, "Cancel", "W-1")
    fed.passes(minutes=5)
    assert fed.alert(rule="icing")["state"] == "closed"  # no forecast: its end is all there is
