"""Several things for one person at one moment: one message, read in one go."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import insert

from alerting.dispatch.channels import Passing
from alerting.store.schema import person
from tests.dispatch.hall import START, Hall, ordered

ORDER = {"kind": "order", "wants": "acknowledge"}


def test_orders_of_one_alert_say_hazard_place_and_time_once(hall: Hall) -> None:
    for key in ("m1", "m2", "m3"):
        hall.measure(key)
        hall.tell(**ORDER, measure=key, facts={"measures": [ordered(key)]})
    hall.goes()
    [sent] = hall.deliveries()
    assert sent.segments <= 3
    for once in ("大雾黄色风险提示", "G99东山段", "25日20时至26日8时"):
        assert sent.text.count(once) == 1
    assert [line[:2] for line in sent.text.splitlines()[1:4]] == ["A ", "B ", "C "]
    assert sent.text.count("设置限速60公里/小时") == 3


def test_what_is_of_another_place_says_so(hall: Hall) -> None:
    for place in ("road", "town"):
        hall.tell(facts={"place": place})
    hall.goes()
    [sent] = hall.deliveries()
    assert sent.text.count("大雾黄色风险提示") == 2
    assert "G99东山段" in sent.text
    assert "东山镇" in sent.text


def test_no_message_has_more_letters_than_replies_know(hall: Hall) -> None:
    hall.changes(person, "chen", language="zh")
    keys = []
    for n in range(8):
        hall.measure(f"m{n}")
        keys.append(hall.tell(**ORDER, measure=f"m{n}", round=1, facts={"measures": [ordered()]}))
    hall.goes()
    sent = hall.deliveries()
    assert [d.channel for d in sent] == ["console", "console"]  # a long text has room for all eight
    assert ["".join(d.letters) for d in sent] == ["ABCDEF", "AB"]
    assert [n for d in sent for n in hall.carried(d.id)] == keys


def test_red_in_between_does_not_put_a_bundle_off_for_ever(hall: Hall) -> None:
    hall.tell()
    hall.goes()
    hall.passes(seconds=5)
    late = hall.tell()
    for _ in range(8):
        hall.tell(level=4)
        hall.passes(seconds=10)
    assert hall.notice(late).state == "carried"
    [second] = [d for d in hall.deliveries(band="lower") if late in hall.carried(d.id)]
    assert second.created - START <= timedelta(seconds=35)


def test_who_withdrew_it_is_named(hall: Hall) -> None:
    hall.store.write(lambda c: c.execute(insert(person).values(
        id="wang", name="王处长", name_en="Director Wang", language="zh", role="order", active=True)))  # fmt: skip
    hall.measure()
    for post in ("police", "site"):
        hall.tell(post, **ORDER, measure="m1", facts={"measures": [ordered()]})
    hall.passes(minutes=1)
    for post in ("police", "site"):
        hall.tell(post, "withdrawn", measure="m1",
                  facts={"measures": [ordered()], "by": "wang", "reason": {"zh": "误报", "en": "false"}})  # fmt: skip
    hall.goes()
    texts = [m.text for m in hall.phone.got[-2:]]
    assert any("王处长：误报" in t for t in texts), texts
    assert any("Director Wang" in t for t in texts), texts


def test_an_order_raised_again_says_by_when(hall: Hall) -> None:
    hall.measure()
    hall.tell(kind="raise", wants="acknowledge", measure="m1", level=3,
              facts={"was": 2, "measures": [ordered()], "due": "2026-01-25T13:30:00+00:00"})  # fmt: skip
    hall.goes()
    [sms] = hall.phone.got
    assert "命令：设置限速60公里/小时，25日21时30分前落实" in sms.text
    assert "由黄色升至橙色" in sms.text


def test_while_it_waits_for_another_try_it_is_never_bound_again(hall: Hall) -> None:
    """`bound → sending → accepted`: a state is never left for one before it."""
    hall.phone.answers = [Passing("HTTP 503"), Passing("HTTP 503")]
    hall.tell()
    hall.goes()
    seen = [hall.deliveries()[0].state]
    for _ in range(8):
        hall.passes(seconds=45)
        seen.append(hall.deliveries()[0].state)
    order = ["sending", "accepted"]
    assert sorted(seen, key=order.index) == seen
    assert seen[-1] == "accepted"
