"""Messages as pages show them to others than their reader."""

from __future__ import annotations

import pytest

from alerting.web.sent import why_undelivered
from tests.web.web_desk import Browser, Desk


@pytest.mark.parametrize(("noted", "zh", "en"), [
    ("it ended before it was sent", "发出前已结束", "it ended before it was sent"),
    ("wang has left the post", "收信人已离岗，改发接任者",
     "its reader has left the post; who holds it now is told"),
    ("its owner has stopped messages to this address; sent as #12, #13 on console",
     "本人已退订这个号码；已改用终端发送",
     "its owner has stopped messages to this address; sent by terminal instead"),
    ("again: 30003 unreachable", "通道原话：30003 unreachable", "30003 unreachable"),
    ("may have arrived: HTTP 503", "可能已送达；通道原话：HTTP 503", "may have arrived; HTTP 503"),
])  # fmt: skip
def test_what_dispatch_noted_is_said_in_both(noted: str, zh: str, en: str) -> None:
    assert why_undelivered(noted) == {"zh": zh, "en": en}


def test_nobody_is_shown_the_link_that_stands_for_somebody_else(desk: Desk, web: Browser) -> None:
    desk.person("wang", "decide", "police")
    alert = desk.open_alert()
    measure = desk.ask(alert, "close", "proposed", decider="police")
    text = f"封闭路段，请决定 {web.base}/a/stands4wang"
    desk.notify("wang", text, alert=alert, measure=measure, wants="decision", link="stands4wang")
    assert web.get("/a/stands4wang").status_code == 200
    for path in ("/", "/messages", f"/alerts/{alert}"):
        page = web.get(path).text
        assert "封闭路段，请决定" in page
        assert "stands4wang" not in page, path


def test_what_went_well_says_nothing() -> None:
    assert not why_undelivered("")
