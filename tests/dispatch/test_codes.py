"""Codes a thumb can type, and links nobody can make up."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import islice

from alerting.chase import read
from alerting.chase.cautions import UNITS
from alerting.dispatch.codes import all_codes, free_code, link_for
from alerting.vocabulary.answers import STOP_WORDS
from tests.dispatch.hall import START


def test_codes_never_run_out_nor_repeat() -> None:
    many = list(islice(all_codes(), 6000))
    assert len(set(many)) == 6000
    assert free_code(set(many)) not in many
    assert all(len(code) == 2 for code in many[:190])


def test_no_code_is_an_answer_a_letter_or_a_word_that_stops() -> None:
    for code in islice(all_codes(), 3000):
        assert not set(code) & set("0123458ABCDEFGILOQSZ")
        assert code.lower() not in STOP_WORDS.stop | STOP_WORDS.start


def test_every_code_is_read_as_itself_and_as_nothing_else() -> None:
    """HM is no throat that is cleared, "2 HR" and "2 PM" are times, "1 40 KM" is an approval of 40 km."""
    for code in [*islice(all_codes(), 208), *islice(all_codes(), 208, 2500, 7)]:
        for text in (f"1 {code}", f"{code} 1", f"1{code}", f"{code}，一", f"收到 {code}"):
            said = read(text, {code})
            assert (said.code, said.understood) == (code, True), text
        assert not UNITS.fullmatch(code), code
        assert code not in ("PM", "UP"), code


def test_a_link_is_for_one_message_and_cannot_be_made_up() -> None:
    later = START + timedelta(days=40)  # when codes come again
    links = {
        link_for("secret", realm, person, code, at)
        for realm in ("live", "exercise-1") for person in ("chen", "li") for code in ("H6", "H7")
        for at in (START, later)
    }  # fmt: skip
    assert len(links) == 16
    assert links.isdisjoint({link_for("guessed", "live", "chen", "H6", START)})
    assert all(re.fullmatch("[A-Za-z0-9_-]{27}", link) for link in links)
    assert not any("chen" in link or "H6" in link for link in links)
