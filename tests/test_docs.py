"""What the documents name exists: links, files, commands and their options, records in their index."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
import typer

from alerting.cli.main import make_app

ROOT = Path(__file__).resolve().parents[1]
DOCS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
# Named without being there: made by running, or an example of the reader's own.
MADE = ("var/", "config.yaml", "county/")
ids = {"ids": lambda p: str(p.relative_to(ROOT))}


@cache
def commands() -> dict[str, set[str]]:
    """Every command by its words, with the options it takes."""
    found: dict[str, set[str]] = {}

    def walk(command: object, words: str) -> None:
        found[words] = {o for p in getattr(command, "params", ()) for o in p.opts} | {"--help"}
        for name, child in getattr(command, "commands", {}).items():
            walk(child, f"{words} {name}".strip())

    walk(typer.main.get_command(make_app()), "")
    return found


def spoken(text: str) -> list[str]:
    """What is written as code: `suian …` within backticks, and lines that begin with it."""
    within = re.findall(r"`(suian [^`]+)`", text)
    return within + re.findall(r"^\s*(?:\$ )?(?:cd \S+ && )?(suian .+)$", "\n".join(
        re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)), re.MULTILINE)  # fmt: skip


@pytest.mark.parametrize("path", DOCS, **ids)
def test_every_link_leads_somewhere(path: Path) -> None:
    text = path.read_text("utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'src="([^"]+)"', text):
        if not target.startswith(("http://", "https://", "#")):
            assert (path.parent / target.partition("#")[0]).exists(), f"{path.name}: {target}"


@pytest.mark.parametrize("path", DOCS, **ids)
def test_every_command_and_option_exists(path: Path) -> None:
    for line in spoken(path.read_text("utf-8")):
        words = line.split("#")[0].split()[1:]
        name = next(
            (n for k in (2, 1) if (n := " ".join(words[:k])) in commands() and len(words) >= k),
            None,
        )
        assert name, f"{path.name}: there is no command in {line!r}"
        for option in re.findall(r"--[a-z-]+", line):
            assert option in commands()[name], f"{path.name}: {name} has no {option}"


@pytest.mark.parametrize("path", DOCS, **ids)
def test_every_file_and_target_named_exists(path: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    text = path.read_text("utf-8")
    for target in re.findall(r"`make ([a-z]+)`", text):
        assert target in targets, f"{path.name}: make {target}"
    for named in re.findall(
        r"`((?:alerting|connectors|docs|rules|tests|exercises)/[\w./-]*)`", text
    ):
        if not named.startswith(MADE):
            assert (ROOT / named).exists(), f"{path.name}: {named}"


@pytest.mark.parametrize("path", DOCS, **ids)
def test_no_document_names_a_path_of_a_machine(path: Path) -> None:
    found = re.findall(r"(?<![\w.:/])/(?:home|root|tmp|work|Users)/\S*", path.read_text("utf-8"))
    assert not found, f"{path.name}: {found}"


def test_every_decision_is_in_the_index() -> None:
    folder = ROOT / "docs" / "decisions"
    index = set(re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", (folder / "README.md").read_text("utf-8")))
    assert index == {p.name for p in folder.glob("[0-9]*.md")}


def test_every_document_is_reached_from_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for path in (ROOT / "docs").glob("*.md"):
        assert f"docs/{path.name}" in readme, f"nothing leads to {path.name}"
