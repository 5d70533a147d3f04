"""Kleene's three values, bit by bit, against their truth tables."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from alerting.rulebook.nodes import And, Or
from alerting.rulebook.planes import both, joined, negated, packed, unpacked
from tests.rulebook.reference import all3, any3, not3, planes

VALUES = (True, False, None)
KNOWN = (True, False)


def of(answers):
    """Planes of a row of answers; one plane where none is unknown."""
    true, possible = np.array([planes(a) for a in answers]).T
    return packed(true)[None] if None not in answers else both(true, possible)


def answers(made, count):
    shown = {(True, True): True, (False, True): None, (False, False): False}
    true, possible = unpacked(made[[0, -1]], count)
    return [shown[bool(t), bool(p)] for t, p in zip(true, possible, strict=True)]


@pytest.mark.parametrize("count", [1, 7, 8, 9, 16, 23])
def test_what_is_packed_comes_back(count):
    said = np.random.default_rng(count).random((2, 3, count)) < 0.5
    bits = packed(said)
    assert bits.shape == (2, 3, -(-count // 8))
    np.testing.assert_array_equal(unpacked(bits, count), said)


@pytest.mark.parametrize(("node", "slow"), [(And, all3), (Or, any3)])
@pytest.mark.parametrize("left", [VALUES, KNOWN])
@pytest.mark.parametrize("right", [VALUES, KNOWN])
def test_and_and_or_are_kleene_s(node, slow, left, right):
    """Also where one side lacks nothing and has one plane only."""
    rows = list(product(left, right, right))
    parts = [of(column) for column in zip(*rows, strict=True)]
    made = joined(node(()), parts)
    assert answers(made, len(rows)) == [slow(list(row)) for row in rows]


@pytest.mark.parametrize("values", [VALUES, KNOWN])
def test_not_is_kleene_s(values):
    assert answers(negated(of(values)), len(values)) == [not3(a) for a in values]
