"""The page /by-hand through the real process: what somebody on duty types in reaches phones and ends."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests

from tests.scenarios.test_warnings import OFFICE_ALONE
from tests.scenarios.town import SOON, Town

FAX: dict[str, str] = {"issuer": "测试县气象台", "hazard": "road-icing", "level": "orange",
                       "areas": "东山镇", "text": "道路结冰橙色预警", "reason": "14:05 传真"}  # fmt: skip


class Desk:
    """Somebody at a browser of the machine itself, logged in with one click; no scripts."""

    def __init__(self, town: Town, person: str) -> None:
        self._town, self._browser = town, requests.Session()
        self._browser.headers["Accept"] = "text/html"
        page = self._browser.get(f"{town.url}/login?lang=zh", timeout=SOON).text
        [path] = re.findall(rf'href="(/login/[^"]+)">{person} ', page)
        assert self._browser.get(f"{town.url}{path}", timeout=SOON).status_code == 200

    def page(self, path: str) -> str:
        answer = self._browser.get(f"{self._town.url}{path}", timeout=SOON)
        assert answer.status_code == 200
        return unescape(answer.text)

    def posts(self, path: str, expected: int, **fields: str) -> str:
        answer = self._browser.post(f"{self._town.url}{path}", data=fields, timeout=SOON)
        assert answer.status_code == expected, answer.text
        return unescape(answer.text)

    def types(self, kind: str, expected: int = 200, **fields: str) -> str:
        """Fill in one of the three forms and send it; gives the page that comes back."""
        [form] = [f for f in re.findall(r"<form.*?</form>", self.page("/by-hand?realm=live"), re.DOTALL)
                  if f'name="kind" value="{kind}"' in f]  # fmt: skip
        offered = set(re.findall(r'name="([\w.]+)"', form))
        assert {f for f in fields if not f.startswith(("argument.", "confirmed"))} <= offered
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
        answer = self._browser.post(f"{self._town.url}/by-hand", data=hidden | fields, timeout=SOON)
        self._town.settles()
        assert answer.status_code == expected, answer.text
        return unescape(answer.text)

    def presses(
        self, act: str, subject: str, expected: int = 200, on: str = "/by-hand?realm=live", **fields: str
    ) -> str:
        """A button under an alert or measure, with what it asks for; gives the page as loaded again
        once the engine has taken it, as under a clock nothing goes on by itself."""
        token = re.findall(r'name="form" value="([^"]*)"', self.page(on))[0]
        named = subject if ":" in subject else f"alert:{subject}"
        given = {"form": token, "act": act, "subject": named, "back": "/?realm=live", **fields}
        answer = self._browser.post(f"{self._town.url}/act", data=given, timeout=SOON)
        self._town.settles()
        assert answer.status_code == expected, answer.text
        return unescape(answer.text) if answer.status_code >= 400 else self.page(
            answer.url.removeprefix(self._town.url))  # fmt: skip


@pytest.fixture
def town(make_town: Callable[..., Town]) -> Town:
    return make_town(changes=OFFICE_ALONE).begin()


@pytest.fixture
def desk(town: Town) -> Desk:
    return Desk(town, "管理员")


def local(town: Town, minutes: int = 0) -> str:
    """The county's time as a browser's field gives it."""
    at = town.now + timedelta(minutes=minutes)
    return f"{at.astimezone(ZoneInfo('Asia/Shanghai')):%Y-%m-%dT%H:%M}"


def reference(page: str) -> str:
    """The warning that one which ends it can name, as the form offers it."""
    options = page.partition('name="reference"')[2].partition("</select>")[0]
    [found] = re.findall(r'<option value="([^"]+)"', options)
    return str(found)


def test_a_fax_becomes_an_alert_orders_answers_and_an_end(town: Town, desk: Desk) -> None:
    chen, qian, li = (town.phone(p) for p in ("chen", "qian", "li"))
    town.passes(minutes=10)
    assert "预警已录入" in desk.types("warning", issued=local(town, -5), action="alert", **FAX)
    alert = town.alert(rule="icing")
    assert (alert["place"], alert["level"], alert["official"]) == ("G99-K12", "orange", "orange")
    li.expects("道路结冰橙色风险提示", "测试县气象台20日14时5分发布橙色预警").replies("1").expects("收到确认")
    chen.expects("30公里/小时").replies("1").expects("收到确认").replies("2").expects("已记录落实")
    qian.expects("撒盐除冰").replies("2").expects("已记录落实")
    assert {m["state"] for m in town.measures()} == {"in force"}
    assert "测试县气象台" in desk.page("/?realm=live&lang=zh")

    end = FAX | {"text": "解除道路结冰橙色预警", "reason": "16:02 传真"}
    refused = desk.types("warning", 422, issued=local(town), action="cancel", **end)
    assert "更新或解除预警时，请选择所指的那一条预警。" in refused
    assert town.alert(rule="icing")["state"] == "open"
    town.passes(hours=2)
    named = reference(desk.page("/by-hand?realm=live"))
    assert "预警已录入" in desk.types("warning", issued=local(town), action="cancel", reference=named,
                                **end)  # fmt: skip
    assert town.alert(rule="icing")["state"] == "closed"
    li.expects("【解除】", "道路结冰"), chen.expects("【解除】", "停止执行：设置限速")
    qian.expects("撒盐除冰", "检查完毕可解除回1").replies("1").gets("措施解除")
    assert {m["state"] for m in town.measures()} == {"lifted"}


def test_an_advisory_in_red_is_confirmed_first_and_withdrawn_on_its_page(
    town: Town, desk: Desk
) -> None:
    chen, wang = town.phone("chen"), town.phone("wang")
    red = {"rule": "fog", "place": "G99东山段", "level": "red", "reason": "交警电话：团雾"}
    asked = desk.types("open", **red)
    assert "红色会立即叫醒所有相关人员" in asked
    assert town.alerts() == []
    chen.expects_nothing()
    desk.types("open", confirmed="yes", **red)
    assert town.alert(rule="fog")["level"] == "red"
    chen.gets("红色", "40公里/小时")
    wang.gets("封闭路段", "同意回1，不同意回2").replies("1").gets("已记录同意")
    chen.gets("封闭路段")
    town.passes(minutes=5)
    fog = town.alert(rule="fog")["id"]
    assert 'name="act" value="correct"' in desk.page(f"/alerts/{fog}?lang=zh")
    wrong = desk.presses("correct", fog, 422, level="orange", reason="看错了", place="火星路",
                         back=f"/alerts/{fog}")  # fmt: skip
    assert "没有“火星路”这个地点" in wrong
    for kept in ('<option value="orange" selected>', 'value="火星路"', 'value="看错了"'):
        assert kept in wrong, "what was typed stays"
    assert "没有可更正之处" in desk.presses("correct", fog, level="red", reason="没有变")
    desk.presses("withdraw", fog, reason="雾已散")
    chen.gets("【撤回】", "停止执行：派警力引导慢行", "仍须执行：封闭路段", "管理员：雾已散")
    assert town.alert(rule="fog")["state"] == "withdrawn"


def test_a_measure_is_ordered_answered_and_withdrawn_once(
    town: Town, desk: Desk
) -> None:
    chen, zhao = town.phone("chen"), town.phone("zhao")
    order: dict[str, Any] = {"measure": "speed-limit", "place": "东山大桥", "level": "yellow",
                             "reason": "桥上有事故"}  # fmt: skip
    lacking = desk.types("order", 422, **order)
    assert "“限速”还要填" in lacking
    assert town.measures() == []
    desk.types("order", **order, **{"argument.limit": "40"})
    [ordered] = town.measures()
    assert (ordered["object"], ordered["arguments"]) == ("bridge-1", {"limit": 40.0})
    chen.expects("东山大桥", "设置限速40公里/小时", "桥上有事故").replies("2").expects("已记录落实")
    zhao.expects_nothing()
    assert "人工下达的措施" in desk.page("/?realm=live&lang=zh")
    town.passes(minutes=5)
    withdrawn = f"measure:{ordered['id']}"
    page = desk.page(f"/measures/{ordered['id']}?lang=zh")
    assert 'name="act" value="correct"' in page
    assert 'name="argument.limit" value="40"' in page
    right = {"argument.limit": "60", "level": "yellow", "reason": "录入有误"}
    wrong = desk.presses("correct", withdrawn, 422, place="火星路", **right,
                         back=f"/measures/{ordered['id']}")  # fmt: skip
    assert "没有“火星路”这个地点" in wrong
    for kept in ('<details class="hand" open>', 'value="火星路"', 'name="argument.limit" value="60"',
                 'value="录入有误"'):  # fmt: skip
        assert kept in wrong, "what was typed stays"
    assert "重新签批" in desk.presses("correct", withdrawn, **right)
    chen.expects("【更正】", "原“限速（40公里/小时）”", "设置限速60公里/小时", "录入有误").replies("1")
    chen.expects("收到确认")
    page = desk.page(f"/measures/{ordered['id']}?lang=zh")
    assert "管理员更正，原为：40公里/小时" in page
    town.passes(minutes=1)
    assert "会通知所有收到过的人" in desk.presses("withdraw", withdrawn, reason="事故已处理")
    chen.expects("【撤回】", "停止执行：设置限速60公里/小时", "管理员：事故已处理")
    again = desk.presses("withdraw", withdrawn, 409, reason="再按一次")
    assert "这项措施已经结束：已撤回。没有执行。" in again
    assert "ended already" not in again
