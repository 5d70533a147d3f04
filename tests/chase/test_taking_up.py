"""Notices are taken up many at a time: what is waited for once is waited for once."""

from __future__ import annotations

from alerting.store.schema import audit, notice, pursuit
from tests.chase.builders import County


def taken_up(county: County) -> list[tuple[str, str | None, list[str]]]:
    """Each pursuit by its post and measure or alert, with the kinds of the notices that hang on it."""
    return [
        (p.post.removesuffix("-post"), p.measure or p.alert,
         [n.kind for n in county.rows(notice, notice.c.pursuit == p.id)])
        for p in county.rows(pursuit)
    ]  # fmt: skip


def test_the_notices_of_a_moment_have_a_pursuit_each_and_those_of_one_subject_share_it() -> None:
    county = County(dispatching=False)
    for name, level in (("a1", 2), ("a2", 3)):
        county.alert(level, name)
    county.news("township", alert="a1")
    county.news("township", alert="a2")
    county.news("township", kind="raise", level=3, alert="a1")  # of what is taken up with it
    county.news("police", alert="a1")
    county.step()
    assert taken_up(county) == [("township", "a1", ["open", "raise"]), ("township", "a2", ["open"]),
                                ("police", "a1", ["open"])]  # fmt: skip
    assert [p.level for p in county.rows(pursuit)] == [3, 2, 2], "it goes on at the level of the last"
    begun = county.audited("begin chase")
    assert [one.subject for one in begun] == [f"pursuit:{p.id}" for p in county.rows(pursuit)]
    assert [one.change["post"] for one in begun] == ["township-post", "township-post", "police-post"]


def test_what_is_waited_for_already_is_joined_among_others_that_are_new() -> None:
    county = County()
    for name, level in (("a1", 2), ("a2", 3)):
        county.alert(level, name)
    county.news("township", alert="a1")
    key = county.order("guide", by="a1")
    county.step()
    before = len(county.rows(pursuit))
    county.news("police", alert="a2")
    county.news("township", kind="raise", alert="a1")
    county.order("guide", by="a2", level=3)
    county.news("township", alert="a2")
    county.step()
    assert len(county.rows(pursuit)) == before + 2
    assert len(county.rows(pursuit, pursuit.c.measure == key, pursuit.c.wants == "acknowledge")) == 1
    assert not county.rows(notice, notice.c.wants != "", notice.c.pursuit.is_(None))
    assert len(county.rows(audit, audit.c.action == "begin chase")) == before + 2
