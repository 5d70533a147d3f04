"""Whatever is tried, in whatever order: behind the gate nothing lifts without the four and a signature."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from alerting.store.schema import audit
from alerting.vocabulary.gate import GATE
from tests.chase.builders import MORE, County

ALL = dict.fromkeys(GATE, True)
PEOPLE = ("police", "regulator", "office", "township")  # the carrier, the lifter, those above
ACTS = ("acknowledge", "in-force", "cannot", "approve", "refuse", "attest", "kept", "sign",
        "send-back", "keep-first", "both", "go-ahead", "give-up", "support")  # fmt: skip
Step = tuple[str, Any, Any]
STEPS = st.one_of(
    st.tuples(st.sampled_from(PEOPLE), st.sampled_from(ACTS), st.none()),
    st.tuples(st.sampled_from(PEOPLE), st.just("sign"), st.none()),
    st.tuples(st.sampled_from(PEOPLE), st.just("attest-gate"),
              st.dictionaries(st.sampled_from(sorted(GATE)), st.booleans())),
    st.tuples(st.just("police"), st.just("attest-gate"), st.just(ALL)),
    st.tuples(st.sampled_from(("drop", "ask", "wait")), st.none(), st.none()),
)  # fmt: skip
WAY = [("drop", None, None), ("police", "attest-gate", ALL), ("regulator", "sign", None)]


def lives(steps: list[Step]) -> tuple[str, list[Any]]:
    """Play the steps; gives the halt's state and its entries of the audit log."""
    county = County()
    county.alert()
    halt = county.order("halt")
    county.step()
    for who, act, points in steps:
        if who == "drop":
            county.drop()
        elif who == "ask":
            if county.measure(halt).ended is None:
                county.order("halt")
        elif who == "wait":
            county.wait(60)
        else:
            county.say(who, act, f"measure:{halt}", channel="api", points=points, reason="so")
        county.step()
    return county.measure(halt).state, county.rows(audit, audit.c.subject == halt)


def test_the_way_through_the_gate_is_open() -> None:
    state, log = lives(WAY)
    assert state == "lifted"
    assert [e.action for e in log][-3:] == ["attested", "sign", "lifted"]


@settings(max_examples=60 * MORE, deadline=None)
@example(steps=[("drop", None, None), ("police", "attest-gate", ALL), ("police", "sign", None)])
@example(steps=[*WAY[:2], ("ask", None, None), WAY[0], WAY[2]])
@given(steps=st.lists(STEPS, min_size=2, max_size=12))
def test_no_path_lifts_a_halt_without_the_four_and_the_signature(steps: list[Step]) -> None:
    state, log = lives(steps)
    assert state in ("issued", "acknowledged", "in force", "lift proposed", "attested", "lifted")
    if state != "lifted":
        return
    actions = [e.action for e in log]
    since = max(n for n, a in enumerate(actions) if a in ("propose lift", "send back"))
    last = log[since:]
    attested = {e.action.removeprefix("attest "): e.change["answer"] for e in last
                if e.action.startswith("attest ") and e.who == "police"}  # fmt: skip
    assert attested == dict.fromkeys(GATE, "yes")
    [signed] = [e for e in last if e.action == "sign"]
    assert signed.who in ("regulator", "office")
    assert actions.index("attested", since) < actions.index("sign", since)
