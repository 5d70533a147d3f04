"""A reader of Chinese meets no English and no key of the code, on any page of a played storm."""

from __future__ import annotations

import re
from urllib.parse import quote

from alerting.service.station import Station
from alerting.web.demo import demo_link
from tests.exercises.minute import Terminal
from tests.web.web_desk import Browser

ISSUER = "雾岭县气象台（虚构）"  # an office's own name
# The name on the door, the switch to the other language, what the field writes in these letters.
MAY_STAND = {"suian", "English", "Open", "Meteo"}


def latin(page: str) -> set[str]:
    """Words of four letters and more that a Chinese page shows, but for rule texts, ids and what was
    said in messages and answers."""
    shown = page.partition("<body")[2].partition(">")[2]
    for quoted in (r"<code>.*?</code>", r'<p class="text".*?</p>', r"“.*?”"):
        shown = re.sub(quoted, "", shown, flags=re.DOTALL)
    return set(re.findall(r"[A-Za-z]{4,}", re.sub(r"<[^>]*>", " ", shown))) - MAY_STAND


def others(played: Browser) -> list[str]:
    """The pages beside the first one and the alerts'; of those of many things, a few."""
    measures = played.get("/api/v1/measures?state=all&realm=exercise-1").json()
    found = ["/roads", "/callouts", "/responses", "/roster", "/drills", "/warnings", "/login"]
    return [f"{path}?realm=exercise-1" for path in found] + [
        f"/measures/{quote(m['id'])}" for m in measures[:: len(measures) // 12]]  # fmt: skip


def test_the_chinese_pages_of_a_storm_are_chinese(played: Browser) -> None:
    alerts = played.get("/api/v1/alerts?state=all&realm=exercise-1").json()
    assert len(alerts) > 10
    paths = ["/?realm=exercise-1", "/waiting", "/messages", *(f"/alerts/{a['id']}" for a in alerts),
             *others(played)]  # fmt: skip
    pages = {path: played.get(path).text for path in paths}
    assert {path: found for path, page in pages.items() if (found := latin(page))} == {}
    everything = "".join(pages.values())
    for shown in ("提出措施", "下达", "已落实", "本条风险提示", "终端", "演练预报", "须答复较新的消息"):
        assert shown in everything, shown


def test_the_english_pages_of_a_storm_are_english(played: Browser) -> None:
    alerts = played.get("/api/v1/alerts?state=all&realm=exercise-1").json()
    played.get("/?lang=en")
    try:
        for path in ("/waiting", *(f"/alerts/{a['id']}" for a in alerts), *others(played)):
            if path.startswith(("/warnings", "/measures")):
                continue  # what offices and people wrote stays as they wrote it
            shown = played.get(path).text.partition("<main>")[2].replace(ISSUER, "")
            for quoted in (r'<p class="text".*?</p>', r"“.*?”", r'<p class="official">.*?</p>'):
                shown = re.sub(quoted, "", shown, flags=re.DOTALL)
            assert not re.search("[一-鿿]+", shown), path
    finally:
        played.get("/?lang=zh")


def test_who_is_waited_for_finds_that_first_and_a_response_where_it_is_decided(
    played: Browser, first_minute: tuple[Station, Terminal]
) -> None:
    station, _ = first_minute
    open_ones = played.get("/api/v1/measures?realm=exercise-1").json()
    [decision] = [m["id"] for m in open_ones if "-response-decision." in m["id"]]

    def seen_by(person: str, path: str) -> str:
        browser = Browser(played.base)
        browser.get(demo_link(station, person).removeprefix(station.config.url))
        return browser.get(path).text

    front = seen_by("luo", "/?realm=exercise-1")  # to whom the silent post's decision has climbed
    assert front.index("等您答复") < front.index('id="now"')
    assert f'href="/measures/{decision}"' in front
    assert "等您答复" not in played.get("/?realm=exercise-1").text
    asked = seen_by("he", f"/measures/{decision}")
    assert 'href="/responses?realm=exercise-1">填写会商意见并决定' in asked
    assert 'value="approve"' not in asked, "a yes without a note of the consultation is sent back"
