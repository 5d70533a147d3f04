"""The arguments of a measure that a person orders, held to what the measure declares."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from alerting.errors import BadInput
from alerting.rulebook import units
from alerting.rulebook.arguments import EXEMPTS, Argued, Argument, read_clock
from alerting.rulebook.measures import Measure, Question

FORM_TEXT = 2000  # characters of one field
_NUMBER = re.compile(r"\s*([-+]?\d+(?:\.\d+)?)\s*(\S*)\s*")
YES = frozenset({"是", "有", "需要", "要", "yes", "y"})
NO = frozenset({"否", "无", "没有", "不", "不需要", "不用", "不要", "no", "n", "none"})


def read_given(name: str, definition: Measure, given: Any) -> dict[str, Argued]:
    """Every declared argument that must be given, in the declared unit; and, where the measure exempts
    somebody, who of them is still let pass (`exempts`); nothing else.

    A number is in the declared unit, a text names its own (`"40 km/h"`), as a pack does; words are a
    list, or a text joined with `+`. Raises BadInput that names the argument.
    """
    if not isinstance(given, dict):
        raise BadInput(f"the arguments of {name} are names and values, not {_shown(given)}",
                       zh=f"“{definition.title['zh']}”的参数应逐项写明名称和数值。")  # fmt: skip
    known = ", ".join(definition.arguments) or "none"
    given = dict(given)
    passing = given.pop(EXEMPTS, None) if definition.exempts else None
    for argument in given:
        if argument not in definition.arguments:
            raise BadInput(f"{name} has no argument {argument!r}", mend=f"It has: {known}.",
                           zh=f"“{definition.title['zh']}”没有“{argument}”这个参数。")  # fmt: skip
    made: dict[str, Argued] = {}
    for argument, declared in definition.arguments.items():
        if argument in given:
            read = _READ[declared.kind]
            made[argument] = read(f"{argument} of {name}", declared, given[argument])
        elif declared.default is not None:
            made[argument] = declared.default
        elif not declared.optional:
            raise BadInput(f"{name} needs its argument {argument}: {declared.form()}",
                           zh=f"“{definition.title['zh']}”还要填：{_said(declared)}。")  # fmt: skip
    if passing is not None:
        made[EXEMPTS] = _exempts(name, definition, passing)
    return made


def _exempts(name: str, definition: Measure, given: Any) -> list[str]:
    """Fewer than the measure lets pass by itself, never more; those whom the law always lets pass are
    among them. An empty list or text exempts nobody else."""
    words = [w for w in re.split(r"[+,]", given) if w] if isinstance(given, str) else given
    if not (isinstance(words, list) and all(w in definition.exempts for w in words)):
        said = "、".join(f"{key}（{one.zh}）" for key, one in definition.exempts.items())
        raise BadInput(f"{name} can exempt {', '.join(definition.exempts)}, not {_shown(given)}",
                       zh=f"“{definition.title['zh']}”可放行的只有：{said}。")  # fmt: skip
    always = {key for key, one in definition.exempts.items() if one.always}
    return sorted({*words, *always})


def read_form(definition: Measure, given: Any) -> dict[str, str | int]:
    """What came back on a return form, held to its questions; what was left empty is not in it.

    Raises BadInput that names every field at fault.
    """
    if not definition.returns:
        raise BadInput("this measure has no form to return",
                       zh=f"“{definition.title['zh']}”没有回执表。")  # fmt: skip
    answers = given if isinstance(given, dict) else {}
    known = {question.id for question in definition.returns}
    if unknown := sorted(set(answers) - known):
        raise BadInput(f"the form has no field {', '.join(map(repr, unknown))}",
                       mend=f"It has: {', '.join(q.id for q in definition.returns)}.",
                       zh=f"回执表没有“{'、'.join(unknown)}”这一栏。")  # fmt: skip
    made, wrong = read_answers(definition.returns, answers)
    if wrong:
        raise BadInput("; ".join(en for _, en in wrong),
                       zh=f"回执表：{'；'.join(zh for zh, _ in wrong)}。")  # fmt: skip
    return made


def read_answers(
    questions: Sequence[Question], answers: Mapping[str, Any]
) -> tuple[dict[str, str | int], list[tuple[str, str]]]:
    """What reads of answers to questions, by id, and what is wrong with the rest in (zh, en); a yes or
    no is "yes" or "no", what was left empty and is not needed is in neither."""
    made: dict[str, str | int] = {}
    wrong: list[tuple[str, str]] = []
    for question in questions:
        text = str(answers.get(question.id, "")).strip()[:FORM_TEXT]
        value = read_answer(question, text)
        if value is not None:
            made[question.id] = value
        elif not text:
            if question.needed:
                wrong.append((f"还没有填“{question.zh}”", f"{question.en} is missing"))
        elif question.kind == "number":
            wrong.append((f"“{question.zh}”应填数字", f"{question.en} is a whole number"))
        else:
            wrong.append((f"“{question.zh}”应填是或否", f"{question.en} is yes or no"))
    return made, wrong


def read_answer(question: Question, text: str) -> str | int | None:
    """One answer as it is kept; None for what does not read, or is nothing."""
    if question.kind == "number":
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
    if question.kind == "yes-no":
        word = text.lower()
        return "yes" if word in YES else "no" if word in NO else None
    return text or None


def _number(what: str, declared: Argument, given: Any) -> float:
    if isinstance(given, str) and (written := _NUMBER.fullmatch(given)):
        try:
            value = units.convert(float(written[1]), written[2], declared.unit or "1", what)
        except units.UnitError as error:
            raise BadInput(error.what, mend=error.mend,
                           zh=f"“{given}”的单位不合适：应填{_said(declared)}。") from None  # fmt: skip
    elif isinstance(given, int | float) and not isinstance(given, bool):
        value = float(given)
    else:
        raise BadInput(f"{what} is {declared.form()}, not {_shown(given)}",
                       zh=f"“{given}”不合适：应填{_said(declared)}。")  # fmt: skip
    if wrong := declared.out_of_range(value):
        raise BadInput(f"{what} must be {wrong} {declared.unit}, not {value:g}".replace("  ", " "),
                       zh=f"{value:g} 超出范围：应填{_said(declared)}。")  # fmt: skip
    return value


def _words(what: str, declared: Argument, given: Any) -> list[str]:
    words = re.split(r"[+,]", given) if isinstance(given, str) else given
    if not (isinstance(words, list) and words and all(isinstance(w, str) and w for w in words)):
        raise BadInput(f"{what} is {declared.form()}, not {_shown(given)}",
                       zh=f"“{given}”不合适：应填{_said(declared)}。")  # fmt: skip
    for word in words:
        if declared.words and word not in declared.words:
            raise BadInput(f"{word!r} is no word of {what}", mend=declared.form().capitalize() + ".",
                           zh=f"没有“{word}”这个选项，可填：{_said(declared)}。")  # fmt: skip
    return sorted(set(words))


def _word(what: str, declared: Argument, given: Any) -> str:
    word = given[0] if isinstance(given, list) and len(given) == 1 else given
    if word not in declared.words:
        raise BadInput(f"{what} is {declared.form()}, not {_shown(given)}",
                       zh=f"“{given}”不合适，请填其中之一：{_said(declared)}。")  # fmt: skip
    return str(word)


def _clock(what: str, declared: Argument, given: Any) -> str:
    try:
        return read_clock(given if isinstance(given, str) else "")
    except ValueError:
        raise BadInput(f"{what} is {declared.form()}, not {_shown(given)}",
                       zh=f"“{given}”不是时刻，请写成 20:00。") from None  # fmt: skip


_READ: dict[str, Callable[[str, Argument, Any], Argued]] = {
    "number": _number, "words": _words, "word": _word, "clock": _clock,
}  # fmt: skip


def _said(declared: Argument) -> str:
    """The same in Chinese."""
    if declared.words:
        return "、".join(f"{word}（{said['zh']}）" for word, said in declared.words.items())
    least = "" if declared.least is None else f"，不小于 {declared.least:g}"
    most = "" if declared.most is None else f"，不大于 {declared.most:g}"
    kind = {"words": "文字", "clock": "时刻，如 20:00"}.get(declared.kind, "数字")
    return f"{declared.zh.replace('{value}', '…')}（{kind}{least}{most}）"


def _shown(given: Any) -> str:
    text = repr(given)
    return text if len(text) <= 40 else f"{text[:40]}…"
