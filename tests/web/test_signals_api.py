"""POST /api/v1/signals: kept before it is answered, and never a crash, whatever comes."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerting.bus import Access, KafkaBus, Shares
from alerting.places import Places
from alerting.signals import Signal
from alerting.web import api_signals
from connectors import find
from tests.web.web_desk import Browser, Desk, bearer

INCIDENT = {"kind": "incident", "source": "bulletin", "issued": "2026-01-20T19:00:00Z",
            "incident": "fire", "place": "邻县", "at": "2026-01-20T18:00:00Z"}
OBSERVATION = {"kind": "observation", "source": "stations", "issued": "2026-01-20T19:00:00Z",
               "station": "st1", "lat": 26.5, "lon": 106.5, "at": "2026-01-20T19:00:00Z",
               "values": {"visibility": 900.0}}
FORECAST = {"kind": "forecast", "source": "model", "issued": "2026-01-20T18:00:00Z",
            "start": "2026-01-20T18:00:00Z", "spots": [{"id": "g70.low"}],
            "values": {"temperature": [[-1.5], [None]]}}


def post(web: Browser, token: str, body: Any, query: str = "") -> Any:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return web.post(f"/api/v1/signals{query}", data=data, headers=bearer(token))


def test_what_is_taken_is_on_the_bus_and_twice_is_once(desk: Desk, web: Browser) -> None:
    token = desk.person("feed", "order")
    first = post(web, token, [INCIDENT, FORECAST])
    assert first.status_code == 202
    assert [s.id for s in desk.said()] == first.json()["ids"]
    again = post(web, token, [INCIDENT, FORECAST]).json()
    assert again["ids"] == []
    assert again["known"] == first.json()["ids"]
    assert len(desk.said()) == 2


@pytest.mark.parametrize("body", [INCIDENT, OBSERVATION, FORECAST])
def test_the_sender_does_not_set_our_clock(desk: Desk, web: Browser, body: dict[str, Any]) -> None:
    token = desk.person("feed", "order")
    post(web, token, body | {"accepted": "2030-01-01T00:00:00Z"})
    [signal] = desk.said()
    assert signal.accepted == desk.now("live")


def test_the_good_parts_are_taken_and_the_others_named(desk: Desk, web: Browser) -> None:
    token = desk.person("feed", "order")
    bad: list[Any] = [
        {"kind": "tick", "source": "me", "issued": "2026-01-20T19:00:00Z"},
        {"kind": "report", "source": "me", "issued": "2026-01-20T19:00:00Z", "act": "acknowledge",
         "person": "wang", "subject": "delivery:1"},
        FORECAST | {"values": {"phlogiston": [[1.0]]}},
        FORECAST | {"spots": [{"id": "nowhere"}]},
        INCIDENT | {"issued": "0001-01-01T00:00:00Z"},
        INCIDENT | {"issued": "2026-01-20T19:00:00"},
        "a text", 7, None,
    ]  # fmt: skip
    answer = post(web, token, [INCIDENT, *bad])
    assert answer.status_code == 202
    assert len(answer.json()["ids"]) == 1
    assert len(answer.json()["problems"]) == len(bad)
    assert all(p["what"] for p in answer.json()["problems"])
    assert len(desk.said()) == 1


def test_what_comes_from_the_future_is_refused_with_its_reason(desk: Desk, web: Browser) -> None:
    token = desk.person("feed", "order")
    soon = (desk.now("live") + timedelta(hours=1)).isoformat()
    late = (desk.now("live") + timedelta(hours=8)).isoformat()
    seen = {"kind": "observation", "source": "stations", "issued": soon, "station": "s1", "lat": 26.6,
            "lon": 106.7, "values": {"temperature": 1.0}}  # fmt: skip
    said = [FORECAST | {"issued": soon}, FORECAST | {"issued": late},
            seen | {"at": soon}, seen | {"at": late}]  # fmt: skip
    answer = post(web, token, said).json()
    assert len(answer["ids"]) == 2
    refused = [p for p in answer["problems"] if "still to come" in p["what"]]
    assert [p["what"].split()[0] for p in refused] == ["issued", "at"]
    assert all("clock" in p["mend"] for p in refused)


def test_a_persons_own_report_is_taken(desk: Desk, web: Browser) -> None:
    token = desk.person("li", "order")
    report = {"kind": "report", "source": "app", "issued": "2026-01-20T19:00:00Z",
              "act": "reported", "person": "li", "subject": "place:g70-12",
              "detail": {"word": "icing"}}
    assert post(web, token, report).status_code == 202


def test_a_sources_own_body_is_read_by_its_connector(desk: Desk, web: Browser) -> None:
    token = desk.person("feed", "order")
    cap = """<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>x.1</identifier>
      <sender>met@example</sender><sent>2026-01-20T18:40:00+00:00</sent><status>Actual</status>
      <msgType>Alert</msgType><scope>Public</scope><info><language>en</language>
      <category>Met</category><event>Road icing</event><urgency>Expected</urgency>
      <severity>Severe</severity><certainty>Likely</certainty>
      <expires>2026-01-21T18:40:00+00:00</expires><area><areaDesc>Qinglan</areaDesc>
      <polygon>27,107 27,108 28,108 28,107 27,107</polygon></area></info></alert>"""
    answer = post(web, token, cap.encode(), "?source=cap")
    assert answer.status_code == 202, answer.text
    [warning] = desk.said()
    assert warning.hazard == "road-icing"


@pytest.mark.parametrize(
    ("query", "body", "status"),
    [("", b"not json", 422), ("", b"[]", 422), ("", b"", 422), ("?source=no-such", b"x", 422),
     ("?source=cap", b"<alert/>", 422), ("?source=cap", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 422),
     ("?source=inbox", b"x", 422), ("", b"[" * 100_000, 422),
     ("", b'{"kind": "observation", "values": {"temperature": 1e999}}', 422)],
)  # fmt: skip
def test_what_cannot_be_read_is_a_problem(
    desk: Desk, web: Browser, query: str, body: bytes, status: int
) -> None:
    answer = post(web, desk.person("feed", "order"), body, query)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert desk.said() == []


def test_a_body_beyond_the_limit_is_refused_without_being_kept(
    desk: Desk, web: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_signals, "LIMIT", 1000)
    token = desk.person("feed", "order")
    assert post(web, token, b" " * 1001).status_code == 413

    def in_parts() -> Any:  # no Content-Length says how long it will be
        for _ in range(3):
            yield b" " * 500

    answer = web.post("/api/v1/signals", data=in_parts(), headers=bearer(token))
    assert answer.status_code == 413


def test_what_no_record_of_the_broker_holds_is_refused_in_plain_words(
    desk: Desk, web: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    kafka = KafkaBus(Access("127.0.0.1:9"), "signals", Shares(1, Places("", {}), 0.0))

    async def publish(realm_id: str, signals: list[Signal], packed: object) -> list[str]:
        return kafka.publish(realm_id, signals, desk.now(realm_id))

    monkeypatch.setattr(desk, "publish", publish)
    text = b64encode(np.random.default_rng(1).bytes(1_500_000)).decode()
    answer = post(web, desk.person("feed", "order"), INCIDENT | {"text": text})
    assert answer.status_code == 413
    said = answer.json()
    assert "this incident of bulletin is 15" in said["detail"]
    assert "parts" in said["mend"]
    assert "请分次提交" in said["zh"]


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["kind", "issued", "values", "spots", "at", "detail", "id", "x"]), inner,
        max_size=4),
    max_leaves=8,
)  # fmt: skip
_KINDS = st.sampled_from(["forecast", "observation", "warning", "incident", "occasion", "report",
                          "tick", "clock"])  # fmt: skip
_NEARLY = st.builds(
    lambda base, kind, key, value: base | {"kind": kind, key: value},
    st.sampled_from([INCIDENT, FORECAST]), _KINDS,
    st.sampled_from(["issued", "start", "spots", "values", "at", "id", "source", "kind", "place"]),
    _ANYTHING,
)  # fmt: skip


@settings(max_examples=60, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(body=_NEARLY | _ANYTHING | st.lists(_NEARLY, max_size=3) | st.binary(max_size=60))
def test_garbage_is_never_a_failure_of_ours(desk: Desk, web: Browser, body: Any) -> None:
    web.headers.update(bearer(_token(desk)))
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = web.post("/api/v1/signals", data=data)
    assert answer.status_code in (202, 422), answer.text
    desk.said()  # what was taken can be read back


def _token(desk: Desk) -> str:
    if not hasattr(desk, "feed"):
        desk.feed = desk.person("feed", "order")  # type: ignore[attr-defined]
    return str(desk.feed)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"issued": "2030-01-20T19:00:00Z"}, "still to come"),
        ({"at": "1969-01-20T19:00:00Z"}, "1970 to 2100"),
        ({"values": {"visibility": -5}}, "must lie between"),
    ],
)
def test_what_would_stand_in_the_way_of_what_comes_later_is_refused(
    desk: Desk, web: Browser, more: dict[str, Any], words: str
) -> None:
    seen = {"kind": "observation", "source": "stations", "issued": "2026-01-20T19:00:00Z",
            "station": "S", "lat": 27, "lon": 107, "at": "2026-01-20T19:00:00Z",
            "values": {"visibility": 80}}  # fmt: skip
    answer = post(web, desk.person("feed", "order"), seen | more)
    assert answer.status_code == 422
    assert words in answer.text
    assert desk.said() == []


def test_a_sender_is_told_that_nobody_listens_to_the_name_it_gives(desk: Desk, web: Browser) -> None:
    answer = post(web, desk.person("feed", "order"), FORECAST | {"source": "nwp-2"})
    assert answer.status_code == 202
    assert "speaks for nothing" in answer.json()["problems"][0]["what"]
    desk.connectors["nwp-2"] = find("signals")({"brings": "observation"})
    answer = post(web, desk.person("other", "order"), FORECAST | {"source": "nwp-2", "spots": [
        {"lat": 26.0, "lon": 107.0}]})  # fmt: skip
    assert answer.status_code == 422
    assert "not configured to bring forecasts" in answer.text
