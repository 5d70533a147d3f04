"""From a due notice to a printed box: bind, compose, outbox, console."""

from __future__ import annotations

from pathlib import Path

from alerting.dispatch.channels import Around
from alerting.dispatch.channels.console import Channel, Options
from alerting.runtime import VirtualRuntime
from tests.dispatch.hall import START, Hall, ordered


def test_a_notice_is_printed_as_its_reader_gets_it(tmp_path: Path) -> None:
    printed: list[str] = []
    console = Channel(Options(), Around("console", VirtualRuntime(START)), printed.append)
    hall = Hall(tmp_path, {"console": console}, exercise=True)
    hall.measure()
    hall.tell(kind="order", wants="acknowledge", measure="m1", facts={"measures": [ordered()]})
    hall.goes()
    [sent] = hall.deliveries()
    assert (sent.state, sent.final, sent.person, sent.channel) == (
        "accepted",
        True,
        "chen",
        "console",
    )
    box = printed[0]
    for part in ("陈警官 · 岗位police", "【演练】【雾岭县应急办】", "大雾黄色风险提示", "G99东山段",
                 "25日20时至26日8时", "设置限速60公里/小时", f"/a/{sent.link}"[:40]):  # fmt: skip
        assert part in box, box


def test_a_second_step_finds_nothing_to_do(hall: Hall) -> None:
    hall.tell()
    hall.goes()
    assert len(hall.phone.got) == 1
    assert hall.dispatcher.next_due() is None
    hall.goes()
    assert len(hall.phone.got) == 1
