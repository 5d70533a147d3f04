"""The bench of a whole country, at a few townships."""

import asyncio

from alerting.service import station
from bench import country


def test_a_countrys_front_opens_the_same_wherever_it_lies(tmp_path, monkeypatch):
    monkeypatch.setattr(station, "LARGE", 1)  # packed beforehand, as a country's runs are
    made = asyncio.run(country.measure_size(40, tmp_path))
    assert made["came"]["alerts"] > 30  # in as many townships
    assert made["hours"]["calm"]["opened"] == made["hours"]["it stays"]["opened"] == 0
