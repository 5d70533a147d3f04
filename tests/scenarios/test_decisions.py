"""What needs a signature: proposed, decided, refused; meanwhile the interim measures go out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.scenarios.town import Phone, Town
from tests.scenarios.weather import RED_FOG


def closing(town: Town) -> str:
    [held] = town.measures(measure="close")
    return str(held["state"])


def test_closing_waits_for_the_decider_while_the_entries_are_manned(
    town: Town, chen: Phone, wang: Phone
) -> None:
    town.forecast(RED_FOG)
    chen.gets("入口待命")
    wang.gets("封闭路段", "同意")
    assert closing(town) == "proposed"
    assert not [m for m in chen.unread if "命令：封闭" in m.body]
    town.phone("wang").replies("1").gets("已记录同意")
    assert closing(town) in ("issued", "approved")
    chen.gets("封闭路段")


def test_a_refusal_reaches_the_carrier(town: Town, chen: Phone, wang: Phone) -> None:
    town.forecast(RED_FOG)
    wang.gets("封闭路段", "同意").replies("2 已有绕行").gets("已记录不同意")
    chen.gets("已有绕行")
    assert closing(town) == "refused"


def test_only_the_decider_decides(town: Town, chen: Phone, wang: Phone) -> None:
    town.forecast(RED_FOG)
    code = wang.gets("封闭路段", "同意").code
    chen.forgets()
    chen.replies(f"同意 {code}")
    assert closing(town) == "proposed"


def test_of_two_decisions_at_once_one_counts_and_both_are_answered(town: Town, wang: Phone) -> None:
    town.forecast(RED_FOG)
    wang.gets("封闭路段", "同意")
    with ThreadPoolExecutor(2) as hands:
        texts = ["1", "2 再等等"]
        list(hands.map(lambda t: town.provider.reply(wang.number, t, town.inbound), texts))
    town.settles()
    replies = [m.body for m in wang.unread if any(w in m.body for w in ("已记录", "答复", "您已批准"))]
    assert len(replies) == 2
    assert ("已记录同意" in "".join(replies)) != ("已记录不同意" in "".join(replies))
    assert (closing(town) == "refused") == ("已记录不同意" in "".join(replies))
