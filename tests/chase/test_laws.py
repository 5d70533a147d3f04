"""Whatever people answer and however time passes: nothing is lost, nothing fires after its answer."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerting.store.schema import escalation, notice, pursuit
from tests.chase.builders import MORE, County, policies

WHO = ("police", "regulator", "township", "office")
MOVES = st.one_of(
    st.tuples(st.just("wait"), st.sampled_from([1, 7, 31, 95])),
    st.tuples(st.just("sleep"), st.sampled_from([5, 100])),
    st.tuples(st.just("text"), st.sampled_from(WHO), st.sampled_from(["1", "2", "3 x", "4", "喂"])),
    st.tuples(st.just("order"), st.sampled_from([60, 40]), st.sampled_from([2, 3, 4])),
    st.tuples(st.just("news"), st.sampled_from([2, 3, 4])),
    st.tuples(st.just("vacate"), st.sampled_from(["police", "township"])),
    st.tuples(st.just("dispatch"), st.booleans()),
    st.tuples(st.sampled_from(["drop", "close_alert"])),
)


def play(county, move):
    does, *given_ = move
    if does == "order":
        county.order(level=given_[1], km_h=given_[0])
    elif does == "news":
        county.news("township", level=given_[0], kind="raise")
    elif does == "dispatch":
        county.dispatching = given_[0]
    else:
        getattr(county, does)(*given_)


@settings(max_examples=40 * MORE, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(MOVES, min_size=1, max_size=12))
def test_no_chase_is_lost_and_none_outlives_its_answer(moves):
    county = County(policy=policies(last=3))
    county.alert()
    county.order()
    county.news("township")
    for move in moves:
        play(county, move)
    county.dispatching = True
    county.wait(0)
    chases = {p.id: p for p in county.rows(pursuit)}
    assert not county.rows(notice, notice.c.wants != "", notice.c.pursuit.is_(None))
    for held in chases.values():
        # Open: somebody will be called, whatever was said aloud of nobody answering.
        assert (held.deadline is not None) == (held.state == "open")
    # Cries for help that hang on nothing are each a matter of its own.
    keys = [(p.post, p.wants, p.measure or p.alert or (p.wants == "acknowledge" and p.id))
            for p in chases.values() if p.state == "open"]  # fmt: skip
    assert len(keys) == len(set(keys))
    for climb in county.rows(escalation):
        held = chases[climb.pursuit]
        assert climb.from_post != climb.to_post
        if held.answered is not None:
            assert climb.at <= held.answered
    for call in county.rows(notice, notice.c.kind.in_(["reminder", "escalation"])):
        held = chases[call.pursuit]
        if held.answered is not None:
            assert call.created <= held.answered
            assert call.state != "due"

    # A cry for help is open until somebody has answered it, whatever it was about is over.
    for cry in county.rows(notice, notice.c.kind.in_(["escalation", "service"]),
                           notice.c.wants == "acknowledge", notice.c.rung == 0, notice.c.round == 0):  # fmt: skip
        assert chases[cry.pursuit].state in ("open", "answered")

    # An order that is not in force has somebody who is asked for it.
    for row in county.measures():
        if row.state in ("issued", "acknowledged"):
            assert any(p.measure == row.id and p.state == "open" for p in chases.values())


@settings(max_examples=8 * MORE, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(MOVES, min_size=1, max_size=8))
def test_left_alone_every_chase_is_said_aloud_and_then_goes_on_slowly_without_end(moves):
    county = County(policy=policies(last=3))
    county.alert()
    county.order()
    for move in moves:
        play(county, move)
    county.dispatching = True
    county.wait(60 * 24)
    still = county.rows(pursuit, pursuit.c.state == "open")
    assert all(p.end_reason == "exhausted" for p in still)
    since = county.now
    county.wait(60 * 24)
    fresh = county.rows(notice, notice.c.created > since)
    for held in still:
        every = county.life.policies.of(held.level, held.wants).then_every.at(held.level)
        calls = [n for n in fresh if n.pursuit == held.id]
        assert abs(len(calls) - timedelta(days=1) / every) <= 1
        assert {n.post for n in calls} == {held.at_post}
    assert {n.pursuit for n in fresh} == {held.id for held in still}, "and nothing else is said"
