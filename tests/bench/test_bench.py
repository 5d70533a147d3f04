"""The benches at tiny sizes: that all contestants say the same, not how long they take."""

import re

import pytest
from sqlalchemy import text

from bench import binding, county, engine, ingest, keeping, past
from bench.rounds import Target, same


@pytest.mark.parametrize("missing", [0.0, 0.05])
def test_every_engine_says_the_same_of_every_hour(missing):
    rates = engine.point(engine.SHORT, missing)
    assert set(rates) == {
        "suian", "lambdas", "one lambda for all rules", "zen-engine", "polars",
    }  # fmt: skip


@pytest.mark.parametrize("missing", [0.0, 0.05])
def test_windows_say_the_same_as_polars(missing):
    assert set(engine.windowed(engine.SHORT, missing)) == {"hourly", "over time"}


def test_the_rules_of_the_bench_are_as_many_as_it_says():
    drawn = [c for tree in engine.form.draw_rules(60) for c in engine.form.comparisons(tree)]
    assert (len(drawn), len(set(drawn))) == (180, 163)


def test_the_drawn_rules_are_both_met_and_unknown_somewhere():
    trees = engine.form.draw_rules(12)
    ours = engine.Hourly([engine.form.in_our_language(t) for t in trees], 16, 40)
    ours.run(engine.sight_of(engine.draw(16, 40, 0.2)))
    assert set(ours.cells().ravel()) == {0, 1, 2}


def test_a_run_is_read_as_it_is_written_and_a_quiet_one_opens_nothing(tmp_path):
    made = ingest.measure_size(100, 1, tmp_path)
    assert made["places"] == 80
    assert made["without"] > 0


def test_a_front_opens_its_part_of_the_places(tmp_path):
    run = ingest.Run(100, tmp_path)
    for turn, front in enumerate((False, False, True)):
        now = county.START + (turn + 1) * ingest.timedelta(hours=1)
        run.take(county.answers(100, now, front, turn), now)
    with run.store.read() as connection:
        rows = connection.execute(ingest.select(ingest.alert)).all()
    assert len({r.place for r in rows}) == 24  # of 80
    assert {r.rule for r in rows} >= {"road-fog", "site-wind", "mine-snow"}


def test_a_fronts_notices_are_all_bound_and_its_texts_are_those_composed_anew(tmp_path):
    made = binding.measure(100, tmp_path)
    assert made["notices"] > made["deliveries"] > 0
    assert made["bare"] > 0


def test_a_wrong_result_stops_the_bench():
    with pytest.raises(AssertionError, match="polars"):
        same(False, "polars")


def test_a_missed_target_is_said_to_be_missed():
    assert "MISSED" in Target("x", 1.6, 1.5, at_least=False).line()
    assert "met" in Target("x", 1.6, 1.5).line()


def test_a_history_has_as_many_rows_as_it_says_and_sixty_things_that_are_open(tmp_path):
    station = past.begun(tmp_path, "")
    before = past.rows_of(station.store)
    past.fill(station, 120)
    position = 1  # which a service that never took a signal has not
    assert past.rows_of(station.store) - before == (120 + past.OPEN) * past.EACH + position
    with station.store.read() as connection:
        open_now = connection.execute(text("SELECT count(*) FROM alert WHERE state = 'open'")).scalar_one()
    assert open_now == past.OPEN
    station.store.close()


def test_nine_tenths_of_a_history_go_in_pieces_and_a_tenth_stays(tmp_path, capsys):
    keeping.measured(past.Shelf(tmp_path, ""), "sqlite", 600)
    said = capsys.readouterr().out.replace(",", "")
    rows, gone, off, left = map(int, re.search(
        r"(\d+) rows (\d+) gone in .* night after (\d+) of the log .* (\d+) left", said).groups())
    assert rows == gone + off + left - 1, "the cut is told in the log"
    assert left < rows / 5
