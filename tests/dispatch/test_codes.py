"""Codes a thumb can type, and links nobody can make up."""

from __future__ import annotations

from itertools import islice

from alerting.dispatch.codes import all_codes, delivery_of_link, free_code, link_for
from alerting.vocabulary.answers import STOP_WORDS


def test_codes_never_run_out_nor_repeat() -> None:
    many = list(islice(all_codes(), 6000))
    assert len(set(many)) == 6000
    assert free_code(set(many)) not in many
    assert all(len(code) == 2 for code in many[:200])


def test_no_code_is_an_answer_a_letter_or_a_word_that_stops() -> None:
    for code in islice(all_codes(), 3000):
        assert not set(code) & set("0123458ABCDEFGILOQSZ")
        assert code.lower() not in STOP_WORDS.stop | STOP_WORDS.start


def test_a_link_is_for_one_message_and_cannot_be_forged() -> None:
    link = link_for("secret", 7)
    assert delivery_of_link("secret", link) == 7
    assert delivery_of_link("other", link) is None
    assert delivery_of_link("secret", link.replace("7", "8", 1)) is None
    assert delivery_of_link("secret", "7") is None
    assert delivery_of_link("secret", "") is None
