"""Every row of docs/mission.md with the shipped book and county: a payload in, the named measure asked
of the named post in both languages, carried out, lifted. The rows themselves stand in rows.py."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from alerting.store.schema import alert, asker, audit, measure, returned
from alerting.vocabulary.answers import ANSWERS
from alerting.vocabulary.gate import GATE
from tests.scenarios.chapters import BOOK, Chapter, live
from tests.scenarios.nursery import Nursery
from tests.scenarios.payloads import ELSEWHERE
from tests.scenarios.rows import CHINA, NEW_YEAR, QINGMING, ROWS, Row

MISSION = Path(__file__).resolve().parents[2] / "docs" / "mission.md"

each_row = pytest.mark.parametrize("row", ROWS, ids=str)
each_chapter = pytest.mark.parametrize("name", [NEW_YEAR, QINGMING])


@pytest.fixture(scope="module")
def lived(
    tmp_path_factory: pytest.TempPathFactory, nursery: Nursery
) -> Iterator[Callable[[str], Chapter]]:
    """A chapter by its name, lived when it is first asked for, and once whatever comes of it."""
    tried: dict[str, Chapter | Exception] = {}

    def chapter(name: str) -> Chapter:
        if name not in tried:
            try:
                tried[name] = live(name, tmp_path_factory.mktemp(name), nursery)
            except Exception as error:
                tried[name] = error
                raise
        made = tried[name]
        if isinstance(made, Exception):
            pytest.fail(f"the chapter {name} was not lived to its end: {made!r:.300}", pytrace=False)
        return made

    yield chapter
    for made in tried.values():
        if isinstance(made, Chapter):
            made.store.close()


def the_measure(chapter: Chapter, row: Row, side: int) -> Any:
    held = chapter.asked(row, row.sides[side])
    assert len(held) == 1, f"{row.measure} at {row.sides[side].place}: {held}. {chapter.went_wrong}"
    return held[0]


def says(texts: Sequence[str], words: str, wants: str, language: str) -> bool:
    """Whether one of them has these words, and the first of the answers to what it wants."""
    first = getattr(ANSWERS[wants]["1"], language)
    return any(words in text and first in text for text in texts)


def test_every_row_of_the_mission_is_told() -> None:
    written = set(re.findall(r'<a id="m-\d\d"></a>(M-\d\d)', MISSION.read_text("utf-8")))
    assert {row.row for row in ROWS} == written
    for row in ROWS:
        assert row.row in BOOK[row.measure]["basis"], row


@each_row
def test_it_is_asked_of_the_named_post(lived: Callable[[str], Chapter], row: Row) -> None:
    chapter = lived(row.chapter)
    for number, side in enumerate(row.sides):
        one = the_measure(chapter, row, number)
        assert one.carrier == side.post
        rules = chapter.reads(
            select(alert.c.rule).join(asker, asker.c.asker == alert.c.id)
            .where(asker.c.measure == one.id)
        )  # fmt: skip
        assert row.rule in [found.rule for found in rules]
        assert one.issued is not None
        assert one.decider == (row.decider or None)
        if row.decider:
            person = chapter.holders[row.decider]
            assert one.decided_by == person
            assert (person, "approved") in chapter.done(one)
            language = chapter.language(row.decider)
            told = chapter.messages(row.decider)
            assert says(told, BOOK[row.measure]["sms"][language], "decision", language), told


@each_row
def test_what_must_not_wait_for_the_decision_is_asked_at_once(
    lived: Callable[[str], Chapter], row: Row
) -> None:
    chapter = lived(row.chapter)
    for number, side in enumerate(row.sides):
        decided = the_measure(chapter, row, number)
        for name in BOOK[row.measure].get("interim", []):
            meanwhile = chapter.reads(
                select(measure).where(measure.c.measure == name, measure.c.object == side.place)
            )
            assert any(one.issued and one.issued <= decided.proposed for one in meanwhile), name


@pytest.mark.parametrize("row", [row for row in ROWS if row.at], ids=str)
def test_it_is_asked_at_its_hour(lived: Callable[[str], Chapter], row: Row) -> None:
    for side in range(len(row.sides)):
        one = the_measure(lived(row.chapter), row, side)
        assert f"{one.proposed.astimezone(CHINA):%H:%M}" in row.at


@each_row
def test_it_is_asked_in_both_languages(lived: Callable[[str], Chapter], row: Row) -> None:
    chapter = lived(row.chapter)
    assert [chapter.language(side.post) for side in row.sides] == ["zh", "en"]
    for side in row.sides:
        language = chapter.language(side.post)
        words, told = BOOK[row.measure]["sms"][language], chapter.messages(side.post)
        assert says(told, words, "acknowledge", language), told


@each_row
def test_it_is_carried_out(lived: Callable[[str], Chapter], row: Row) -> None:
    chapter = lived(row.chapter)
    for number, side in enumerate(row.sides):
        one, person = the_measure(chapter, row, number), chapter.holders[side.post]
        done = chapter.done(one)
        assert (person, "acknowledged") in done
        assert (person, "in force") in done
        forms = chapter.reads(select(returned).where(returned.c.measure == one.id))
        assert bool(forms) == bool(BOOK[row.measure].get("return"))


@each_row
def test_it_is_lifted(lived: Callable[[str], Chapter], row: Row) -> None:
    chapter = lived(row.chapter)
    for number, lifter in enumerate(row.lifters):
        one, person = the_measure(chapter, row, number), chapter.holders[lifter]
        assert one.lifter == lifter
        assert one.state == "lifted", chapter.went_wrong
        signed = "sign" if BOOK[row.measure].get("gate") else "attested"
        looked = BOOK[row.measure].get("check") or BOOK[row.measure].get("gate")
        assert ((person, signed) in chapter.done(one)) == bool(looked)


@pytest.mark.parametrize(("side", "point"), [(0, "equipment"), (1, "workforce")],
                         ids=["a no", "a gap"])  # fmt: skip
def test_a_halt_is_lifted_by_four_points_and_a_signature_and_by_nothing_less(
    lived: Callable[[str], Chapter], side: int, point: str
) -> None:
    [row] = [row for row in ROWS if row.row == "M-19"]
    chapter = lived(row.chapter)
    one = the_measure(chapter, row, side)
    enterprise, regulator = chapter.holders[one.carrier], chapter.holders[one.lifter]
    done = chapter.done(one)
    refused, signed = done.index((enterprise, "refuse attestation")), done.index((regulator, "sign"))
    assert refused < done.index((enterprise, "attested")) < signed
    whole = [(enterprise, f"attest {key}") for key in GATE]
    assert [entry for entry in done[refused:signed] if entry in whole] == whole
    [why] = chapter.reads(select(audit.c.change).where(
        audit.c.subject == one.id, audit.c.action == "refuse attestation"))  # fmt: skip
    for number, language in enumerate(("zh", "en")):
        assert GATE[point][number] in why.change["reason"][language]
    assert any("未受理" in text and GATE[point][0] in text for text in chapter.messages(one.lifter))


@each_chapter
def test_all_was_handed_in_and_answered(lived: Callable[[str], Chapter], name: str) -> None:
    assert lived(name).went_wrong == []


@each_chapter
def test_nobody_is_told_anything_in_a_language_that_is_not_theirs(
    lived: Callable[[str], Chapter], name: str
) -> None:
    chapter = lived(name)
    for person, texts in chapter.told().items():
        zh = chapter.people[person]["language"] == "zh"
        # Addresses and the audit's head are no words; what an accident's bulletin says stays as it came.
        foreign = r"(?<![0-9a-z])[a-z]{4,}(?![0-9a-z])" if zh else r"[\u4e00-\u9fff]"
        for text in texts:
            plain = re.sub("|".join((r"https?://\S+", "/[a-z]+", *ELSEWHERE)), "", text)
            assert not re.search(foreign, plain), text
