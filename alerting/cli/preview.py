"""`suian preview [RULE]`: every message that a rule would send, with its segments and cost."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer

from alerting.cli.given import CONFIG, ConfigPath, word_of
from alerting.errors import BadInput
from alerting.runtime import RealRuntime
from alerting.service.config import load_config
from alerting.service.county import County, load_county
from alerting.service.duties import places_of_rules
from alerting.service.preview import Previewed, price_per_segment
from alerting.service.preview import preview as of_rule
from alerting.vocabulary import POST_TIERS


class Shape(StrEnum):
    text = "text"
    json = "json"


class Tongue(StrEnum):
    zh = "zh"
    en = "en"
    both = "both"


def preview(
    rule: Annotated[str, typer.Argument(help="A rule; without one, all of them in a line each.")] = "",
    place: Annotated[str, typer.Option(help="A place it runs on; else the one with most to say.")] = "",
    level: Annotated[str, typer.Option(help="One level: blue, yellow, orange or red.")] = "",
    lang: Annotated[
        Tongue, typer.Option(parser=word_of(Tongue), metavar="[zh|en|both]", help="One language.")
    ] = Tongue.both,
    format_: Annotated[
        Shape, typer.Option("--format", parser=word_of(Shape), metavar="[text|json]",
                            help="For people or for programs.")
    ] = Shape.text,
    config: ConfigPath = CONFIG,
) -> None:  # fmt: skip
    """Show every message a rule would send: long and as an SMS, with segments and cost.

    Nobody is told. A line stands for the figures, which are not known before it opens."""
    county = load_county(load_config(config))
    languages = ("zh", "en") if lang is Tongue.both else (str(lang),)
    if not rule:
        if place or level:
            raise BadInput("--place and --level are of one rule", mend="Name the rule.")
        _all_rules(county, languages, format_)
        return
    named = county.book.rules_by_id.get(rule)
    if named is None:
        close = difflib.get_close_matches(rule, county.book.rules_by_id, n=3, cutoff=0.4)
        mend = f"Did you mean {' or '.join(close)}?" if close else "`suian preview` lists them."
        raise BadInput(f"there is no rule {rule!r}", mend=mend)
    made = of_rule(county, named, RealRuntime().now(), place=place, level=level, languages=languages)
    if format_ is Shape.json:
        print(json.dumps([asdict(one) for one in made], ensure_ascii=False, indent=1))
        return
    for one in made:
        _print(one)
    _print_sum(made, price_per_segment(county))


def _print(one: Previewed) -> None:
    who = ", ".join(" ".join(POST_TIERS[t]) if t in POST_TIERS else t for t in one.readers)
    about = f" {one.measure}" if one.measure else ""
    print(f"== {one.level} {one.kind}{about} → {who} [{one.language}] @ {one.place}")
    said = [f"{one.segments} segments 段", f"{one.units} units 字 {one.encoding}"]
    if one.price is not None:
        said.append(f"{one.price:g} cost 费用")
    if one.cut:
        said.append(f"left out 省去 {', '.join(one.cut)}")
    if one.over:
        said.append("MORE THAN IS SENT 超出上限")
    print(f"-- SMS: {'; '.join(said)}")
    print(one.sms)
    print("-- long 长文")
    print(one.long + "\n")


def _print_sum(made: Sequence[Previewed], price: float | None) -> None:
    most, over = max((one.segments for one in made), default=0), sum(one.over for one in made)
    print(f"{len(made)} messages 条, {sum(one.segments for one in made)} segments 段 in all, "
          f"at most 最多 {most}, {over} over 超出")  # fmt: skip
    if price is None:
        print("No channel names its price_per_segment: cost not known 未配置单价，不计费用")


def _all_rules(county: County, languages: Sequence[str], format_: Shape) -> None:
    rows = []
    for name, ids in places_of_rules(county).items():
        if ids:
            made = of_rule(county, county.book.rules_by_id[name], RealRuntime().now(),
                           languages=languages)  # fmt: skip
            rows.append({
                "rule": name, "place": made[0].place if made else "", "messages": len(made),
                "segments": max((one.segments for one in made), default=0),
                "over": sum(one.over for one in made),
                "price": max((one.price for one in made if one.price is not None), default=None),
            })  # fmt: skip
    if format_ is Shape.json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for row in rows:
        cost = f", dearest 最贵 {row['price']:g}" if row["price"] is not None else ""
        print(f"{row['rule']}: {row['messages']} messages 条, at most {row['segments']} segments 段, "
              f"{row['over']} over 超出{cost} @ {row['place']}")  # fmt: skip
