"""What pydantic finds wrong with a value of a file, in the words of whoever writes the file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LONGEST = 40  # characters of a value that are said again


def worded(found: Mapping[str, Any], name: str, docs: str) -> tuple[str, str]:
    """One of pydantic's errors as what is wrong and what to do, both in both languages; `name` is the
    key, `docs` the page that lists the keys."""
    given, more = _shown(found["input"]), found.get("ctx", {})
    see = f"{docs} says what may stand there / 可用写法见 {docs}。"
    match found["type"]:
        case "missing":
            return f"{name} is missing / 缺少此项。", f"Add it; {docs} lists the keys / 请补上。"
        case "extra_forbidden":
            return f"{name} is not a key of this file / 没有这个键。", f"See {docs}."
        case "greater_than":
            mend = f"Write more than {more['gt']:g} / 请写大于{more['gt']:g}的数。"
            return f"{name}: {given} is too little / 太小。", mend
        case "greater_than_equal":
            mend = f"Write {more['ge']:g} or more / 请写不小于{more['ge']:g}的数。"
            return f"{name}: {given} is too little / 太小。", mend
        case "less_than":
            mend = f"Write less than {more['lt']:g} / 请写小于{more['lt']:g}的数。"
            return f"{name}: {given} is too much / 太大。", mend
        case "less_than_equal":
            mend = f"Write {more['le']:g} or less / 请写不大于{more['le']:g}的数。"
            return f"{name}: {given} is too much / 太大。", mend
        case "float_type" | "float_parsing" | "finite_number":
            mend = "Write a number, e.g. 10 / 请写数字，如 10。"
            return f"{name}: {given} is no number / 不是数字。", mend
        case "int_type" | "int_parsing" | "int_from_float":
            return (f"{name}: {given} is no whole number / 不是整数。",
                    "Write a whole number, e.g. 2 / 请写整数，如 2。")  # fmt: skip
        case "bool_type" | "bool_parsing":
            return (f"{name}: {given} is neither true nor false / 既不是 true 也不是 false。",
                    "Write true or false / 请写 true 或 false。")  # fmt: skip
        case "literal_error":
            known = more["expected"].replace(" or ", ", ")
            mend = f"There is / 可用: {known}."
            return f"{name}: {given} is none of what there is / 没有这一种。", mend
        case "string_type":
            return f"{name}: {given} is no text / 不是文字。", "Put it in quotes / 请加引号。"
        case "tuple_type" | "list_type":
            mend = "Write [one, another], one alone too / 请写成 [甲, 乙]，只有一项也要加方括号。"
            return f"{name}: {given} is no list / 不是列表。", mend
        case "model_type" | "dict_type":
            return f"{name}: {given} has no keys / 应为“键: 值”。", see
        case "too_short":
            least, here = more["min_length"], more["actual_length"]
            mend = f"It needs {least} at least / 至少要{least}项。"
            return f"{name}: there are {here} / 只有{here}项。", mend
        case "value_error":
            return f"{name}: {found['msg'].removeprefix('Value error, ').rstrip('.')}.", ""
        case _:
            return f"{name}: {given}: {found['msg'].rstrip('.')}.", see


def _shown(given: Any) -> str:
    text = repr(given)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
