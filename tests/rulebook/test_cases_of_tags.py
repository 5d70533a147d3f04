"""A rule for tagged places passes its own cases, and is explained where it applies."""

from __future__ import annotations

from pathlib import Path

from alerting.rulebook import load_book

PACK = """
sector: road-traffic
title: {zh: 道路, en: Roads}
rules:
  - id: fog
    hazard: fog
    place: road-section
    where: tags has expressway
    basis: [M-01]
    levels: {yellow: {when: visibility < 200 m, ask: []}}
    clear: visibility >= 500 m
    cases: [{name: fog, given: {visibility: [100, 100]}, expect: {level: yellow}}]
"""


def test_a_case_stands_at_a_place_the_rule_applies_to(tmp_path: Path) -> None:
    (tmp_path / "measures.yaml").write_text("measures: {}\n")
    (tmp_path / "roads.yaml").write_text(PACK)
    assert load_book(tmp_path).rules[0].tags == {"expressway"}
