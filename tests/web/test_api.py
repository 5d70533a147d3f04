"""The API: what is listed, who may say what, and how errors look."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event

from alerting.service import listing
from alerting.service.loop import Rounds
from alerting.store import schema as s
from alerting.web import tokens
from alerting.web.alert_page import alert_page
from tests.web.web_desk import NOW, Browser, Desk, bearer

ROOT = Path(__file__).parents[2]


def test_an_alert_is_listed_with_all_that_hangs_on_it(desk: Desk, web: Browser) -> None:
    desk.person("wang", "answer", "field-road", name="王伟")
    alert = desk.open_alert(official=2, woken=NOW)
    measure = desk.ask(alert)
    desk.notify("wang", "请限速", alert=alert, measure=measure, state="answered")
    desk.put(s.answer, id="report:1", realm="live", person="wang", channel="console", alert=alert,
             measure=measure, act="acknowledge", at=NOW, outcome="taken")
    desk.put(s.pursuit, realm="live", wants="acknowledge", alert=alert, measure=measure,
             post="field-road", level=3, state="answered", rung=1, round=1, at_post="office",
             opened=NOW)
    desk.put(s.escalation, realm="live", pursuit=1, alert=alert, measure=measure,
             from_post="field-road", to_post="office", at=NOW, reason="silent")

    [listed] = web.get("/api/v1/alerts?state=all").json()

    assert listed["level"] == "orange"
    assert listed["official"] == "yellow"
    assert listed["opened"] == "2026-01-20T17:30:00Z"
    assert listed["lead"] == 90
    assert listed["exercise"] is False
    assert [m["arguments"] for m in listed["measures"]] == [{"speed": 40.0}]
    assert listed["measures"][0]["said"] == {"zh": "40 公里/小时", "en": "40 km/h"}
    assert listed["deliveries"] == [
        {"person": "wang", "channel": "console", "state": "answered", "at": "2026-01-20T19:30:00Z"}
    ]
    assert listed["acknowledgements"] == [
        {"person": "wang", "channel": "console", "at": "2026-01-20T19:30:00Z"}
    ]
    assert listed["escalations"] == [
        {"from": "field-road", "to": "office", "at": "2026-01-20T19:30:00Z", "reason": "silent"}
    ]


def test_interim_measures_are_listed_with_the_alert_whose_measure_they_stand_in_for(
    desk: Desk, web: Browser
) -> None:
    alert = desk.open_alert()
    closing = desk.ask(alert, "close", "proposed", decider="police")
    desk.ask(closing, "speed-limit", interim_for=closing)
    [listed] = web.get("/api/v1/alerts").json()
    assert [m["measure"] for m in listed["measures"]] == ["close", "speed-limit"]


def test_closed_alerts_are_listed_only_when_all_are_asked_for(desk: Desk, web: Browser) -> None:
    desk.open_alert(state="closed", closed=NOW)
    assert web.get("/api/v1/alerts").json() == []
    assert len(web.get("/api/v1/alerts?state=all").json()) == 1
    desk.put(s.realm, id="exercise-9", kind="exercise", title={"zh": "演练", "en": "Drill"},
             exercise=True, started=NOW, begins=NOW, speed=600.0, ended=NOW)
    assert web.get("/api/v1/alerts?state=all&realm=exercise-9").json() == []


def queries(desk: Desk, look: Callable[[Connection], object]) -> int:
    """How many the look takes."""
    counted: list[str] = []

    def count(c: object, cursor: object, text: str, *rest: object) -> None:
        counted.append(text)

    event.listen(desk.store._engine, "before_cursor_execute", count)
    with desk.store.read() as c:
        look(c)
    event.remove(desk.store._engine, "before_cursor_execute", count)
    return sum(q.lstrip().startswith("SELECT") for q in counted)


def test_a_listing_takes_as_many_queries_for_many_alerts_as_for_one(desk: Desk) -> None:
    def look(c: Connection) -> object:
        return listing.alerts(c, desk.places, desk.book, None, "all")

    desk.ask(desk.open_alert())
    one = queries(desk, look)
    for place in ("wuling-pass", "990101", "990100"):
        desk.open_alert(place=place)
    assert queries(desk, look) == one


def test_the_page_of_an_alert_takes_as_many_queries_for_many_questions_as_for_one(desk: Desk) -> None:
    alert = desk.open_alert()

    def put(name: str, **more: Any) -> None:
        key = desk.ask(alert, name, "proposed", decider="police", **more)
        desk.notify("wang", "请决定", alert=alert, measure=key, wants="decision")

    def look(c: Connection) -> object:
        return alert_page(c, desk, alert)  # type: ignore[arg-type]

    desk.person("wang", "decide", "police")
    put("close")
    one = queries(desk, look)
    for name in ("salt", "guide", "speed-limit"):
        put(name)
    assert queries(desk, look) == one


ROUTES = [
    ("/api/v1/signals", "order", [{"kind": "incident", "source": "x", "issued": "2026-01-20T19:00:00Z",
                                   "incident": "fire", "place": "here",
                                   "at": "2026-01-20T19:00:00Z"}]),
    ("/api/v1/alerts/live.icing.g70-12.1/acknowledge", "answer", None),
    ("/api/v1/alerts/live.icing.g70-12.1/raise", "order", {"level": "red", "reason": "seen"}),
    ("/api/v1/alerts/live.icing.g70-12.1/keep", "order", {"reason": "seen"}),
    ("/api/v1/alerts/live.icing.g70-12.1/withdraw", "order", {"reason": "wrong"}),
    ("/api/v1/alerts", "order", {"rule": "fog", "place": "wuling-pass", "level": "yellow",
                                 "reason": "seen"}),
    ("/api/v1/measures", "order", {"measure": "salt", "place": "g70-12", "level": "orange",
                                   "reason": "ice"}),
    ("/api/v1/measures/live.speed-limit.g70-12.field-road.1/in-force", "answer", None),
    ("/api/v1/measures/live.speed-limit.g70-12.field-road.1/cannot", "answer",
     {"reason": "no lorry"}),
    ("/api/v1/measures/live.close.g70-12.field-road.1/approve", "decide", None),
    ("/api/v1/measures/live.close.g70-12.field-road.1/refuse", "decide", {"reason": "no"}),
    ("/api/v1/places/g70-12/reported", "answer", {"word": "icing"}),
    ("/api/v1/warnings", "order", {"issuer": "county met office", "issued": "2026-01-20T19:00:00Z",
                                   "hazard": "road-icing", "level": "orange", "areas": ["石门镇"],
                                   "reason": "fax of 03:10"}),
]  # fmt: skip


@pytest.mark.parametrize(("path", "role", "body"), ROUTES, ids=[r[0] for r in ROUTES])
def test_each_act_needs_its_role(
    desk: Desk, web: Browser, path: str, role: str, body: Any
) -> None:
    alert = desk.open_alert()
    desk.ask(alert)
    desk.ask(alert, "close", "proposed", decider="police")
    roles = ["view", "answer", "decide", "order", "admin"]
    below = desk.person("below", roles[roles.index(role) - 1], "police")
    enough = desk.person("enough", role, "office")
    desk.put(s.holder, post="police", rank=1, person="enough")

    assert web.post(path, json=body).status_code == 401
    assert web.post(path, json=body, headers=bearer("suian_forged")).status_code == 401
    refused = web.post(path, json=body, headers=bearer(below))
    assert refused.status_code == 403
    assert refused.headers["content-type"] == "application/problem+json"
    assert f"role {role}" in refused.json()["detail"]
    assert desk.said() == []

    taken = web.post(path, json=body, headers=bearer(enough))
    assert taken.status_code == 202, taken.text
    [signal] = desk.said()
    assert signal.id in taken.json()["ids"]


def test_only_who_holds_the_post_or_was_called_in_its_place_decides(
    desk: Desk, web: Browser
) -> None:
    closing = desk.ask(desk.open_alert(), "close", "proposed", decider="police")
    stranger = desk.person("stranger", "admin", "office")
    path = f"/api/v1/measures/{closing}/approve"
    assert web.post(path, headers=bearer(stranger)).status_code == 403
    desk.put(s.pursuit, realm="live", wants="decision", measure=closing, post="police", level=3,
             state="open", rung=1, round=0, at_post="office", opened=NOW)
    assert web.post(path, headers=bearer(stranger)).status_code == 202


def test_what_is_done_by_hand_needs_a_reason(desk: Desk, web: Browser) -> None:
    alert = desk.open_alert()
    token = desk.person("li", "order")
    for act in ("keep", "withdraw"):
        answer = web.post(f"/api/v1/alerts/{alert}/{act}", json={"reason": "  "}, headers=bearer(token))
        assert answer.status_code == 422
        assert "reason" in answer.json()["detail"]
    assert desk.said() == []


def test_a_report_carries_who_said_what_of_which(desk: Desk, web: Browser) -> None:
    alert = desk.open_alert()
    token = desk.person("li", "order")
    web.post(f"/api/v1/alerts/{alert}/raise", json={"level": "red", "reason": "坡上有冰"},
             headers=bearer(token))
    [report] = desk.said()
    assert (report.act, report.person, report.channel) == ("raise", "li", "api")
    assert report.subject == f"alert:{alert}"
    assert report.detail == {"level": "red", "reason": "坡上有冰"}
    assert report.accepted == NOW


def test_a_word_that_no_rule_looks_for_is_not_taken(desk: Desk, web: Browser) -> None:
    token = desk.person("li", "order")
    for act in ("reported", "report-ended"):
        answer = web.post(f"/api/v1/places/g70-12/{act}", json={"word": "banana"},
                          headers=bearer(token))
        assert answer.status_code == 422
        assert "banana" in answer.json()["detail"]
        assert "icing" in answer.json()["mend"]
    assert desk.said() == []


def test_what_has_ended_is_not_changed_but_a_late_acknowledgement_is_noted(
    desk: Desk, web: Browser
) -> None:
    alert = desk.open_alert(state="closed", closed=NOW)
    token = desk.person("li", "order")
    keep = web.post(f"/api/v1/alerts/{alert}/keep", json={"reason": "x"}, headers=bearer(token))
    assert keep.status_code == 409
    assert keep.json()["detail"] == "this alert has ended already: closed"
    assert keep.json()["zh"] == "这条风险提示已结束，没有执行。"
    assert web.post(f"/api/v1/alerts/{alert}/acknowledge", headers=bearer(token)).status_code == 202


def test_an_ended_exercise_takes_nothing(desk: Desk, web: Browser) -> None:
    desk.put(s.realm, id="exercise-1", kind="exercise", title={"zh": "演练", "en": "Drill"},
             exercise=True, started=NOW, begins=NOW, speed=600.0, ended=NOW)
    token = desk.person("li", "order")
    envelope = {"kind": "incident", "source": "x", "issued": "2026-01-20T19:00:00Z",
                "incident": "fire", "place": "here", "at": "2026-01-20T19:00:00Z"}
    for realm, status in (("exercise-1", 409), ("exercise-7", 404)):
        answer = web.post(f"/api/v1/signals?realm={realm}", json=envelope, headers=bearer(token))
        assert answer.status_code == status
    assert desk.said() == []


def test_tokens_end_with_their_time_their_person_and_their_role(desk: Desk, web: Browser) -> None:
    alert = desk.open_alert()
    path = f"/api/v1/alerts/{alert}/keep"
    token = desk.person("li", "order")

    def status() -> int:
        return web.post(path, json={"reason": "x"}, headers=bearer(token)).status_code

    assert status() == 202
    desk.change(s.person, s.person.c.id == "li", role="answer")
    assert status() == 403
    desk.change(s.person, s.person.c.id == "li", role="order", active=False)
    assert status() == 401
    desk.change(s.person, s.person.c.id == "li", active=True)
    desk.change(s.token, s.token.c.person == "li", expires=NOW + timedelta(hours=1))
    assert status() == 202
    desk.runtime.advance(timedelta(hours=1))
    assert status() == 401
    desk.change(s.token, s.token.c.person == "li", expires=None, revoked=NOW)
    assert status() == 401


def test_no_token_stands_in_the_database(desk: Desk) -> None:
    token = desk.person("li", "order")
    assert token.removeprefix("suian_").encode() not in b"".join(
        p.read_bytes() for p in __import__("pathlib").Path(desk.store.path).parent.iterdir()
    )


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/api/v1/nothing", 404), ("GET", "/api/v1/alerts/nothing", 404),
     ("GET", "/api/v1/alerts?state=some", 422), ("DELETE", "/api/v1/alerts", 405),
     ("POST", "/api/v1/alerts/nothing/acknowledge", 404)],
)  # fmt: skip
def test_every_error_is_a_problem(
    desk: Desk, web: Browser, method: str, path: str, status: int
) -> None:
    token = desk.person("li", "admin")
    answer = web.request(method, path, headers=bearer(token))
    body = answer.json()
    assert answer.status_code == status == body["status"]
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "detail"} <= set(body)


def test_a_failure_inside_shows_no_traceback(desk: Desk, web: Browser) -> None:
    desk.sources = lambda: 1 / 0  # type: ignore[assignment,method-assign,return-value]
    for accept in ("application/json", "text/html"):
        answer = web.get("/", headers={"Accept": accept})
        assert answer.status_code == 500
        assert "Traceback" not in answer.text
        assert "ZeroDivision" not in answer.text


def test_the_api_describes_itself(web: Browser) -> None:
    paths = web.get("/api/v1/openapi.json").json()["paths"]
    assert {"/api/v1/signals", "/api/v1/alerts", "/api/v1/measures/{item_id}/in-force"} <= set(paths)
    for path, ways in paths.items():
        for method, route in ways.items():
            if not path.startswith("/api/"):
                continue
            problems = {"401", "404", "422"} | ({"403", "409"} if method == "post" else set())
            assert problems <= set(route["responses"]), (method, path)
            for status in problems:
                assert list(route["responses"][status]["content"]) == ["application/problem+json"]
            assert route["summary"][0].isupper(), route["summary"]
            for slip in ("cannot a", "kept a", "in-force a", "support a", "attest a"):
                assert slip not in route["summary"].lower()


def test_a_realm_that_is_none_is_not_empty(web: Browser) -> None:
    for what in ("alerts", "measures"):
        assert web.get(f"/api/v1/{what}?realm=live").json() == []
        answer = web.get(f"/api/v1/{what}?realm=zzz")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
        assert "no realm 'zzz'" in answer.json()["detail"]


def test_a_warning_that_lies_nowhere_in_the_county_says_so(desk: Desk, web: Browser) -> None:
    token = desk.person("li", "order")

    def problems(**area: Any) -> list[dict[str, str]]:
        body = {"issuer": "county met office", "issued": "2026-01-20T19:00:00Z", "level": "orange",
                "hazard": "road-icing", "reason": "fax"} | area  # fmt: skip
        answer = web.post("/api/v1/warnings", json=body, headers=bearer(token))
        assert answer.status_code == 202, answer.text
        return answer.json()["problems"]

    assert problems(areas=["石门镇"]) == problems(codes=["990100000000"]) == []
    [elsewhere] = problems(areas=["海口市"])
    assert "nowhere in the county: 海口市" in elsewhere["what"]
    [too_high] = problems(areas=["石门镇"], above=4000)
    assert "nowhere" in too_high["what"]
    envelope = {"kind": "warning", "source": "office", "issued": "2026-01-20T19:00:00Z",
                "identifier": "W9", "action": "alert", "sender": "office", "hazard": "road-icing",
                "event": "icing", "level": "orange", "area": {"codes": ["460100000000"]}}  # fmt: skip
    answer = web.post("/api/v1/signals", json=envelope, headers=bearer(token))
    assert answer.status_code == 202, answer.text
    [one] = [p for p in answer.json()["problems"] if "nowhere" in p["what"]]
    assert one["where"] == "W9"


def test_health_and_figures(desk: Desk, web: Browser) -> None:
    desk.open_alert(level=4)
    desk.put(s.position, realm="live", share=0, taken=0)
    desk.put(s.signal, realm="live", id="x", kind="tick", source="clock", issued=NOW, accepted=NOW,
             body=b"j{}")
    assert web.get("/healthz").text == "ok\n"
    assert web.get("/readyz").status_code == 200
    figures = web.get("/metrics").text
    assert 'suian_alerts_open{level="red",realm="live"} 1.0' in figures
    assert 'suian_queue_length{queue="signals"} 1.0' in figures
    assert 'suian_queue_oldest_seconds{queue="signals"} 0.0' in figures
    assert 'suian_build_info{role="all",version=' in figures
    assert "suian_database_up 1.0" in figures
    assert 'suian_source_age_seconds{source="open-meteo"} 3000.0' in figures
    listed = (ROOT / "docs/operations.md").read_text("utf-8")
    names = {line.split()[2] for line in figures.splitlines() if line.startswith("# HELP")}
    assert {name for name in names if f"| `{name}` |" not in listed} == set()


def test_a_broken_database_is_not_ready(desk: Desk, web: Browser) -> None:
    desk.store.write(lambda c: c.exec_driver_sql("PRAGMA foreign_keys=OFF"))
    desk.store.write(lambda c: c.exec_driver_sql("ALTER TABLE realm RENAME TO gone"))
    assert web.get("/readyz").status_code == 503
    assert web.get("/healthz").status_code == 200
    figures = web.get("/metrics").text  # what the process knows by itself is still told
    assert "suian_database_up 0.0" in figures
    assert "suian_clock_timestamp_seconds" in figures
    assert "suian_alerts_open" not in figures


def test_who_is_not_ready_names_all_that_is_lacking(desk: Desk, web: Browser) -> None:
    """By its role: a page is drawn without a channel, and messages are not."""
    desk.channels = {"sms": None, "voice": None}
    desk.unusable = {"sms"}
    assert web.get("/readyz").text == "ready (all)\n"
    desk.unusable = {"sms", "voice"}
    desk.known_to_live = False
    now = desk.runtime.elapsed()
    desk.loops = {"engine": Rounds(ended=now - 200), "poll": Rounds(ended=now - 200), "chase": Rounds()}
    said = web.get("/readyz")
    assert said.status_code == 503
    for words in ("every channel refuses us: sms, voice", "do not know that this one lives",
                  "evaluating signals (engine) has stood still for 200 s"):  # fmt: skip
        assert words in said.json()["detail"]
    assert "poll" not in said.json()["detail"], "many sources may take their time"
    assert web.get("/healthz").status_code == 200, "not yet: it may come to its end"
    desk.loops["engine"].ended = now - 2000
    hopeless = web.get("/healthz")
    assert hopeless.status_code == 503
    assert "evaluating signals (engine)" in hopeless.json()["detail"]
    desk.loops, desk.known_to_live, desk.role = {}, True, "web"
    assert web.get("/readyz").text == "ready (web)\n"


def test_a_token_that_expired_or_was_revoked_says_which(desk: Desk, web: Browser) -> None:
    given = bearer(desk.person("wang", "answer"))
    assert web.get("/api/v1/alerts", headers=given).status_code == 200
    desk.runtime.move_to(NOW + timedelta(days=364))
    assert web.get("/api/v1/alerts", headers=given).status_code == 200
    desk.runtime.move_to(NOW + timedelta(days=365))
    expired = web.get("/api/v1/alerts", headers=given)
    assert expired.status_code == 401
    assert expired.json()["detail"] == "this token expired on 2027-01-20"

    fresh = desk.store.write(
        lambda c: tokens.create_token(c, "wang", "view", None, "x", desk.runtime.now()))
    digest = hashlib.sha256(fresh.encode()).hexdigest()
    desk.store.write(lambda c: tokens.revoke_token(c, digest[:12], desk.runtime.now(), "wang"))
    revoked = web.get("/api/v1/alerts", headers=bearer(fresh))
    assert revoked.status_code == 401
    assert "revoked on 2027-01-20" in revoked.json()["detail"]
    assert "unknown" in web.get("/api/v1/alerts", headers=bearer("suian_x")).json()["detail"]
