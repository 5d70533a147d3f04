"""The files of `deploy/`, as whoever starts from them reads them."""

from __future__ import annotations

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
ROLES = ("ingest", "engine", "dispatch", "web")


def interpolated(text: str) -> str:
    """As Compose reads it where nothing is set: `${NAME:-default}` is its default."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


@cache
def compose() -> Any:
    return YAML(typ="safe").load(interpolated((DEPLOY / "compose.yaml").read_text("utf-8")))


@cache
def manifests() -> tuple[Any, ...]:
    """Everything that the kustomization lists, in its order."""
    kustomization = YAML(typ="safe").load(KUBERNETES / "kustomization.yaml")
    files = [KUBERNETES / name for name in kustomization["resources"]]
    return tuple(one for file in files for one in YAML(typ="safe").load_all(file.read_text("utf-8")))


def manifest(kind: str, name: str) -> Any:
    (found,) = [m for m in manifests() if m["kind"] == kind and m["metadata"]["name"] == name]
    return found


def pod(role: str) -> Any:
    return manifest("Deployment", f"suian-{role}")["spec"]["template"]


def probes(role: str) -> list[str]:
    """The paths that Kubernetes asks of this role."""
    (container,) = pod(role)["spec"]["containers"]
    names = ("startupProbe", "livenessProbe", "readinessProbe")
    return [container[name]["httpGet"]["path"] for name in names]


@cache
def image() -> dict[str, Any]:
    """What the Dockerfile says of the container: `ENV`, `HEALTHCHECK`, `ENTRYPOINT`, `WORKDIR`."""
    lines = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text("utf-8")).splitlines()
    steps = dict(line.split(" ", 1) for line in lines if re.match(r"[A-Z]+ ", line))
    return {
        "environment": dict(one.split("=", 1) for one in steps["ENV"].split()),
        "health": json.loads(steps["HEALTHCHECK"].partition("CMD ")[2]),
        "entrypoint": json.loads(steps["ENTRYPOINT"]), "folder": steps["WORKDIR"],
    }  # fmt: skip


def seconds(duration: str) -> float:
    """`30s` of the Compose file."""
    assert duration.endswith("s"), duration
    return float(duration[:-1])


def without_own_settings() -> dict[str, str]:
    """This process's environment without what configures the service: a container has none of it."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("SUIAN_", "TWILIO_"))}
