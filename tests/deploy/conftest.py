from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.deploy.running import Running


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    made = Running(tmp_path_factory.mktemp("running"))
    yield made
    made.station.store.close()
