"""What a decider changes as they approve: by name, or by SMS one number, where the measure has one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alerting.alerts.life import Life
from alerting.alerts.signing import put_arguments
from alerting.chase import decision_words, words
from alerting.errors import BadInput
from alerting.rulebook.given import read_given

NUMBER, UNIT = "number", "unit"  # of the one argument that is a number, as an SMS gives them


def changed_arguments(life: Life, row: Any, given: Mapping[str, Any]) -> dict[str, Any] | None:
    """The whole arguments of a measure with what is `given` in place of what was put; None where that
    changes nothing. What is given empty is left out. Raises BadInput, in both languages."""
    definition, put = life.measure(row.measure), put_arguments(row)
    changes = dict(given)
    if NUMBER in changes and NUMBER not in definition.arguments:
        number, unit = str(changes.pop(NUMBER)), str(changes.pop(UNIT, ""))
        numbers = [name for name, one in definition.arguments.items() if one.kind == "number"]
        said = [definition.arguments[name] for name in numbers]
        if len(numbers) != 1 or unit.lower() not in f"{said[0].zh} {said[0].en}".lower():
            title = words.both(definition.title["zh"], definition.title["en"])
            told = decision_words.no_one_number(title)
            raise BadInput(told["en"], zh=told["zh"])
        changes[numbers[0]] = float(number)
    whole = {name: value for name, value in {**put, **changes}.items() if value not in ("", None, [])}
    made = read_given(row.measure, definition, whole)
    return None if made == put else made
