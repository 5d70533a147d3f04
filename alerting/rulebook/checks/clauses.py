"""A condition as alternatives, each a list of parts that are all true or denied together."""

from __future__ import annotations

from itertools import product

from alerting.rulebook.nodes import And, Compare, Condition, Masked, Not, Or, Term

# A part that stands alone (a comparison, a fact, a term), and whether it is so or denied.
Literal = tuple[Condition, bool]
Clause = tuple[Literal, ...]
# A condition with more alternatives than this is left unjudged.
MOST = 4000


class TooMany(Exception):
    """More alternatives than are worth looking at."""


def clauses(node: Condition, so: bool = True) -> list[Clause]:
    """The alternatives of `node`, or of its denial. A term is one part. Raises TooMany."""
    match node:
        case Not(part):
            return clauses(part, not so)
        case Masked(part):
            return clauses(part, so)
        case Compare(series, "=", threshold, unit) if not so:
            return [((Compare(series, "<", threshold, unit), True),),
                    ((Compare(series, ">", threshold, unit), True),)]  # fmt: skip
        case And(parts) | Or(parts):
            each = [clauses(part, so) for part in parts]
            if isinstance(node, Or) == so:
                return _few([clause for some in each for clause in some])
            made: list[Clause] = [()]
            for some in each:
                made = _few([a + b for a, b in product(made, some)])
            return made
        case _:
            return [((node, so),)]


def _few(made: list[Clause]) -> list[Clause]:
    if len(made) > MOST:
        raise TooMany
    return list(dict.fromkeys(made))


def flat(node: Condition) -> Condition:
    """The condition in weather that does not change: a term is then what it says of one hour."""
    match node:
        case Term():
            return flat(node.condition)
        case Not(part):
            return Not(flat(part))
        case And(parts):
            return And(tuple(flat(part) for part in parts))
        case Or(parts):
            return Or(tuple(flat(part) for part in parts))
        case _:
            return node
