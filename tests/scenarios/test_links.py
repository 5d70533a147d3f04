"""The signed link in a message: a page with buttons."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import requests

from alerting.store.schema import delivery
from tests.scenarios.town import Phone, Town
from tests.scenarios.weather import ORANGE_FOG, YELLOW_FOG


def test_opening_the_link_acknowledges_nothing_and_the_button_does(town: Town, chen: Phone) -> None:
    town.forecast(ORANGE_FOG)
    chen.expects("限速")
    page = requests.get(town.link("chen"), timeout=30)
    town.settles()
    assert page.status_code == 200
    assert "限速" in page.text
    assert town.alert(rule="fog")["acknowledgements"] == []
    assert town.answers_by_link("chen", "acknowledge") == 200
    chen.expects_nothing()  # the page itself says what follows
    assert {a["channel"] for a in town.alert(rule="fog")["acknowledgements"]} == {"link"}
    assert {m["state"] for m in town.measures()} == {"acknowledged"}


def test_a_forged_link_opens_nothing(town: Town, chen: Phone) -> None:
    town.forecast(ORANGE_FOG)
    link = town.link("chen").rsplit("/", 1)[1]
    number = town.asks(delivery.c.id, delivery.c.person == "chen")[-1]
    for forged in (link[:-2] + "AA", link.swapcase(), f"{number}", f"{number}.{link}", "x" * 27):
        assert requests.get(f"{town.url}/a/{forged}", timeout=30).status_code == 404
        assert requests.post(f"{town.url}/a/{forged}", timeout=30).status_code == 404
    town.settles()
    assert town.alert(rule="fog")["acknowledgements"] == []


def test_a_button_pressed_from_elsewhere_is_refused(town: Town, chen: Phone) -> None:
    town.forecast(ORANGE_FOG)
    page = requests.get(town.link("chen"), timeout=30).text
    subject = re.search(r'name="subject" value="([^"]+)"', page)
    assert subject
    form = {"act": "acknowledge", "subject": subject[1], "form": "guessed"}
    assert requests.post(town.link("chen"), data=form, timeout=30).status_code == 403
    town.settles()
    assert town.alert(rule="fog")["acknowledgements"] == []


def test_an_old_link_is_dead(town: Town, chen: Phone) -> None:
    town.forecast(ORANGE_FOG)
    link = town.link("chen")
    town.dies()
    town.begin(town.now + timedelta(days=15))
    assert requests.get(link, timeout=30).status_code == 404


def test_a_button_of_an_older_message_says_that_it_came_too_late(town: Town, chen: Phone) -> None:
    town.forecast(YELLOW_FOG)
    link = town.link("chen")
    town.passes(minutes=2)
    town.forecast(ORANGE_FOG)  # the limit is tightened: an order of its own
    page = requests.get(link, timeout=30).text
    form = next(f for f in re.findall(r"<form.*?</form>", page, re.DOTALL) if '"in-force"' in f)
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    answer = requests.post(link, data=fields | {"act": "in-force"}, timeout=30)
    assert "已记录落实" not in answer.text
    assert "正在处理" in answer.text  # under a clock that stands still nobody has taken it yet
    town.settles()
    after = requests.get(answer.url, timeout=30).text
    assert "未生效" in after
    assert "请按最新一条消息答复" in after
    assert "已记录落实" not in after
    assert not [m for m in town.measures() if m["state"] == "in force"]


def test_what_became_of_it_is_in_the_answer_of_the_api(make_town: Callable[..., Town]) -> None:
    town = make_town().begin_in_real_time()
    opening = {"rule": "fog", "place": "G99-K12", "level": "orange", "reason": "群众报告"}
    opened = town.api("POST", "/alerts", json=opening).json()
    assert opened["outcome"] == "taken"
    held = town.alert(rule="fog")["id"]
    lower = town.api("POST", f"/alerts/{held}/raise", json={"level": "yellow", "reason": "x"}).json()
    assert lower["outcome"] == "refused"
    assert "it is orange already" in lower["next"]["en"]
    later = town.api("GET", f"/answers/{lower['id']}").json()
    assert (later["outcome"], later["next"]) == (lower["outcome"], lower["next"])
