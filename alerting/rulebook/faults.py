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
        case "greater_than" | "greater_than_equal" as kind:
            least = more["gt" if kind == "greater_than" else "ge"]
            words = ("more than {n} / 请写大于{n}的数。" if kind == "greater_than" else
                     "{n} or more / 请写不小于{n}的数。")  # fmt: skip
            return f"{name}: {given} is too little / 太小。", "Write " + words.format(n=f"{least:g}")
        case "less_than" | "less_than_equal":
            most = more["lt" if found["type"] == "less_than" else "le"]
            words = "less than {n} / 请写小于{n}的数。" if found["type"] == "less_than" else (
                "{n} or less / 请写不大于{n}的数。")  # fmt: skip
            return f"{name}: {given} is too much / 太大。", "Write " + words.format(n=f"{most:g}")
        case "float_type" | "float_parsing" | "finite_number":
            return f"{name}: {given} is no number / 不是数字。", "Write a number, e.g. 10 / 请写数字，如 10。"
        case "int_type" | "int_parsing" | "int_from_float":
            return (f"{name}: {given} is no whole number / 不是整数。",
                    "Write a whole number, e.g. 2 / 请写整数，如 2。")  # fmt: skip
        case "bool_type" | "bool_parsing":
            return (f"{name}: {given} is neither true nor false / 既不是 true 也不是 false。",
                    "Write true or false / 请写 true 或 false。")  # fmt: skip
        case "literal_error":
            known = more["expected"].replace(" or ", ", ")
            return f"{name}: {given} is none of what there is / 没有这一种。", f"There is / 可用: {known}."
        case "string_type":
            return f"{name}: {given} is no text / 不是文字。", "Put it in quotes / 请加引号。"
        case "tuple_type" | "list_type":
            return (f"{name}: {given} is no list / 不是列表。",
                    "Write [one, another], one alone too / 请写成 [甲, 乙]，只有一项也要加方括号。")  # fmt: skip
        case "model_type" | "dict_type":
            return f"{name}: {given} has no keys / 应为“键: 值”。", see
        case "too_short":
            return (f"{name}: there are {more['actual_length']} / 只有{more['actual_length']}项。",
                    f"It needs {more['min_length']} at least / 至少要{more['min_length']}项。")  # fmt: skip
        case "value_error":
            return f"{name}: {found['msg'].removeprefix('Value error, ').rstrip('.')}.", ""
        case _:
            return f"{name}: {given}: {found['msg'].rstrip('.')}.", see


def _shown(given: Any) -> str:
    text = repr(given)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
