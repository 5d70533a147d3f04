"""`suian new rule`: a rule with its cases, into an existing pack or a new one, that loads at once."""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, cast

import typer
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from alerting.calendar import Calendar
from alerting.cli.given import CONFIG, ConfigPath
from alerting.errors import BadInput
from alerting.rulebook import Book, load_book, units
from alerting.rulebook.files import DISTRICTS, MEASURES, NOT_RULES
from alerting.rulebook.loading import failing_cases, read_book
from alerting.rulebook.measures import AskError, read_ask
from alerting.rulebook.scaffold import Draft, cleared, pack_text, rule_text
from alerting.rulebook.yamltext import Document
from alerting.service.config import load_config
from alerting.vocabulary import HAZARDS, PLACE_KINDS, QUANTITIES, SECTORS, Level

LEVELS = [level.name for level in Level]
Side = Literal["below", "above"]
_NUMBER = re.compile(r"\s*([-+]?\d+(?:\.\d+)?)\s*(\S*)\s*")


def rule(
    id_: Annotated[str, typer.Argument(metavar="ID", help="Its name: small letters, hyphens.")],
    sector: Annotated[str, typer.Option(help="Whose pack: road-traffic, …")] = "",
    hazard: Annotated[str, typer.Option(help="fog, snow, road-icing, …")] = "",
    place: Annotated[str, typer.Option(help="zone, road-section, building-site, …")] = "",
    quantity: Annotated[str, typer.Option(help="visibility, wind_gust, snowfall, …")] = "",
    side: Annotated[str, typer.Option(help="Where danger lies: below or above.")] = "",
    blue: Annotated[str, typer.Option(help='Its threshold, e.g. "500 m".')] = "",
    yellow: Annotated[str, typer.Option(help="The same of yellow.")] = "",
    orange: Annotated[str, typer.Option(help="The same of orange.")] = "",
    red: Annotated[str, typer.Option(help="The same of red.")] = "",
    ask: Annotated[
        list[str] | None,
        typer.Option(help='A measure, for the lowest level or for one: "red: speed-limit 40 km/h".'),
    ] = None,
    clear: Annotated[str, typer.Option(help="Where it is over; left out: well beyond.")] = "",
    within: Annotated[int, typer.Option(min=0, max=240, help="Hours ahead; 0: now alone.")] = 12,
    over: Annotated[int, typer.Option(min=1, max=72, help="A window of so many hours.")] = 1,
    config: ConfigPath = CONFIG,
) -> None:
    """Write a rule of one quantity, with cases at each threshold, into its sector's pack.

    At a terminal it asks for what is left out. What it writes loads and passes; the rest is yours."""
    settings = load_config(config)
    folder = settings.rules
    names = set(Calendar.load(settings.calendar, settings.county.zone).names())
    book = load_book(folder, names)
    if not re.fullmatch(r"[a-z][a-z0-9-]*", id_):
        raise BadInput(f"{id_!r} cannot be a rule's name",
                       mend="Use small letters, digits and hyphens: bridge-wind.")  # fmt: skip
    if id_ in book.rules_by_id:
        raise BadInput(f"the rule {id_!r} stands there already", where=book.rules_by_id[id_].where,
                       mend="Choose another name, or change that rule.")  # fmt: skip
    given = dict(zip(LEVELS, (blue, yellow, orange, red), strict=True))
    draft = _draft(
        id_, _word("sector", sector, [s for s in SECTORS if s != "service"]),
        _word("hazard", hazard, [h for h in HAZARDS if h != "service"]),
        _word("place", place, [p for p in PLACE_KINDS if p not in ("source", "channel")]),
        _word("quantity", quantity, QUANTITIES), cast(Side, _word("side", side, ("below", "above"))),
        given, ask or [], clear, within, over, book,
    )  # fmt: skip
    path, line = _write(folder, draft, names)
    print(f"已写入 Written: {path}:{line}\n"
          f"接下来 Next: fill in its basis (待填), read its cases, then 然后: suian check")  # fmt: skip


def _draft(
    id_: str, sector: str, hazard: str, place: str, quantity: str, side: Side,
    given: dict[str, str], asked: list[str], clear: str, within: int, over: int, book: Book,
) -> Draft:  # fmt: skip
    if not any(given.values()):
        level = _word("level", "", LEVELS, "--blue, --yellow, --orange or --red")
        given = {**given, level: _prompted(f"threshold of {level}, {QUANTITIES[quantity].unit}", "")}
    thresholds = {name: _number(name, text, quantity) for name, text in given.items() if text}
    if over > 1 and side == "below" and QUANTITIES[quantity].accumulated:
        raise BadInput(f"a sum of {quantity} that is below something is no danger this can draft",
                       mend="Leave out --over, or write it by hand; see docs/rules.md.")  # fmt: skip
    _in_order(thresholds, side)
    lowest = next(iter(thresholds.values()))
    clears = _number("clear", clear, quantity) if clear else cleared(quantity, side, lowest)
    if clears < lowest if side == "below" else clears > lowest:
        beyond = cleared(quantity, side, lowest)
        raise BadInput(f"it would clear at {clears:g} while {lowest:g} still triggers",
                       mend=f"Give --clear a value beyond it, e.g. {beyond:g}.")  # fmt: skip
    asks = _asks(asked or [_ask_of(sector, book)], thresholds, book)
    return Draft(id_, sector, hazard, place, quantity, side, thresholds, asks, clears, within, over)


def _word(what: str, given: str, known: Iterable[str], option: str = "") -> str:
    words = list(known)
    said = given or _prompted(f"{what} ({', '.join(words)})", option or f"--{what}", words)
    if said not in words:
        raise BadInput(f"{said!r} is no {what}", mend=f"Known: {', '.join(words)}.")
    return said


def _prompted(question: str, option: str, known: Iterable[str] = ()) -> str:
    if not sys.stdin.isatty():
        words = f" Known: {', '.join(known)}." if known else ""
        raise BadInput(f"{option} is missing", mend=f"Give it, or run this at a terminal.{words}")
    return str(typer.prompt(question)).strip()


def _number(what: str, text: str, quantity: str) -> float:
    """A threshold in the quantity's unit, which may be left out."""
    found = _NUMBER.fullmatch(text)
    unit = QUANTITIES[quantity].unit
    if found is None:
        raise BadInput(f"{what}: {text!r} is no number with its unit", mend=f"Write: 10 {unit}.")
    try:
        return units.threshold(float(found[1]), found[2] or unit, quantity)
    except units.UnitError as error:
        raise BadInput(f"{what}: {error.what}", mend=error.mend) from None


def _in_order(thresholds: dict[str, float], side: Side) -> None:
    for low, high in pairwise(thresholds):
        a, b = thresholds[low], thresholds[high]
        if a <= b if side == "below" else a >= b:
            raise BadInput(f"{high} at {b:g} is no worse than {low} at {a:g}",
                           mend=f"Danger lies {side}: give {high} a value further {side}.")  # fmt: skip


def _ask_of(sector: str, book: Book) -> str:
    known = [n for n, m in book.measures.items() if m.sector in ("", sector)]
    return _prompted(f"measure ({', '.join(known)})", "--ask", known)


def _asks(given: list[str], thresholds: dict[str, float], book: Book) -> dict[str, list[str]]:
    """By level the measures; one without its level is the lowest's."""
    found: dict[str, list[str]] = {}
    for text in given:
        level, colon, rest = text.partition(":")
        name, measure = (level.strip(), rest) if colon else (next(iter(thresholds)), text)
        if name not in thresholds:
            raise BadInput(f"--ask {text!r}: there is no threshold for {name!r}",
                           mend=f"Levels given: {', '.join(thresholds)}.")  # fmt: skip
        try:
            found.setdefault(name, []).append(read_ask(measure, book.measures).text)
        except AskError as error:
            raise BadInput(f"--ask {text!r}: {error.what}", mend=error.mend) from None
    return found


# --- into the folder ------------------------------------------------------------------------------
def _write(folder: Path, draft: Draft, calendar_names: set[str]) -> tuple[Path, int]:
    """The pack written to and the rule's line. Nothing is written that would not load."""
    path = _pack_of(folder, draft.sector)
    before = path.read_text("utf-8") if path.exists() else ""
    if before:
        kept = before if before.endswith("\n") else before + "\n"
        text, line = kept + rule_text(draft, _indent(path)), kept.count("\n") + 1
    else:
        text = pack_text(draft)
        line = text[: text.index("- id:")].count("\n") + 1
    with tempfile.TemporaryDirectory() as scratch:
        trial = Path(scratch)
        for file in folder.glob("*.yaml"):
            shutil.copy(file, trial)
        (trial / path.name).write_text(text, "utf-8")
        book, problems = read_book(trial, calendar_names)
        if wrong := problems or failing_cases(book):
            said = "\n".join(wrong).replace(str(trial), str(folder))
            raise BadInput(f"the rule would not load, and nothing is written:\n{said}")
    path.write_text(text, "utf-8")
    return path, line


def _pack_of(folder: Path, sector: str) -> Path:
    """The sector's pack; a new one's name is the sector's."""
    for path in sorted(folder.glob("*.yaml")):
        if path.name in (MEASURES, DISTRICTS, *NOT_RULES):
            continue
        if Document(path, path.read_bytes()).data.get("sector") == sector:
            return path
    return folder / f"{sector}.yaml"


def _indent(path: Path) -> int:
    """The column of the dashes under `rules:`. Raises BadInput where none can be put at the end."""
    tree = Document(path, path.read_bytes()).tree
    rules = tree.get("rules") if isinstance(tree, CommentedMap) else None
    last = isinstance(tree, CommentedMap) and list(tree)[-1] == "rules"
    if not (last and isinstance(rules, CommentedSeq) and rules and not rules.fa.flow_style()):
        raise BadInput("a rule can be put only at the end of a file whose last key is `rules`, one"
                       " rule a dash", where=str(path),
                       mend="Move `rules:` to the end, each rule on lines of its own.")  # fmt: skip
    return int(rules.lc.item(0)[1]) - 2
