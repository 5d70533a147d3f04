"""What people change of a roster: each override meets its shift, or is refused or flagged."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from alerting.errors import BadInput, Refused
from alerting.people import person_by_id, rosters
from alerting.people.roster_changes import (
    Desk,
    ask_swap,
    override,
    set_temporary,
    take_swap,
    undo,
)
from alerting.people.rota import Shift
from alerting.store.schema import audit, person
from alerting.store.schema_duty import roster_change
from tests.people.register import DAILY, SHANGHAI, Register, at

WHY = "培训"


class Office(Register):
    """The office with its daily roster of a, b, c since the 5th; d may order. It is the 6th, 09:00."""

    def __init__(self) -> None:
        super().__init__()
        self.does(lambda c: c.execute(update(person).where(person.c.id == "d").values(role="order")))
        self.rosters(DAILY)
        self.passes(at(6, 9))

    def as_(self, who: str, work: Any, *given: Any, **more: Any) -> Any:
        def change(connection: Any) -> Any:
            by = person_by_id(connection, who)
            assert by is not None
            return work(Desk(connection, SHANGHAI, "live", self.now, by), *given, **more)

        return self.does(change)

    def replaces(self, begins: datetime, ends: datetime, person: str, **more: Any) -> list[int]:
        made: list[int] = self.as_("d", override, "office", "replace", begins, ends, person=person,
                                   reason=WHY, **more)  # fmt: skip
        return made

    def table(self, begins: datetime, ends: datetime) -> list[tuple[str, datetime, datetime]]:
        shifts = self.does(lambda c: rosters.shifts_of(c, "office", SHANGHAI, begins, ends))
        return [("+".join(s.people), s.begins, s.ends) for s in shifts]

    def states(self) -> list[str]:
        return [r.state for r in self.rows(select(roster_change).order_by(roster_change.c.id))]


@pytest.fixture
def office() -> Office:
    return Office()


def test_whoever_is_put_in_is_on_duty_then(office: Office) -> None:
    office.replaces(at(6, 12), at(6, 18), "d")
    assert office.table(at(6, 9), at(7)) == [
        ("b", at(6), at(6, 12)), ("d", at(6, 12), at(6, 18)), ("b", at(6, 18), at(7)),
    ]  # fmt: skip
    for hour, who in ((11, "b"), (12, "d"), (17, "d"), (18, "b")):
        office.passes(at(6, hour))
        assert office.on("office") == [who]


def test_one_of_several_shifts_is_one_change_each_and_undone_together(office: Office) -> None:
    made = office.replaces(at(6, 20), at(9), "d")
    assert len(made) == 3
    assert [who for who, *_ in office.table(at(6, 20), at(9))] == ["d", "d", "d"]
    office.as_("d", undo, made[1], WHY)
    assert [who for who, *_ in office.table(at(6, 20), at(9))] == ["b", "c", "a"]
    assert office.states() == ["undone"] * 3


def test_only_the_shifts_of_one_person(office: Office) -> None:
    office.replaces(at(6), at(12), "d", instead_of="b")
    assert [who for who, *_ in office.table(at(7), at(12))] == ["c", "a", "d", "c", "a"]


def test_the_running_shift_can_be_taken_from_now_on(office: Office) -> None:
    office.replaces(at(6), at(7), "c")
    office.passes(at(6, 9, 1))
    assert office.on("office") == ["c"]
    assert office.table(at(6), at(7)) == [("b", at(6), at(6, 9)), ("c", at(6, 9), at(7))]


def test_somebody_besides_is_second_and_nobody_is_a_gap(office: Office) -> None:
    office.as_("d", override, "office", "add", at(7), at(8), person="d", reason=WHY)
    office.as_("d", override, "office", "remove", at(8), at(9), reason=WHY)
    office.passes(at(7))
    assert office.on("office") == ["c", "d"]
    office.passes(at(8))
    assert office.on("office") == []


def test_two_that_overlap_are_refused(office: Office) -> None:
    [first] = office.replaces(at(7), at(8), "d")
    with pytest.raises(Refused, match=rf"d has changed 7 Jan 08:00 to 8 Jan 08:00 already \(change {first}\)"):
        office.as_("d", override, "office", "remove", at(7, 20), at(9), reason=WHY)
    office.as_("d", override, "office", "remove", at(8), at(9), reason=WHY)  # beside it


def test_one_whose_shift_has_moved_is_flagged_and_adds_nobody(office: Office) -> None:
    office.replaces(at(7, 12), at(8), "d")
    [layer] = DAILY["layers"]
    office.rosters(DAILY | {"layers": [layer | {"people": ["b", "c", "a"]}]})
    assert office.states() == ["flagged"]
    assert [who for who, *_ in office.table(at(7), at(9))] == ["a", "b"]
    flagged = office.rows(select(audit.c.change).where(audit.c.action == "flag roster change"))
    assert [row.change["by"] for row in flagged] == ["d"]


def test_one_whose_shift_stays_where_it_is_goes_on(office: Office) -> None:
    office.replaces(at(7, 12), at(8), "d")
    [layer] = DAILY["layers"]
    later = {"people": ["a"], "every": "1 day", "hand-over": "08:00", "from": "2026-03-01"}
    office.rosters(DAILY | {"layers": [layer, later]})
    assert office.states() == ["in force"]


def test_when_the_roster_goes_its_overrides_are_flagged(office: Office) -> None:
    office.replaces(at(7), at(8), "d")
    office.rosters()
    assert office.states() == ["flagged"]


def test_what_meets_its_shift_again_is_in_force_again(office: Office) -> None:
    """A file saved half, mended a minute later: nobody's swap is lost by it."""
    office.replaces(at(8), at(9), "d")
    asked = office.as_("b", ask_swap, "office", at(9), "c", at(10), WHY)
    office.rosters()
    assert office.states() == ["flagged"] * 3
    office.rosters(DAILY)
    assert office.states() == ["in force", "asked", "asked"]
    office.as_("c", take_swap, asked)
    assert [who for who, *_ in office.table(at(8), at(11))] == ["d", "c", "b"]


def test_what_was_made_anew_meanwhile_stands(office: Office) -> None:
    def until(hour: str) -> dict[str, Any]:
        return DAILY | {"layers": [{**DAILY["layers"][0], "only": {"hours": f"08:00-{hour}"}}]}

    office.rosters(until("20:00"))
    office.as_("d", override, "office", "add", at(8, 20), at(9), person="d", reason=WHY)
    office.rosters(until("22:00"))
    office.as_("d", override, "office", "add", at(8, 22), at(9), person="b", reason=WHY)
    office.rosters(until("20:00"))
    assert office.states() == ["flagged", "in force"], "two would speak of one hour"
    assert office.table(at(8, 20), at(9)) == [("", at(8, 20), at(8, 22)), ("b", at(8, 22), at(9))]


def test_a_swap_stands_whole_or_not_at_all(office: Office) -> None:
    """One of its two shifts is a temporary roster's: whoever would give theirs all the same does not."""
    number = office.as_("b", ask_swap, "office", at(9), "c", at(10), WHY)
    office.as_("c", take_swap, number)
    feast = {"from": "2026-01-10 08:00", "to": "2026-01-11 08:00",
             "layers": [{"people": ["d"], "every": "1 day", "hand-over": "08:00"}]}  # fmt: skip
    office.rosters(DAILY | {"temporary": [feast]})
    assert office.states() == ["flagged", "flagged"]
    assert [who for who, *_ in office.table(at(9), at(11))] == ["b", "d"]
    office.rosters(DAILY)
    assert office.states() == ["in force", "in force"]
    assert [who for who, *_ in office.table(at(9), at(11))] == ["c", "b"]


def test_a_swap_is_asked_by_one_and_taken_by_the_other(office: Office) -> None:
    number = office.as_("b", ask_swap, "office", at(9), "c", at(10), WHY)
    assert [who for who, *_ in office.table(at(9), at(11))] == ["b", "c"]  # until it is taken
    with pytest.raises(Refused, match="only whoever was asked"):
        office.as_("a", take_swap, number)
    office.as_("c", take_swap, number)
    assert [who for who, *_ in office.table(at(9), at(11))] == ["c", "b"]
    with pytest.raises(Refused, match="waits for nobody"):
        office.as_("c", take_swap, number)


def test_a_swap_that_is_declined_changes_nothing(office: Office) -> None:
    number = office.as_("b", ask_swap, "office", at(9), "c", None, WHY)
    office.as_("c", undo, number, "不行")
    assert office.states() == ["declined"]
    assert office.table(at(9), at(10)) == [("b", at(9), at(10))]


def test_nobody_swaps_another_persons_shift(office: Office) -> None:
    with pytest.raises(Refused, match="only whoever's shift it is"):
        office.as_("a", ask_swap, "office", at(9), "c", None, WHY)
    with pytest.raises(BadInput, match="not c's"):
        office.as_("b", ask_swap, "office", at(9), "c", at(11), WHY)


def test_a_swap_whose_shift_has_moved_cannot_be_taken(office: Office) -> None:
    number = office.as_("b", ask_swap, "office", at(9), "c", None, WHY)
    [layer] = DAILY["layers"]
    office.rosters(DAILY | {"layers": [layer | {"hand-over": "09:00"}]})
    assert office.states() == ["flagged"]
    with pytest.raises(Refused):
        office.as_("c", take_swap, number)


def test_a_running_shift_that_is_swapped_is_so_from_the_taking_on(office: Office) -> None:
    number = office.as_("b", ask_swap, "office", at(6), "c", None, WHY)
    office.passes(at(6, 11))
    office.as_("c", take_swap, number)
    assert office.table(at(6), at(7)) == [("b", at(6), at(6, 11)), ("c", at(6, 11), at(7))]


def test_a_temporary_roster_takes_the_overrides_of_its_days_with_it(office: Office) -> None:
    office.replaces(at(8), at(9), "d")
    shifts = [Shift(at(8), at(10), ("b",), at(8))]
    number = office.as_("d", set_temporary, "office", at(8), at(10), shifts, "春节")
    assert office.states() == ["flagged", "in force"]
    assert office.table(at(7), at(11)) == [
        ("c", at(7), at(8)), ("b", at(8), at(10)), ("c", at(10), at(11)),
    ]  # fmt: skip
    with pytest.raises(Refused, match="temporary roster from 8 Jan 08:00 to 10 Jan 08:00"):
        office.as_("d", set_temporary, "office", at(9), at(12), [], "春节")
    office.as_("d", undo, number, WHY)
    assert office.states() == ["in force", "undone"], "its shift is as it was"
    assert [who for who, *_ in office.table(at(8), at(10))] == ["d", "b"]


@pytest.mark.parametrize(("given", "expected"), [
    ({"post": "police"}, "the post police has no roster"),
    ({"person": "nobody"}, "there is no person 'nobody'"),
    ({"begins": at(9), "ends": at(8)}, "it ends before it begins"),
    ({"begins": at(1), "ends": at(2)}, "is over already"),
    ({"ends": at(6) + timedelta(days=400)}, "a year at most"),
    ({"person": "c"}, "nothing to change from 7 Jan 08:00 to 8 Jan 08:00"),
    ({"instead_of": "a"}, "nothing to change"),
    ({"reason": " "}, "needs a reason"),
    ({"person": ""}, "say who comes"),
])  # fmt: skip
def test_what_cannot_be_is_refused_in_both_languages(
    office: Office, given: dict[str, Any], expected: str
) -> None:
    given = {"post": "office", "kind": "replace", "begins": at(7), "ends": at(8), "person": "d",
             "reason": WHY} | given  # fmt: skip
    with pytest.raises(BadInput, match=expected) as wrong:
        office.as_("d", override, **given)
    assert wrong.value.zh
    assert office.states() == []


def test_only_who_made_a_change_or_may_order_undoes_it(office: Office) -> None:
    [number] = office.replaces(at(7), at(8), "d")
    with pytest.raises(Refused, match="another person's"):
        office.as_("a", undo, number, WHY)
