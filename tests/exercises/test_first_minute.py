"""What a newcomer is promised within the first minute of `make run`: ten hours of the storm."""

from __future__ import annotations

import pytest

from alerting.service.station import Station
from tests.exercises.minute import Terminal


@pytest.fixture(scope="module")
def terminal(first_minute: tuple[Station, Terminal]) -> Terminal:
    return first_minute[1]


def test_signals_arrive(terminal: Terminal) -> None:
    assert terminal.told("预报到达") == 0
    terminal.told("实况 7 条")
    terminal.told("官方预警：.*道路结冰黄色")
    terminal.told("官方预警：.*升级为橙色")


def test_alerts_rise_are_held_and_clear(terminal: Terminal) -> None:
    opened = terminal.told("▲ 出现 低能见度黄色")
    held = terminal.told("= 暂不解除，观察中：低能见度黄色")
    cleared = terminal.told("▼ 解除 低能见度")
    assert opened < held < cleared < 45
    terminal.told("▲ 升级 降雪积雪橙色")


def test_measures_are_ordered_acknowledged_and_reported_in_force(terminal: Terminal) -> None:
    assert (terminal.told("■ 下达措施：限速通行") <= terminal.told("✓ .* 已收到：限速通行")
            < terminal.told("✔ .* 已落实：限速通行"))  # fmt: skip


def test_each_message_is_seen_as_its_reader_gets_it(terminal: Terminal) -> None:
    terminal.sent("【演练】【雾岭县应急办】(.|\n)*命令：设置限速")
    terminal.sent("EXERCISE Wuling EMO")


def test_one_answers_wrongly_and_gets_a_hint(terminal: Terminal) -> None:
    terminal.told(r"\? 顾经理回复“在工地")
    terminal.sent("未能读懂。请回复数字")


def test_one_post_has_nobody_on_it(terminal: Terminal) -> None:
    terminal.told("升级叫应：高坪乡政府 → .*（此岗无人）")


def test_one_is_silent_and_the_next_is_called(terminal: Terminal) -> None:
    terminal.told("升级叫应：高速公路养护二队 → .*（无人应答）")


def test_one_run_never_comes(terminal: Terminal) -> None:
    terminal.told("✗ 02:00 的预报没有来")
