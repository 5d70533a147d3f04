"""By hand, with a reason: open, raise, keep, withdraw. Whatever a rule may, and on record."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from alerting.store.schema import audit
from tests.scenarios.town import Phone, Town
from tests.scenarios.weather import FINE, ORANGE_FOG, RED_FOG, YELLOW_FOG


def withdraws(town: Town, reason: str, **which: str) -> None:
    town.by_hand(f"/alerts/{town.alert(**which)['id']}/withdraw", reason)


def on_record(town: Town, action: str) -> list[tuple[str, str]]:
    """Who did it and why, from the audit log."""
    store = town.store()
    with store.read() as connection:
        rows = connection.execute(select(audit).where(audit.c.action == action).order_by(audit.c.n))
        found = [(row.who, row.change.get("reason", "")) for row in rows]
    store.close()
    return found


def test_an_alert_is_opened_by_hand(town: Town, chen: Phone, li: Phone) -> None:
    town.by_hand("/alerts", "桥面结冰，有群众报告", rule="fog", place="G99-K12", level="orange")
    chen.expects("橙色风险提示", "40公里/小时"), li.expects("橙色风险提示", "桥面结冰")
    chen.replies("1").expects("收到确认")
    alert = town.alert(rule="fog")
    assert (alert["level"], alert["kept_by"]) == ("orange", "admin")
    assert "桥面结冰" in alert["why"]["sentence"]["zh"]
    town.turns_fine(hours=8)
    assert town.alert(rule="fog")["state"] == "open", "what a person opened only a person ends"
    li.forgets()
    withdraws(town, "桥面已处理", rule="fog")
    li.expects("【撤回】", "桥面已处理")


def test_an_alert_is_raised_by_hand_and_acknowledged_anew(
    town: Town, chen: Phone, li: Phone, wang: Phone
) -> None:
    town.forecast(YELLOW_FOG)
    chen.expects("60公里/小时").replies("1").expects("收到确认")
    town.passes(minutes=5)
    held = town.alert(rule="fog")
    town.by_hand(f"/alerts/{held['id']}/raise", "路段已发生追尾", level="red")
    assert town.alert(rule="fog")["level"] == "red"
    wang.gets("封闭路段", "同意")
    chen.gets("红色", "40公里/小时")
    li.gets("【升级】", "红色", "路段已发生追尾")
    assert town.measures(measure="speed-limit")[0]["state"] == "issued"
    lower = town.api("POST", f"/alerts/{held['id']}/raise", json={"level": "yellow", "reason": "x"})
    town.settles()
    assert lower.status_code == 202
    became = town.api("GET", f"/answers/{lower.json()['id']}").json()
    assert became["outcome"] == "refused"
    assert became["next"]["zh"] == "未执行：目前已是红色，请选更高的级别。"
    assert became["next"]["en"] == "Not done: it is red already: name a higher level"
    assert town.alert(rule="fog")["level"] == "red"


def test_nothing_is_done_by_hand_without_a_reason(town: Town) -> None:
    town.forecast(ORANGE_FOG)
    held = town.alert(rule="fog")["id"]
    opening = {"rule": "fog", "place": "bridge-1", "level": "orange", "reason": ""}
    for path, body in (("/alerts", opening), (f"/alerts/{held}/raise", {"level": "red"}),
                       (f"/alerts/{held}/keep", {}), (f"/alerts/{held}/withdraw", {"reason": " "}),
                       ("/measures", {"measure": "guide", "place": "bridge-1", "level": "red"})):  # fmt: skip
        assert town.api("POST", path, json=body).status_code == 422, path
    town.settles()
    alert = town.alert(rule="fog")
    assert (alert["state"], alert["level"], alert["kept_by"]) == ("open", "orange", None)


def test_an_order_whose_argument_cannot_be_read_is_refused_and_holds_nobody_up(
    town: Town, chen: Phone
) -> None:
    order = {"measure": "speed-limit", "place": "G99-K12", "level": "orange", "reason": "事故"}
    for given in ({"limit": "40"}, {"limit": [40]}, {"limit": "40 m"}, {"speed": 40}, {}):
        answer = town.api("POST", "/measures", json=order | {"arguments": given})
        assert answer.status_code == 422, given
        assert "limit" in answer.json()["detail"], answer.text
    # Past the API too, as a signal: refused where it would be done, on record, and nothing jams.
    for given in ({"limit": "quick"}, [1], "40"):
        town.posts({
            "kind": "report", "source": "by-hand", "issued": town.now.isoformat(), "act": "order",
            "person": "admin", "subject": "place:G99-K12",
            "detail": order | {"arguments": given},
        })  # fmt: skip
    assert town.measures() == []
    assert len(on_record(town, "refused")) == 3
    given = {k: order[k] for k in ("measure", "place", "level")}
    town.by_hand("/measures", "事故", **given, arguments={"limit": "40 km/h"})
    chen.expects("限速", "40公里/小时")


def test_what_is_kept_by_hand_outlasts_its_weather(town: Town, li: Phone) -> None:
    town.forecast(ORANGE_FOG)
    li.expects("橙色")
    town.by_hand(f"/alerts/{town.alert(rule='fog')['id']}/keep", "现场能见度仍差")
    li.forgets()
    town.turns_fine(hours=8)
    alert = town.alert(rule="fog")
    assert (alert["state"], alert["level"], alert["kept_by"]) == ("open", "orange", "admin")
    assert not [m for m in li.unread if "【解除】" in m.body]
    assert on_record(town, "keep") == [("admin", "现场能见度仍差")]
    li.forgets()
    withdraws(town, "雾散", rule="fog")
    li.expects("【撤回】", "雾散")


def test_a_withdrawal_reaches_everyone_whom_the_wrong_message_reached(
    town: Town, chen: Phone, wang: Phone, li: Phone, zhao: Phone, smith: Phone
) -> None:
    town.forecast(ORANGE_FOG)
    chen.expects("限速"), li.expects("督促落实").replies("1").expects("收到确认")
    town.passes(minutes=21)  # silence: the next rung has been called
    wang.expects("交警大队未答复")
    for reader in (chen, wang, li, zhao, smith):
        reader.forgets()
    withdraws(town, "预报有误", rule="fog")
    town.passes(seconds=31)
    for reader in (chen, wang, li):
        reader.gets("【撤回】", "大雾", "预报有误")
    zhao.expects_nothing(), smith.expects_nothing()  # they never heard of it
    assert {m["state"] for m in town.measures()} == {"lifted"}
    for reader in (chen, wang, li):
        reader.forgets()
    town.passes(minutes=50)
    for reader in (chen, wang, li, zhao):
        reader.expects_nothing()


def test_a_withdrawal_reaches_who_has_left_the_post_since(make_town: Callable[..., Town]) -> None:
    town = make_town().begin()
    town.forecast(ORANGE_FOG)
    chen, qian = town.phone("chen"), town.phone("qian")
    chen.expects("限速").replies("1").expects("收到确认")
    town.dies()
    town.on_duty("police", "qian").begin()
    withdraws(town, "预报有误", rule="fog")
    town.passes(seconds=31)
    chen.gets("【撤回】", "预报有误")
    qian.gets("【撤回】", "预报有误")


def test_a_measure_withdrawn_reaches_its_carrier_and_who_was_called_in_their_place(
    town: Town, chen: Phone, wang: Phone, li: Phone
) -> None:
    town.by_hand("/measures", "桥上有事故", measure="guide", place="bridge-1", level="orange")
    chen.expects("引导").replies("3 车坏了").gets("已记录无法执行")
    wang.expects("交警大队无法执行")
    town.passes(minutes=1)
    chen.forgets(), wang.forgets()
    [guide] = town.measures(measure="guide")
    town.by_hand(f"/measures/{guide['id']}/withdraw", "事故已处理")
    town.passes(seconds=31)
    chen.gets("【撤回】", "事故已处理"), wang.gets("【撤回】", "事故已处理")
    li.expects_nothing()
    assert town.measures(measure="guide")[0]["state"] == "withdrawn"


def test_withdrawn_stays_withdrawn_across_a_restart(town: Town, chen: Phone, li: Phone) -> None:
    town.forecast(ORANGE_FOG)
    withdraws(town, "预报有误", rule="fog")
    town.passes(seconds=31)
    chen.forgets(), li.forgets()
    town.dies()
    town.begin()
    town.passes(hours=1)
    town.forecast(ORANGE_FOG)  # a new run says the same as the one that was found wrong
    assert [a["state"] for a in town.alerts(rule="fog")] == ["withdrawn"]
    chen.expects_nothing(), li.expects_nothing()
    town.passes(minutes=5)
    town.forecast(RED_FOG)  # and one that says worse is no longer the same mistake
    assert [(a["state"], a["level"]) for a in town.alerts(rule="fog")] == [
        ("withdrawn", "orange"), ("open", "red"),
    ]  # fmt: skip
    li.gets("红色")


def test_kept_and_opened_by_hand_outlast_a_restart_too(town: Town, li: Phone) -> None:
    town.by_hand("/alerts", "群众报告", rule="fog", place="G99-K12", level="yellow")
    town.dies()
    town.begin()
    town.forecast(FINE)
    town.turns_fine(hours=4)
    alert = town.alert(rule="fog")
    assert (alert["state"], alert["kept_by"]) == ("open", "admin")
