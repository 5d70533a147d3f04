"""Return forms behind the links of messages, filled in as on a phone, without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import requests

from alerting.store.schema import delivery
from tests.scenarios.town import SOON, Town


def fields_at(town: Town, person: str) -> list[str]:
    """The fields of the form that somebody's newest message with one leads to."""
    return re.findall(r'name="form\.([\w-]+)"', _form(town, person)[1])


def sends_form(town: Town, person: str, form: Mapping[str, str], act: str = "return") -> int:
    """Fill it in and send it; gives the status of the answer. `act` is what its button does."""
    link, found = _form(town, person, act)
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', found))
    given = fields | {"act": act} | {f"form.{k}": v for k, v in form.items()}
    answer = requests.post(link, data=given, timeout=SOON, allow_redirects=False)
    town.settles()
    return answer.status_code


def pages_of(town: Town, person: str) -> Iterator[tuple[str, str]]:
    """(link, page) behind each of somebody's messages, the newest first."""
    for token in reversed(town.asks(delivery.c.link, delivery.c.person == person)):
        link = f"{town.url}/a/{token}"
        yield link, requests.get(link, timeout=SOON).text


def _form(town: Town, person: str, act: str = "return") -> tuple[str, str]:
    for link, page in pages_of(town, person):
        for found in re.findall(r"<form.*?</form>", page, re.DOTALL):
            if f'value="{act}"' in found:
                return link, found
    raise AssertionError(f"{person} has no form to fill in. {town.told()}")
