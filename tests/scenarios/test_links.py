"""The signed link in a message: a page with buttons."""

from __future__ import annotations

import re
from datetime import timedelta

import requests

from tests.scenarios.town import Phone, Town
from tests.scenarios.weather import ORANGE_FOG


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
    number, mac = town.link("chen").rsplit("/", 1)[1].split(".")
    other = f"{int(number) + 1}.{mac}"
    for forged in (other, f"{number}.{mac[:-2]}AA", "1", "x" * 60):
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
