"""How alerts open, rise, fall, clear and reopen, word for word as the semantics have it."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from alerting.alerts import measures
from alerting.store.schema import notice
from alerting.weather import SourceFacts
from tests.alerts.county import START, STORY, County


@pytest.fixture
def county() -> County:
    return County()


def test_opens_at_the_highest_level_that_is_true_and_asks_all_below(county: County) -> None:
    county.forecast(visibility=[8000, 8000, 8000, 150])
    assert county.changes() == [("opened", 3)]
    assert set(county.measures()) == {"guide", "speed-limit"}
    assert county.measures()["speed-limit"].arguments == {"limit": 40}
    assert county.alerts()[0].onset == START + timedelta(hours=3)


def test_the_clock_alone_raises_it_when_the_onset_comes_near(county: County) -> None:
    county.forecast(visibility=[8000] * 5 + [30, 30])
    assert county.changes() == [("opened", 3)]
    county.passes(3)
    assert county.changes() == [("opened", 3), ("raised", 4)]


def test_missing_hours_open_nothing(county: County) -> None:
    county.forecast(visibility=[8000] + [None] * 47)
    assert county.changes() == []


def test_a_run_with_a_wrong_clock_does_not_mute_its_source(county: County) -> None:
    county.takes(county.run(issued=START + timedelta(hours=8)))  # local time taken for UTC
    county.passes(1)
    county.forecast(visibility=[9000, 150])
    assert county.changes() == [("opened", 3)]


def test_fill_values_open_nothing(county: County) -> None:
    county.forecast(visibility=[9000, 9000, -9999])
    assert county.changes() == []


def test_missing_data_lifts_nothing(county: County) -> None:
    county.forecast(visibility=[150] * 3)
    county.passes(5)
    county.forecast(visibility=[None] * 48)
    county.passes(20)
    assert [c for c in county.changes() if c[0] in ("fell", "cleared")] == []


def test_after_onset_a_fresh_observation_and_the_hold_clear_it(county: County) -> None:
    county.forecast(visibility=[150, 150])
    county.observes(visibility=150)
    county.passes(2)
    county.observes(visibility=9000)
    county.passes(1)
    county.observes(visibility=9000)
    assert county.changes()[-1][0] != "cleared"
    county.passes(1)
    assert county.changes()[-1] == ("cleared", 0)


def test_a_single_poor_hour_during_the_hold_starts_it_again(county: County) -> None:
    county.forecast(visibility=[150, 150])
    county.passes(2)
    county.observes(visibility=9000)
    county.passes(1)
    county.observes(visibility=600)  # above the trigger, below `clear`
    county.passes(1)
    county.observes(visibility=9000)
    county.passes(1)
    assert county.changes()[-1][0] != "cleared"
    county.passes(1)
    assert county.changes()[-1] == ("cleared", 0)


def test_a_hold_is_not_run_out_by_hours_nobody_looked_at(county: County) -> None:
    county.forecast(visibility=[150, 150, 9000, 9000, 600, 600])  # at 10 and 11 it is not clear
    county.observes(visibility=150)
    county.passes(2)
    county.observes()
    county.passes(1)
    county.observes()
    county.now += timedelta(hours=3, minutes=5)  # the service was down from 9:00 to 12:05
    county.observes()
    assert county.changes()[-1] != ("cleared", 0)
    county.passes(2)
    county.observes()
    assert county.changes()[-1] != ("cleared", 0)
    county.now += timedelta(minutes=5)
    county.observes()  # two hours clear since somebody looked again
    assert county.changes()[-1] == ("cleared", 0)


def test_an_outage_that_was_clear_all_along_runs_the_hold_out(county: County) -> None:
    county.forecast(visibility=[150, 150])
    county.passes(2)
    county.observes()
    county.now += timedelta(hours=3, minutes=5)
    county.observes()
    assert county.changes()[-1] == ("cleared", 0)


def test_hours_of_an_outage_of_which_nothing_is_known_start_the_hold_again() -> None:
    county = County()
    del county.sources[0]  # stations alone
    county.engine = county._engine()
    county.observes(visibility=150)
    for _ in range(2):
        county.passes(1)
        county.observes()
    county.now += timedelta(hours=3, minutes=5)
    county.observes()
    assert county.changes()[-1] == ("opened", 3)
    for _ in range(2):
        county.passes(1)
        county.observes()
    county.passes(1)
    county.observes()
    assert county.changes()[-1] == ("cleared", 0)


def test_before_onset_two_runs_must_agree_and_one_does_not_flip_it(county: County) -> None:
    county.forecast(visibility=[9000] * 10 + [300])
    county.passes(6)
    county.forecast()  # the next run takes it back
    county.passes(5)
    assert county.changes() == [("opened", 2)]
    county.passes(1)
    county.forecast()  # and the one after agrees
    county.passes(3)
    assert county.changes()[-1] == ("cleared", 0)


def test_without_a_station_two_runs_clear_it_and_it_does_not_stay_open_for_ever() -> None:
    county = County(observing=False)
    county.forecast(visibility=[150, 150])
    for _ in range(4):
        county.passes(6)
        county.forecast()
    assert county.changes()[-1] == ("cleared", 0)


def test_reopening_within_the_gap_is_the_same_alert(county: County) -> None:
    _fog_comes_and_goes(county)
    county.passes(2)
    county.observes(visibility=40)
    assert county.changes()[-1][0] == "reopened"
    assert len(county.alerts()) == 1


def test_after_the_gap_it_is_a_new_one(county: County) -> None:
    _fog_comes_and_goes(county)
    for _ in range(8):
        county.passes(1)
        county.observes()
    county.observes(visibility=40)
    assert [a.episode for a in county.alerts()] == [1, 2]


def _fog_comes_and_goes(county: County) -> None:
    county.forecast(visibility=[150, 150])
    county.passes(2)
    for _ in range(4):
        county.observes()
        county.passes(1)
    assert county.changes()[-1] == ("cleared", 0)


def test_overdue_sources_let_nothing_fall(county: County) -> None:
    county.forecast(visibility=[150, 150])
    county.passes(14)  # the run is 14 h old, two cadences are 12
    county.observes()
    county.passes(4)
    county.observes()
    assert [c for c in county.changes() if c[0] in ("fell", "cleared")] == []


def test_an_official_warning_is_a_floor_and_its_end_is_no_end_of_the_hold(county: County) -> None:
    county.forecast()
    county.warns("orange")
    assert county.changes("icing") == [("opened", 3)]
    assert county.alerts()[0].official == 3
    county.warns("orange", action="cancel", identifier="W2", references=("W1",))
    assert county.changes("icing")[-1] == ("opened", 3)


def test_a_level_the_ladder_lacks_is_the_next_lower_one(county: County) -> None:
    county.forecast()
    county.warns("red")  # icing ends at orange in this book
    assert county.changes("icing") == [("opened", 3)]


def test_a_cancel_that_overtakes_its_warning_ends_it_all_the_same(county: County) -> None:
    county.forecast()
    county.warns("orange", action="cancel", identifier="W2", references=("W1",))
    county.warns("orange")
    assert county.changes("icing") == []


def test_the_same_run_twice_and_an_older_run_change_nothing(county: County) -> None:
    run = county.run(visibility=[150, 150])
    county.takes(run)
    before = county.changes()
    county.takes(run)
    county.takes(county.run(issued=START - timedelta(hours=1)))
    assert county.changes() == before


def test_a_restart_between_any_two_signals_changes_nothing() -> None:
    def story(restarting: bool) -> tuple[object, object]:
        county = County()
        county.forecast(visibility=[9000] * 4 + [150, 30, 9000])
        for hour in range(14):
            if restarting:
                county.restarts()
            county.passes(1)
            if hour > 4:
                county.observes(visibility=40 if hour < 7 else 9000)
            if hour == 6:
                county.forecast()
        return county.changes(), [(n.kind, n.post, n.level) for n in county.notices()]

    assert story(True) == story(False)


def test_the_strictest_argument_wins_and_is_issued_again(county: County) -> None:
    county.forecast(visibility=[9000] * 8 + [450])
    limit = county.measures()["speed-limit"]
    assert (limit.arguments, limit.version) == ({"limit": 60}, 1)
    county.observes(visibility=150)
    limit = county.measures()["speed-limit"]
    assert (limit.arguments, limit.version, limit.state) == ({"limit": 40}, 2, "issued")
    assert [n.kind for n in county.notices() if n.measure == limit.id] == ["order", "tighten"]


def test_closing_waits_for_its_decider_and_interim_measures_go_out_at_once(county: County) -> None:
    county.observes(visibility=40)
    made = county.measures()
    assert made["close"].state == "proposed"
    assert made["close"].decider == "transport"
    assert made["hold-entry"].state == "issued"
    assert [n.kind for n in county.notices() if n.measure == made["close"].id] == ["decide"]


def test_of_two_decisions_one_wins(county: County) -> None:
    county.observes(visibility=40)
    close = county.measures()["close"].id
    won = county.store.write(lambda c: measures.approve(c, county.life, close, "wang", county.now))
    lost = county.store.write(
        lambda c: measures.refuse(c, county.life, close, "zhao", county.now, "no need")
    )
    assert (won, lost) == (True, False)
    assert county.measures()["close"].state == "issued"


def test_what_needs_a_check_is_not_lifted_by_the_weather(county: County) -> None:
    county.forecast(temperature=[-1] * 4, precipitation=[1.0] * 4)
    county.passes(4)
    for _ in range(8):
        county.observes(temperature=6)
        county.passes(1)
    assert county.changes("icing")[-1] == ("cleared", 0)
    salt = county.measures()["salt"]
    assert salt.state == "lift proposed"
    assert county.store.write(
        lambda c: measures.attest(c, county.life, salt.id, "qian", county.now)
    )
    assert county.measures()["salt"].state == "lifted"
    assert county.notices()[-1].kind == "lifted"


def test_a_fall_before_onset_in_the_night_waits_for_the_morning(county: County) -> None:
    county.passes(6)  # 20:00 in the county
    county.forecast(visibility=[9000] * 11 + [300] * 3)
    county.passes(3)
    county.forecast()
    county.passes(1)
    county.forecast()
    county.passes(
        5
    )  # 05:00, two hours after the run that saw fog is out of the six that must agree
    assert county.changes()[-1] == ("cleared", 0)
    news = [n for n in county.notices() if n.kind == "clear"]
    assert [county.life.local(n.due).strftime("%H:%M") for n in news] == ["06:00"]
    county.forecast(visibility=[9000] * 2 + [300] * 3)
    assert county.changes()[-1][0] == "reopened"
    news = [n for n in county.notices() if n.kind in ("clear", "reopen")]
    assert [n.state for n in news] == ["withheld"]


def test_a_level_that_never_came_is_no_news_of_the_night_though_its_hour_is_past() -> None:
    county = County(observing=False)
    county.passes(6)  # 20:00 in the county
    county.forecast(visibility=[9000] * 5 + [150])  # orange at 01:00
    county.store.write(lambda c: c.execute(update(notice).values(state="carried")))
    for _ in range(9):
        county.passes(1)
        county.forecast(visibility=[9000] * 11 + [400] * 20)  # yellow later, says every run since
    assert [c for c in county.changes() if c[0] != "updated"] == [("opened", 3), ("fell", 2)]
    news = [n for n in county.notices() if n.kind == "fall" and n.measure is None]
    assert news
    assert all(n.created > START + timedelta(hours=11) for n in news)  # the hour it was due at
    assert {county.life.local(n.due).strftime("%H:%M") for n in news} == {"06:00"}
    county.passes(2)
    county.store.write(lambda c: c.execute(update(notice).values(state="carried")))
    county.forecast(visibility=[9000] * 2 + [150])
    assert county.changes()[-1] == ("raised", 3)
    assert [n.state for n in county.notices() if n.kind == "raise" and n.measure is None] == ["due"]


def test_where_no_source_can_say_clear_a_warning_s_end_is_the_end(county: County) -> None:
    blind = County(observing=False)
    blind.sources[0] = SourceFacts(
        "model", timedelta(hours=6), frozenset({"wind_speed"}), "forecast"
    )
    blind.engine = blind._engine()
    blind.warns("orange")
    assert blind.changes("icing") == [("opened", 3)]
    blind.warns("orange", action="cancel", identifier="W2", references=("W1",))
    assert blind.changes("icing")[-1] == ("cleared", 0)


def test_where_nobody_can_say_that_it_is_clear_it_stays_and_the_duty_office_is_asked(
    tmp_path: Path,
) -> None:
    book = tmp_path / "book"
    shutil.copytree(STORY / "book", book)
    roads = (book / "roads.yaml").read_text("utf-8")
    (book / "roads.yaml").write_text(
        roads.replace("clear: visibility >= 750 m", "clear: visibility >= 750 m and snow_depth < 1 cm"),
        "utf-8",
    )
    county = County(book=book)
    county.forecast(visibility=[150])
    for _ in range(4):
        county.passes(6)
        county.forecast()
    assert [what for what, _ in county.changes() if what != "updated"] == ["opened"]
    assert any(n.kind == "question" for n in county.notices())


def test_an_order_two_rules_ask_hangs_on_the_one_whose_reason_it_gives(county: County) -> None:
    """Else a reader who heard of red ice would not be told that the fog has risen to orange."""
    county.forecast(visibility=[400] * 12)
    county.passes(1)
    county.forecast(visibility=[400] * 12, temperature=[-3] * 12, precipitation=[1] * 12)
    tightened = [n for n in county.notices() if n.kind == "tighten"]
    assert [".icing." in n.alert for n in tightened] == [True]
