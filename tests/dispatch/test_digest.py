"""A storm of messages to one person: at once, then bundles, then one a minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from alerting.chase.targets import targets_of
from alerting.dispatch.channels import Permanent
from alerting.dispatch.digest import off_the_hour
from alerting.people import person_by_id
from alerting.store.schema import delivery, measure, notice, pursuit
from alerting.store.schema_callout import callout
from alerting.store.schema_reach import digest
from tests.dispatch.hall import START, ZONE, Hall, ordered

MANY = 200


def front(hall: Hall, count: int = MANY, level: int = 4, first: int = 0) -> list[int]:
    """A red front over so many places of one post: an order at each, chased."""
    now = hall.runtime.now()

    def write(connection: Any) -> list[int]:
        numbers = []
        for n in range(first, first + count):
            connection.execute(insert(measure).values(
                id=f"m{n}", realm="live", measure="speed-limit", object=f"p{n}", carrier="police",
                number=1, state="issued", level=level, arguments={}, proposed=now))  # fmt: skip
            waits = connection.execute(insert(pursuit).values(
                realm="live", wants="acknowledge", measure=f"m{n}", post="police", level=level,
                state="open", rung=0, round=0, at_post="police", opened=now)).inserted_primary_key[0]  # fmt: skip
            said = {"rule": "fog", "sector": "road-traffic", "hazard": "fog", "place": f"p{n}", "level": level,
                    "was": 0, "onset": now.isoformat(), "until": None, "why": {}, "official": None,
                    "measures": [ordered(f"m{n}")], "reason": {}, "by": "", "due": None}  # fmt: skip
            numbers.append(connection.execute(insert(notice).values(
                realm="live", kind="order", measure=f"m{n}", pursuit=waits, post="police", level=level,
                wants="acknowledge", created=now, due=now, state="due", facts=said)).inserted_primary_key[0])  # fmt: skip
        return numbers

    return hall.store.write(write)


def answered(hall: Hall) -> None:
    """All was answered: the chase of each is over."""
    hall.store.write(lambda c: c.execute(update(pursuit).values(state="answered")))


def states(hall: Hall) -> dict[str, int]:
    with hall.store.read() as c:
        found = [row.state for row in c.execute(select(notice.c.state))]
    return {state: found.count(state) for state in set(found)}


def digests(hall: Hall) -> list[Any]:
    with hall.store.read() as c:
        return list(c.execute(select(digest).order_by(digest.c.id)))


def test_a_red_front_over_200_places_is_three_messages_and_then_one_a_minute(hall: Hall) -> None:
    hall.passes(minutes=5)
    keys = front(hall)
    hall.goes()
    assert len(hall.phone.got) == 3
    hall.passes(seconds=59)
    assert len(hall.phone.got) == 3
    hall.passes(seconds=1)
    [*_, summary] = hall.deliveries()
    assert len(hall.phone.got) == 4
    assert summary.summary
    assert states(hall) == {"carried": MANY}
    told = [n for d in hall.deliveries() for n in hall.carried(d.id)]
    assert sorted(told) == keys, "each once"
    for said in ("200项待答复", "最高红色", f"1 {summary.code}", f"http://here/a/{summary.link}", "设置限速"):
        assert said in summary.text, summary.text
    assert summary.segments <= 3
    assert {d.digest for d in hall.deliveries()} == {summary.digest}
    front(hall, 2, first=500)
    hall.passes(seconds=59)
    assert len(hall.phone.got) == 4
    hall.passes(seconds=1)
    assert "202项待答复" in hall.phone.got[-1].text
    assert "新增2项" in hall.phone.got[-1].text
    hall.passes(minutes=10)
    assert len(hall.phone.got) == 5, "nothing new, no message"


def test_it_ends_when_all_is_answered_and_the_next_comes_at_once(hall: Hall) -> None:
    front(hall, 40)
    hall.passes(minutes=3)
    answered(hall)
    hall.passes(minutes=3)
    front(hall, 1, first=100)
    hall.goes()
    assert not hall.deliveries()[-1].summary
    assert hall.deliveries()[-1].created == hall.runtime.now()
    assert [d.ended is not None for d in digests(hall)] == [True]


def test_bands_have_digests_of_their_own(hall: Hall) -> None:
    front(hall, 40, level=3)
    hall.passes(minutes=2)
    assert [d.band for d in hall.deliveries(summary=True)] == ["orange"]
    front(hall, 1, level=4, first=100)
    hall.goes()
    [red] = hall.deliveries(band="red")
    assert red.created == hall.runtime.now(), "the first red waits for no digest"
    assert not red.summary


def test_a_decision_and_a_reply_are_never_in_a_digest(hall: Hall) -> None:
    hall.passes(minutes=1)
    front(hall, 40)
    hall.goes()
    hall.measure("d1", decider="police")
    decision = hall.tell(kind="decide", level=4, wants="decision", measure="d1", facts={"measures": [ordered("d1", "close")]})
    reply = hall.tell(None, "reply", person="chen", facts={"reason": {"zh": "好"}})
    hall.goes()
    assert {hall.notice(n).state for n in (decision, reply)} == {"carried"}
    assert not any(d.summary for d in hall.deliveries())


def test_three_answered_are_no_storm(hall: Hall) -> None:
    for n in range(3):
        front(hall, 1, first=n)
        hall.goes()
        answered(hall)
        hall.store.write(lambda c: c.execute(update(delivery).values(state="answered")))
    front(hall, 1, first=9)
    hall.goes()
    assert len(hall.phone.got) == 4


def test_a_summary_that_fails_goes_on_as_one_message_on_the_next_channel(hall: Hall) -> None:
    hall.passes(minutes=1)
    front(hall, 60)
    hall.goes()
    hall.phone.answers = [Permanent("no such number")]
    hall.passes(seconds=61)
    [sent] = hall.console.got
    assert "60项待答复" in sent.text
    [again] = [d for d in hall.deliveries(channel="console") if d.fallback_of]
    assert again.summary
    assert again.digest == digests(hall)[0].id


@pytest.mark.parametrize(("at", "goes"), [
    ("11:59:59", "11:59:59"), ("12:00:00", "12:01:00"), ("12:00:40", "12:01:00"), ("12:01:00", "12:01:00"),
    ("12:30:05", "12:31:00"), ("12:29:30", "12:29:30"),
])  # fmt: skip
def test_summaries_keep_off_the_full_and_the_half_hour(at: str, goes: str) -> None:
    def time(text: str) -> datetime:
        return datetime.fromisoformat(f"2026-01-20T{text}").replace(tzinfo=UTC)

    assert off_the_hour(time(at), ZONE) == time(goes)


def test_a_storm_on_the_hour_is_gathered_until_a_minute_past(hall: Hall) -> None:
    assert START.minute == 0
    front(hall, 40)
    hall.goes()
    hall.passes(minutes=3)
    [summary] = hall.deliveries(summary=True)
    assert summary.created - START == timedelta(minutes=1)


def storm(hall: Hall, count: int, place: str = "p", **more: Any) -> None:
    for n in range(count):
        hall.tell("police", "open", 3, wants="acknowledge", facts={"place": f"{place}{n}"}, **more)


ICE = {"hazard": "road-icing", "rule": "ice", "place": "road"}


@pytest.mark.parametrize(("kind", "word"), [("withdrawn", "撤回"), ("clear", "解除"), ("lifted", "解除"), ("fall", "降")])
def test_an_end_in_a_storm_is_told_by_itself_as_an_end(hall: Hall, kind: str, word: str) -> None:
    hall.passes(minutes=5)
    storm(hall, 30)
    said: dict[str, Any] = {"alert": hall.alert("live.ice.road.1", hazard="road-icing", rule="ice")}
    hall.tell("police", "open", 3, wants="acknowledge", facts=ICE, **said)
    hall.passes(minutes=2)
    if kind == "lifted":
        said = {"measure": hall.measure("m9")}
        hall.tell("police", "order", 3, wants="acknowledge", facts=ICE | {"measures": [ordered("m9")]}, **said)
        hall.passes(minutes=2)
    key = hall.tell("police", kind, 3, facts=ICE | {"measures": [ordered("m9")] if kind == "lifted" else [], "was": 4}, **said)
    storm(hall, 3, "q")
    hall.passes(minutes=2)
    [told] = [d for d in hall.deliveries() if key in hall.carried(d.id)]
    assert hall.carried(told.id) == [key]
    assert word in told.text
    assert "道路结冰" in told.text


def test_a_summary_names_what_each_thing_is(hall: Hall) -> None:
    hall.passes(minutes=5)
    storm(hall, 30)
    hall.passes(minutes=2)
    hall.alert("live.ice.road.1", hazard="road-icing", rule="ice")
    hall.tell("police", "open", 3, wants="acknowledge", alert="live.ice.road.1", facts=ICE)
    hall.tell("police", "reminder", 3, wants="acknowledge", facts={"place": "p1", "due": "2026-01-20T08:30:00+00:00"})
    hall.passes(minutes=2)
    text = hall.deliveries(summary=True)[-1].text
    for said in ("道路结冰橙色，G99东山段：", "【催办】大雾橙色，p1：", "最早20日16时30分前落实"):
        assert said in text, text


def test_the_end_of_a_storm_over_many_places_is_few_messages_and_asks_nothing(hall: Hall) -> None:
    hall.passes(minutes=5)
    for n in range(MANY):
        hall.measure(f"m{n}")
        hall.tell(kind="order", level=4, measure=f"m{n}", facts={"place": f"p{n}", "measures": [ordered(f"m{n}")]})
    hall.passes(minutes=5)
    before = len(hall.phone.got)
    for n in range(MANY):
        hall.tell(kind="lifted", level=4, measure=f"m{n}", facts={"place": f"p{n}", "measures": [ordered(f"m{n}")]})
    hall.passes(minutes=5)
    assert states(hall) == {"carried": 2 * MANY}
    ends = hall.deliveries()[before:]
    assert len(ends) <= 5, [d.text for d in ends]
    [summary] = [d for d in ends if d.summary]
    assert "解除和变更汇总" in summary.text
    assert "【解除】大雾红色，p" in summary.text
    assert "停止执行：设置限速" in summary.text
    for not_said in ("回", "待答复", "最高红色"):
        assert not_said not in summary.text


def test_a_digest_ends_with_its_storm_though_one_thing_is_never_answered(hall: Hall) -> None:
    hall.passes(minutes=5)
    front(hall, 40, level=3)
    hall.passes(minutes=2)
    hall.store.write(lambda c: c.execute(update(pursuit).where(pursuit.c.id > 1).values(state="answered")))
    hall.passes(minutes=11)
    [key] = front(hall, 1, level=3, first=100)
    hall.goes()
    [told] = [d for d in hall.deliveries() if key in hall.carried(d.id)]
    assert told.created == hall.runtime.now()
    for said in ("落实后再回2", "无法执行回3"):
        assert said in told.text
    assert [d.ended is not None for d in digests(hall)] == [True]


def test_a_drizzle_of_single_orders_keeps_their_digits_and_no_digest_alive(hall: Hall) -> None:
    hall.passes(minutes=5)
    front(hall, 40)
    hall.passes(minutes=2)
    for n in range(4):
        front(hall, 1, first=100 + n)
        hall.passes(minutes=3)
        told = hall.deliveries()[-1]
        assert not told.summary
        assert "落实后再回2" in told.text
    front(hall, 1, first=200)
    hall.goes()
    assert hall.deliveries()[-1].created == hall.runtime.now(), "not even a minute's wait"


def test_what_is_received_and_yet_to_be_done_keeps_no_digest_alive(hall: Hall) -> None:
    hall.passes(minutes=5)
    front(hall, 40)
    hall.passes(minutes=2)
    now = hall.runtime.now()
    hall.store.write(lambda c: c.execute(insert(pursuit).values(
        id=900, realm="live", wants="in-force", measure="m0", post="police", level=4, state="open", rung=0, round=0,
        at_post="police", opened=now, deadline=now + timedelta(hours=1), must_by=now + timedelta(hours=1))))  # fmt: skip
    hall.tell(kind="reminder", level=4, wants="in-force", measure="m0", pursuit=900, facts={"measures": [ordered("m0")]})
    hall.passes(minutes=2)
    hall.store.write(lambda c: c.execute(update(pursuit).where(pursuit.c.wants != "in-force").values(state="answered")))
    hall.passes(minutes=3)
    front(hall, 1, first=100)
    hall.goes()
    assert not hall.deliveries()[-1].summary
    assert hall.deliveries()[-1].created == hall.runtime.now()


def called_out(hall: Hall, count: int, level: int = 4) -> list[int]:
    """One person who is called out for so many villages of one township, about one alert."""
    alert_id, now = hall.alert(f"live.fog.town.{level}", place="town"), hall.runtime.now()
    asked = [{"id": "a", "kind": "text", "zh": "谁带队", "en": "who leads", "needed": True}]

    def write(connection: Any) -> None:
        connection.execute(insert(callout).values(
            id="c1", realm="live", alert=alert_id, zone="town", hazard="fog", number=1, sector="road-traffic",
            state="open", level=level, opened=now))  # fmt: skip
        for n in range(count):
            connection.execute(insert(pursuit).values(
                id=700 + n, realm="live", wants="report", alert=alert_id, post=f"village-{n}", level=level,
                state="open", rung=0, round=0, at_post="police", opened=now))  # fmt: skip

    hall.store.write(write)
    return [hall.tell(kind="callout", level=level, wants="report", alert=alert_id, pursuit=700 + n, facts={
        "place": "town", "callout": "c1", "questions": asked, "due": "2026-01-20T06:40:00+00:00",
        "for": {"zh": f"第{n}村", "en": f"village {n}"}}) for n in range(count)]  # fmt: skip


@pytest.mark.parametrize(("level", "waits"), [(4, 0), (3, 60)])
def test_forty_call_outs_to_one_person_are_three_messages_and_a_list(hall: Hall, level: int, waits: int) -> None:
    hall.passes(minutes=5)
    called_out(hall, 40, level)
    hall.goes()
    hall.passes(seconds=waits)
    assert len(hall.phone.got) == 4
    assert states(hall) == {"carried": 40}
    [summary] = hall.deliveries(summary=True)
    for said in ("共40项待答复", "【叫应】大雾", "请代第3村报告", "最早20日14时40分前报告", f"1 {summary.code}", "逐项填报"):
        assert said in summary.text, summary.text
    assert "回5" not in summary.text, "no digit reports for many"
    assert {d.digest for d in hall.deliveries()} == {summary.digest}, "`1` to it answers the first three too"


def test_a_red_question_waits_for_no_digest(hall: Hall) -> None:
    hall.passes(minutes=5)
    for n in range(8):
        hall.measure(f"d{n}", decider="police")
        key = hall.tell(kind="decide", level=4, wants="decision", measure=f"d{n}",
                        facts={"place": f"p{n}", "measures": [ordered(f"d{n}", "close")]})  # fmt: skip
        hall.goes()
        assert hall.notice(key).state == "carried"
        assert hall.deliveries()[-1].created == hall.runtime.now()
        hall.passes(seconds=2)
    for n in range(8, 100):
        hall.measure(f"d{n}", decider="police")
        hall.tell(kind="check", level=4, wants="check", measure=f"d{n}",
                  facts={"place": f"p{n}", "measures": [ordered(f"d{n}", "close")]})  # fmt: skip
    before = len(hall.phone.got)
    hall.goes()
    assert states(hall) == {"carried": 100}, "not a minute's wait"
    assert len(hall.phone.got) - before == 4, "and no flood either"


def test_a_fourth_question_below_red_waits_for_its_list(hall: Hall) -> None:
    hall.passes(minutes=5)
    for n in range(8):
        hall.measure(f"d{n}", decider="police")
        hall.tell(kind="check", level=3, wants="check", measure=f"d{n}",
                  facts={"place": f"p{n}", "measures": [ordered(f"d{n}", "close")]})  # fmt: skip
        hall.passes(seconds=1)
    assert states(hall)["due"] > 0


def test_a_list_of_call_outs_is_answered_post_by_post_though_one_alert_calls_them_all(hall: Hall) -> None:
    hall.passes(minutes=5)
    keys = called_out(hall, 40)
    hall.goes()
    hall.passes(minutes=1)
    later = hall.tell(kind="callout", level=4, wants="report", alert="live.fog.town.4", pursuit=739, facts={
        "place": "town", "callout": "c1", "questions": []})  # fmt: skip
    hall.passes(minutes=1)
    first, newest = hall.deliveries(summary=True)[0], hall.deliveries()[-1]
    assert hall.carried(newest.id) == [later]

    def meant(act: str, subject: str, **detail: Any) -> list[int]:
        report = hall.report(act, subject).model_copy(update={"detail": detail})
        with hall.store.read() as c:
            found = targets_of(c, hall.life(), person_by_id(c, "chen"), report)
        return [one.pursuit for one in found.notices]

    assert len(meant("acknowledge", f"delivery:{first.id}")) == 40
    # The list behind its link has also what reached the reader before it.
    for n in (0, 20, 39):
        assert meant("report", f"notice:{keys[n]}", delivery=first.id) == [700 + n]
