"""The head of the audit log goes out every morning, and proves the log later."""

from __future__ import annotations

import subprocess
import sys

from sqlalchemy import select, update

from alerting.store.schema import audit
from tests.scenarios.town import HERE, Phone, Town
from tests.scenarios.weather import YELLOW_FOG


def verified(town: Town, head: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "alerting.cli", "audit", "verify", "--head", head]
    return subprocess.run(
        [*command, "--config", str(town.folder / "config.yaml")], cwd=HERE.parents[1],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_the_head_goes_to_the_duty_office_each_morning_and_proves_what_came_before(
    town: Town, zhao: Phone, chen: Phone
) -> None:
    town.forecast(YELLOW_FOG)
    zhao.forgets()
    town.passes(hours=17)  # 14:00 to 07:00
    assert not [m for m in zhao.unread if "审计链头" in m.body]
    town.passes(hours=1, minutes=1)
    zhao.gets("审计链头（21日8时）", "无需答复")
    head = zhao.last.body.split("条 ")[1].split("。")[0]
    assert len(head) == 64
    zhao.forgets()
    town.passes(hours=3)
    assert not [m for m in zhao.unread if "审计链头" in m.body], "once a day, and no reminder"
    assert not [m for m in chen.unread if "审计链头" in m.body]
    town.dies()
    town.begin()
    assert not [m for m in zhao.unread if "审计链头" in m.body], "nor again after a restart"

    proof = verified(town, head)
    assert proof.returncode == 0, proof.stderr
    assert "proof: the head stands in the chain" in proof.stdout

    town.passes(hours=22)
    zhao.gets("审计链头（22日8时）")
    store = town.store()
    with store.read() as connection:
        first = connection.execute(select(audit).where(audit.c.number == 1)).one()
    store.write(lambda c: c.execute(
        update(audit).where(audit.c.n == first.n).values(who="somebody else")))  # fmt: skip
    broken = verified(town, head)
    store.write(lambda c: c.execute(
        update(audit).where(audit.c.n == first.n).values(who=first.who)))  # fmt: skip
    store.close()
    assert broken.returncode == 1
    assert "entry 1 was changed" in broken.stderr
