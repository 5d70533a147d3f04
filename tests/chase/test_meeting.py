"""Two that conflict, whatever is said and in whatever order: never both ordered while nobody has decided."""

from __future__ import annotations

from collections import Counter

from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from alerting.alerts.orders import OPEN_WORK
from alerting.store.schema import measure, meeting, notice, response
from tests.chase.builders import MORE, County

PEOPLE = ("police", "regulator", "office", "township")
SAY = ("approve", "refuse", "in-force", "cannot", "keep-first", "take-second", "both", "attest")
STEPS = st.one_of(
    st.tuples(st.just("order"), st.sampled_from(("close", "release"))),
    st.tuples(st.just("drop"), st.sampled_from(("close", "release"))),
    st.tuples(st.just("wait"), st.sampled_from(("5", "40", "300"))),
    st.tuples(st.sampled_from(PEOPLE), st.sampled_from(SAY)),
)
MEET = [("order", "release"), ("police", "in-force"), ("order", "close")]


@settings(max_examples=60 * MORE, deadline=None)
@example(steps=[*MEET, ("wait", "300"), ("office", "keep-first")])
@example(steps=[*MEET, ("wait", "300"), ("regulator", "approve"), ("office", "take-second")])
@example(steps=[*MEET, ("regulator", "take-second"), ("order", "release")])
@example(steps=[*MEET, ("drop", "close"), ("order", "close")])
@given(steps=st.lists(STEPS, min_size=3, max_size=14))
def test_of_two_that_conflict_one_is_held_until_somebody_decides(
    steps: list[tuple[str, str]],
) -> None:
    county = County()
    for name in ("close", "release"):
        county.alert(name=f"for-{name}")
    for who, what in steps:
        if who == "order":
            county.order(what, by=f"for-{what}")
        elif who == "drop":
            county.drop(f"for-{what}")
        elif who == "wait":
            county.wait(float(what))
        else:
            for row in county.rows(measure, measure.c.ended.is_(None)):
                county.say(who, what, f"measure:{row.id}", channel="api", reason="so")
        county.step()
        holds(county)


def holds(county: County) -> None:
    rows = {row.id: row for row in county.measures()}
    for one in county.rows(meeting):
        first, second = rows[one.first], rows[one.second]
        if one.state == "open":
            assert first.ended is None
            assert second.ended is None
            ordered = [r.id for r in (first, second) if r.state in OPEN_WORK]
            assert ordered in ([], [one.stands]), f"{first.state} and {second.state}"
        elif one.answer == "keep-first":
            assert second.state in ("refused", "withdrawn")
        elif one.answer == "take-second":
            assert first.state in ("refused", "withdrawn")
    asked = Counter(n.measure for n in county.rows(
        notice, notice.c.kind == "ask", notice.c.wants == "conflict"))  # fmt: skip
    met = Counter(one.second for one in county.rows(meeting))
    assert asked == met, "one question for each two that meet"
    for row in rows.values():
        assert (row.waits is None) or row.ended is None


def test_the_question_names_the_response_that_asks() -> None:
    county = County()
    county.alert(name="for-close")
    title = {"zh": "凝冻灾害应急响应", "en": "Response to icing"}
    county.store.write(lambda c: c.execute(insert(response).values(
        id="live.icing.1", realm="live", plan="icing", number=1, title=title, state="in force",
        grade=4, wanted=4, trigger={}, proposed=county.now)))  # fmt: skip
    county.order("release", by="response:live.icing.1")
    county.order("close", by="for-close")
    county.step()
    [asked] = county.rows(notice, notice.c.kind == "ask")
    assert asked.facts["sides"][0]["by"] == title
