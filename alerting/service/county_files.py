"""The files beside the database that make a county: config, tables, rules, calendar, drill plans."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from alerting.dispatch.channels import find as find_channel
from alerting.errors import SuianError
from alerting.secret import secret
from alerting.service import good_book
from alerting.service.config import TABLES, Config
from alerting.service.environment import ADDRESS, PASSWORD
from alerting.yamlfile import read_tree
from connectors import find as find_source

LEFT_OUT = "LEFT-OUT"  # stands in the copy of a config in place of a secret
_SECRET = re.compile(r"(?i)(key|token|secret|password|passwd)$")
_PASSWORD = re.compile(r"(postgres(?:ql)?://[^\s:@/]*):[^\s@]*@")


def files_of(config: Config, path: Path) -> tuple[dict[str, bytes], list[str]]:
    """What a new machine needs, by its name below the config's folder, the config without its secrets;
    and in words what is left out.

    Raises SuianError where a secret cannot be taken out of the config.
    """
    folder = path.resolve().parent
    text, left_out = without_secrets(path.read_text("utf-8"), path)
    found: dict[str, bytes] = {path.name: text.encode()}
    for one in _named(config):
        try:
            name = one.resolve().relative_to(folder).as_posix()
        except ValueError:
            left_out.append(f"{one} (outside the folder of the config)")
            continue
        found.setdefault(name, one.read_bytes())
    return found, left_out + _environment(config)


def without_secrets(text: str, path: Path) -> tuple[str, list[str]]:
    """The text of a config without what must not leave the machine, and what that was."""
    left_out: list[str] = []
    lines = _PASSWORD.sub(r"\1@", text).split("\n")
    if "\n".join(lines) != text:
        left_out.append("the password in `database:` (give it as SUIAN_DATABASE_PASSWORD)")
    tree = read_tree(text)
    for part in ("sources", "channels"):
        for name, options in (tree.get(part) or {}).items():
            for option, value in (options or {}).items():
                if not _SECRET.search(option) or not value:
                    continue
                at = options.lc.value(option)[0]
                if str(value) not in lines[at]:
                    raise SuianError(
                        f"{part}.{name}.{option} holds a secret that cannot be left out of the copy",
                        where=f"{path}, line {at + 1}", mend="Write it on one line.",
                    )  # fmt: skip
                lines[at] = lines[at].replace(str(value), LEFT_OUT)
                left_out.append(f"{part}.{name}.{option} of the config (it says {LEFT_OUT} there)")
    return "\n".join(lines), left_out


def _named(config: Config) -> list[Path]:
    """Files and the files of folders, those that are there."""
    county, exercise = config.county, config.exercise
    tables = [getattr(county, name) for name in TABLES]
    if (tls := config.bus.tls) is not None:  # a key is a secret, and stays
        tables += [tls.ca, tls.certificate if tls.key is not None else None]
    folders = [config.rules, exercise.plans, exercise.play, config.data / good_book.KEPT]
    found = [one for one in (*tables, config.calendar) if one is not None and one.is_file()]
    for folder in folders:
        if folder is not None and folder.is_dir():
            found += sorted(one for one in folder.rglob("*") if one.is_file())
    return found


def _environment(config: Config) -> list[str]:
    """The variables that channels and sources take their secrets from."""
    kinds: list[tuple[str, Any, dict[str, Any]]] = [
        (name, find_channel(one.use or name), one.options())
        for name, one in config.channels.items() if one.on
    ] + [(name, find_source(one.use or name), one.options())
         for name, one in config.sources_on().items()]  # fmt: skip
    found: list[str] = []
    for name, kind, given in kinds:
        options = {key: one.default for key, one in kind.options.model_fields.items()} | given
        found += [f"{value} in the environment (for {name})" for option, value in options.items()
                  if option.endswith("_env") and value]  # fmt: skip
    found += [f"{one.secret_env} in the environment (for the sentinel {name})"
              for name, one in config.sentinels.items() if one.on]  # fmt: skip
    if (login := config.bus.login) is not None:
        found.append(f"{login.password_env} in the environment (for {login.user} at Kafka)")
    if (tls := config.bus.tls) is not None and tls.key is not None:
        found.append(f"{tls.key} (the key of our certificate for Kafka)")
    found += [f"{one.name} in the environment" for one in (ADDRESS, PASSWORD) if secret(one.name)]
    return found
