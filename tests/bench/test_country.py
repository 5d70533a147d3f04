"""The bench of a whole country, at a few townships."""

import asyncio

from bench import country


def test_a_countrys_front_opens_the_same_wherever_it_lies(tmp_path):
    made = asyncio.run(country.measure_size(40, tmp_path))
    assert made["came"]["alerts"] > 30  # in as many townships
    assert made["hours"]["calm"]["opened"] == made["hours"]["it stays"]["opened"] == 0
