"""What is shipped for Compose, Kubernetes and systemd holds together; `tests/scenarios/test_deployed.py`
starts what stands in it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.conftest import lacking
from tests.deploy.files import (
    DEPLOY,
    KUBERNETES,
    ROLES,
    compose,
    image,
    interpolated,
    manifest,
    manifests,
    pod,
)
from tests.kafka_broker import POM

VERSIONS = ("1.30", "1.37")  # of Kubernetes: an old one and the newest that is known


def checked(text: str) -> Any:
    """By a parser that refuses what the Compose specification does not have."""
    compose_spec = pytest.importorskip("compose_spec")
    found = compose_spec.PyOptions(apply_merge=True).from_yaml(interpolated(text))
    found.validate()
    return found


def test_the_compose_file_is_of_the_specification() -> None:
    text = (DEPLOY / "compose.yaml").read_text("utf-8")
    assert set(checked(text).service_names()) == {*ROLES, "postgres", "kafka"}


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("cap_drop:", "cap_drops:"), ("service_healthy", "healthy"), ("{replicas: 2}", "{replicas: two}"),
     ("secrets: [database_password, twilio_token, sentinel_secret, kafka_password]", "secrets: [nothing]"), ("grace_period: 30s", "grace_period: 30 parsec")],
)  # fmt: skip
def test_a_slip_in_it_would_be_seen(right: str, wrong: str) -> None:
    text = (DEPLOY / "compose.yaml").read_text("utf-8")
    assert right in text
    with pytest.raises(ValueError):
        checked(text.replace(right, wrong))


def test_what_a_service_waits_for_and_keeps_is_there() -> None:
    services, volumes = compose()["services"], compose()["volumes"]
    for name, service in services.items():
        assert set(service.get("depends_on", {})) <= services.keys(), name
        for one in service.get("volumes", ()):
            source = one.partition(":")[0]
            assert source in volumes or (DEPLOY / source).exists(), f"{name}: {one}"
        for other in service.get("depends_on", {}):
            assert "healthcheck" in services[other], f"{name} waits for {other} to be healthy"


def test_the_parts_differ_in_their_role_alone() -> None:
    own = ("command", "deploy", "mem_limit", "ports")
    shared = [{k: v for k, v in compose()["services"][role].items() if k not in own} for role in ROLES]
    assert all(one == shared[0] for one in shared)
    assert {role: compose()["services"][role]["command"] for role in ROLES} == {
        role: ["serve", "--role", role] for role in ROLES
    }


def test_the_broker_is_the_one_that_the_tests_run() -> None:
    tag = compose()["services"]["kafka"]["image"].rpartition(":")[2]
    assert f"<version>{tag}</version>" in POM.read_text("utf-8")


def test_nothing_but_the_pages_is_published_and_only_to_this_machine() -> None:
    published = {name: s["ports"] for name, s in compose()["services"].items() if "ports" in s}
    assert published == {"web": ["127.0.0.1:8080:8080"]}


# Kubernetes


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("one", manifests(), ids=lambda m: f"{m['kind']}-{m['metadata']['name']}")
def test_a_manifest_is_of_its_schema(one: Any, version: str) -> None:
    validate = pytest.importorskip("kubernetes_validate")
    validate.validate(one, version, strict=True)


def test_a_slip_in_a_manifest_would_be_seen() -> None:
    validate = pytest.importorskip("kubernetes_validate")
    one = manifest("Deployment", "suian-web")
    spec = one["spec"] | {"replica": 2}
    with pytest.raises(validate.ValidationError):
        validate.validate(one | {"spec": spec}, VERSIONS[-1], strict=True)


def test_every_manifest_is_listed() -> None:
    listed = YAML(typ="safe").load(KUBERNETES / "kustomization.yaml")["resources"]
    assert {file.name for file in KUBERNETES.glob("*.yaml")} == {*listed, "kustomization.yaml"}


def test_a_pod_is_started_as_in_compose() -> None:
    """So what is started there is started here: the same words, and the same variables where secrets
    are mounted elsewhere."""
    said = manifest("ConfigMap", "suian")["data"]
    for role in ROLES:
        (container,) = pod(role)["spec"]["containers"]
        service = compose()["services"][role]
        assert container["args"] == service["command"]
        assert container["envFrom"] == [{"configMapRef": {"name": "suian"}}]
        assert {k: v.replace("/run/secrets/suian/", "/run/secrets/") for k, v in said.items()} == service["environment"]
        (secrets,) = [m for m in container["volumeMounts"] if m["name"] == "secrets"]
        assert secrets["mountPath"] == "/run/secrets/suian"
        (writable,) = [m for m in container["volumeMounts"] if m["name"] == "var"]
        assert writable["mountPath"] == f"{image()['folder']}/var"


def test_pods_differ_in_their_role_and_their_size_alone() -> None:
    def plain(role: str) -> str:
        spec = dict(manifest("Deployment", f"suian-{role}")["spec"])
        (container,) = spec["template"]["spec"]["containers"]
        spec["template"]["spec"]["containers"] = [{k: v for k, v in container.items() if k != "resources"}]
        return repr(spec).replace(role, "ROLE")

    assert len({plain(role) for role in ROLES}) == 1


def test_no_variable_of_a_service_is_taken_for_the_port() -> None:
    """Kubernetes sets SUIAN_PORT=tcp://… in each pod beside a Service `suian`, unless told not to."""
    assert manifest("Service", "suian")
    assert all(pod(role)["spec"]["enableServiceLinks"] is False for role in ROLES)


def test_what_selects_pods_finds_them() -> None:
    labels = {role: pod(role)["metadata"]["labels"] for role in ROLES}
    for role in ROLES:
        kinds = ("Deployment", "PodDisruptionBudget")
        selected = [manifest(kind, f"suian-{role}")["spec"]["selector"]["matchLabels"] for kind in kinds]
        assert selected == [labels[role], labels[role]]
        replicas = manifest("Deployment", f"suian-{role}")["spec"]["replicas"]
        assert replicas > manifest("PodDisruptionBudget", f"suian-{role}")["spec"]["minAvailable"]
    assert manifest("Service", "suian")["spec"]["selector"] == labels["web"]
    assert manifest("NetworkPolicy", "suian-web")["spec"]["podSelector"]["matchLabels"] == labels["web"]
    everyone = manifest("NetworkPolicy", "suian")["spec"]["podSelector"]["matchLabels"]
    assert all(everyone.items() <= one.items() for one in labels.values())


def test_ports_are_let_through_by_their_names() -> None:
    (container,) = pod("web")["spec"]["containers"]
    (port,) = container["ports"]
    assert manifest("Service", "suian")["spec"]["ports"][0]["targetPort"] == port["name"]
    assert manifest("NetworkPolicy", "suian-web")["spec"]["ingress"][0]["ports"][0]["port"] == port["name"]
    out = {p["port"] for p in manifest("NetworkPolicy", "suian")["spec"]["egress"][0]["ports"]}
    said = manifest("ConfigMap", "suian")["data"]
    needed = {int(said["SUIAN_DATABASE"].rpartition(":")[2].partition("/")[0]), int(said["SUIAN_KAFKA"].rpartition(":")[2])}
    assert needed <= out


def test_pods_may_do_nothing_that_they_need_not() -> None:
    for role in ROLES:
        spec = pod(role)["spec"]
        (container,) = spec["containers"]
        assert spec["automountServiceAccountToken"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
        }  # fmt: skip


# systemd


UNITS = {"suian.service": "suian serve", "suian-sentinel.service": "suian sentinel"}


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_never_gives_up_and_ends_in_order(name: str) -> None:
    lines = (DEPLOY / name).read_text("utf-8").splitlines()
    said = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    assert said["ExecStart"] == f"/opt/suian/bin/{UNITS[name]}"
    assert (said["Restart"], said["StartLimitIntervalSec"], said["KillSignal"]) == ("always", "0", "SIGINT")
    assert int(said["TimeoutStopSec"]) >= 15


@pytest.mark.parametrize("name", UNITS)
def test_systemd_reads_a_unit(name: str, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        lacking("systemd-analyze, of Debian's package systemd")
    text = (DEPLOY / name).read_text("utf-8")
    # Its program, account and folders are of the box it is installed on.
    text = text.replace(f"/opt/suian/bin/{UNITS[name]}", "/bin/true").replace("User=suian", "User=daemon")
    (tmp_path / name).write_text(text)
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(tmp_path / name)],
                          capture_output=True, text=True)  # fmt: skip
    assert [line for line in done.stderr.splitlines() if name in line] == []
