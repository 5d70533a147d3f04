"""The way into a real broker: by TLS, with a login, with a certificate of ours; and who is refused is told
why, once."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ResourcePattern,
    ResourceType,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from kafka.errors import SaslAuthenticationFailedError
from pydantic import ValidationError

from alerting.bus import Access, KafkaBus, Login, Shares, Tls
from alerting.bus.access import ANSWER_MS, NotMet
from alerting.errors import BadInput, SuianError
from alerting.places import Places
from alerting.service.clock import LIVE
from alerting.service.config import Bus
from alerting.store import Store
from tests.bus.test_kafka import NOW, drain, run, store
from tests.kafka_broker import SecuredBroker

__all__ = ["store"]  # a fixture
ALL = Shares(1, Places("990000", {}), 0.0)
Ways = Callable[[SecuredBroker], Access]


@pytest.fixture(autouse=True)
def passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUIAN_KAFKA_PASSWORD", SecuredBroker.password)
    monkeypatch.setenv("WRONG", "guessed-word")


def tls(kafka: SecuredBroker, ca: str = "broker", ours: str = "") -> Tls:
    def file(name: str) -> Path:
        return kafka.folder / name

    if not ours:
        return Tls(ca=file(f"{ca}.pem"))
    return Tls(ca=file(f"{ca}.pem"), certificate=file(f"{ours}.pem"), key=file(f"{ours}.key"))


def scram(**more: str) -> Login:
    return Login.model_validate({"user": SecuredBroker.user} | more)


PLAIN = Login(user=SecuredBroker.plain_user, mechanism="PLAIN")
IN: dict[str, Ways] = {
    "by SCRAM-SHA-512": lambda kafka: Access(kafka.secured, tls(kafka), scram()),
    "by SCRAM-SHA-256": lambda kafka: Access(kafka.secured, tls(kafka), scram(mechanism="SCRAM-SHA-256")),
    "by PLAIN": lambda kafka: Access(kafka.secured, tls(kafka), PLAIN),
    "by our certificate": lambda kafka: Access(kafka.mutual, tls(kafka, ours="client")),
    "by the one that is there": lambda kafka: Access(f"127.0.0.1:9,{kafka.secured}", tls(kafka), scram()),
}
REFUSED: dict[str, tuple[Ways, str, str]] = {
    "a wrong password": (
        lambda kafka: Access(kafka.secured, tls(kafka), scram(password_env="WRONG")),
        r"refuses the login of suian \(SCRAM-SHA-512\)", "what WRONG holds"),
    "a wrong password by PLAIN": (
        lambda kafka: Access(kafka.secured, tls(kafka), PLAIN.model_copy(update={"password_env": "WRONG"})),
        r"refuses the login of suian-plain \(PLAIN\)", "what WRONG holds"),
    "nobody it knows": (
        lambda kafka: Access(kafka.secured, tls(kafka), scram(user="nobody")), "refuses the login of nobody", "bus.login"),
    "an unknown authority": (
        lambda kafka: Access(kafka.secured, tls(kafka, ca="stranger"), scram()), r"not signed by the authority in .*stranger\.pem",
        "bus.tls.ca"),
    "authorities of the machine": (
        lambda kafka: Access(kafka.secured, Tls(), scram()), "not signed by any authority that this machine knows", "bus.tls.ca"),
    "another name": (
        lambda kafka: Access(kafka.secured.replace("127.0.0.1", "localhost"), tls(kafka), scram()),
        "a certificate that is of another name: .*localhost", "bus.kafka"),
    "a broker in the clear": (
        lambda kafka: Access(kafka.address, tls(kafka), scram()), "speaks no TLS|may speak no TLS", "Leave out `bus.tls`"),
    "a broker without logins": (
        lambda kafka: Access(kafka.address, None, scram()), "asks for no login", "Leave out `bus.login`"),
    "a broker by TLS": (lambda kafka: Access(kafka.secured), "it may speak TLS", "set `bus.tls"),
    "a broker with logins": (lambda kafka: Access(kafka.secured, tls(kafka)), "it may want a login", "set `bus.login"),
    "a broker that wants a certificate": (
        lambda kafka: Access(kafka.mutual, tls(kafka)), "wants a certificate of ours", "bus.tls.certificate"),
    "a stranger's certificate": (
        lambda kafka: Access(kafka.mutual, tls(kafka, ours="stranger")), r"does not take our certificate \(.*stranger\.pem\)",
        "bus.tls.certificate"),
    "one of two": (
        lambda kafka: Access(f"127.0.0.1:9,{kafka.secured}", tls(kafka), scram(password_env="WRONG")),
        "refuses the login", "what WRONG holds"),
}  # fmt: skip


@pytest.mark.kafka
@pytest.mark.parametrize("way", IN)
def test_a_forecast_goes_through(way: str, kafka: SecuredBroker, store: Store) -> None:
    bus = KafkaBus(IN[way](kafka), f"in-{list(IN).index(way)}", ALL, alone=False)
    ids = bus.publish(LIVE, [run(0)], NOW)
    assert drain(bus, store, len(ids)) == ids
    bus.close()


@pytest.mark.kafka
@pytest.mark.parametrize("who", REFUSED)
def test_who_is_refused_is_told_at_once_why_and_what_to_do(who: str, kafka: SecuredBroker) -> None:
    way, what, mend = REFUSED[who]
    for _ in range(3):  # a starved broker is silent for longer than a greeting takes
        with pytest.raises(SuianError) as refused:
            way(kafka).meet(within_ms=0)
        if "does not answer" not in refused.value.what:
            break
    assert re.search(what, str(refused.value)), refused.value
    assert mend in refused.value.mend
    for word in (SecuredBroker.password, "guessed-word"):
        assert word not in refused.value.text()


@pytest.mark.kafka
def test_a_password_that_the_broker_takes_no_more_is_told_and_one_that_it_takes_again_needs_no_restart(
    kafka: SecuredBroker, store: Store
) -> None:
    """Of clients that were let in before: kafka-python alone would be silent."""
    bus, end = KafkaBus(IN["by SCRAM-SHA-256"](kafka), "changed", ALL), time.monotonic() + 60
    ids = bus.publish(LIVE, [run(0)], NOW)
    assert drain(bus, store, 1) == ids

    def until_it_is_refused() -> None:
        while time.monotonic() < end:
            bus.read({0: 1}, look=True)

    try:
        password(kafka, "another-word")
        with pytest.raises(SuianError, match=r"refuses the login of suian \(SCRAM-SHA-256\)"):
            until_it_is_refused()
        began = time.monotonic()
        with pytest.raises(SuianError, match="refuses the login of suian"):
            KafkaBus(IN["by SCRAM-SHA-256"](kafka), "changed", ALL).publish(LIVE, [run(1)], NOW)
        assert time.monotonic() - began < ANSWER_MS / 3000, "it tries in vain"
    finally:
        password(kafka, SecuredBroker.password)
    # Connections come back one by one, and one may have been refused just before.
    for _ in range(5):
        with suppress(NotMet):
            again = bus.publish(LIVE, [run(1)], NOW)  # one that is there twice is kept once
            assert drain(bus, store, 2) == ids + again
            break
    else:
        pytest.fail("it takes the password and still refuses us")
    bus.close()


@pytest.mark.kafka
def test_a_refusal_that_is_over_is_not_called_a_broker_that_does_not_answer(kafka: SecuredBroker) -> None:
    said = IN["by SCRAM-SHA-256"](kafka).why(SaslAuthenticationFailedError())
    assert "refused the login a moment ago, and takes it now" in said.text()


@pytest.mark.kafka
def test_who_may_read_and_write_the_topic_need_not_make_it_and_who_may_not_is_told(
    kafka: SecuredBroker, store: Store
) -> None:
    admin = KafkaAdminClient(bootstrap_servers=kafka.address)
    admin.create_topics({"theirs": {"num_partitions": 1}}, wait_for_metadata=True)
    topic, whole = ResourcePattern(ResourceType.TOPIC, "theirs"), ResourcePattern(ResourceType.CLUSTER, "kafka-cluster")
    may = ("READ", topic), ("WRITE", topic), ("DESCRIBE", topic)
    new = ResourcePattern(ResourceType.TOPIC, "not-there-yet")
    rights = [allowed(kafka.plain_user, what, on) for what, on in may]
    rights += [allowed("somebody-else", "CREATE", on) for on in (whole, new)]
    admin.create_acls(rights)
    try:
        bus = KafkaBus(IN["by PLAIN"](kafka), "theirs", ALL, alone=False)
        ids = bus.publish(LIVE, [run(0)], NOW)
        assert drain(bus, store, 1) == ids
        bus.close()
        for named in ("theirs", "not-there-yet"):
            with pytest.raises(SuianError, match="does not let suian do this: TopicAuthorizationFailed") as refused:
                KafkaBus(IN["by SCRAM-SHA-512"](kafka), named, ALL).publish(LIVE, [run(1)], NOW)
            assert "Describe, Read and Write on the topic" in refused.value.mend
    finally:
        admin.delete_acls(rights)
        admin.close()


def allowed(user: str, what: str, on: ResourcePattern) -> ACL:
    return ACL(f"User:{user}", "*", ACLOperation[what], ACLPermissionType.ALLOW, on)


def password(kafka: SecuredBroker, word: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=kafka.address)
    admin.alter_user_scram_credentials(
        [UserScramCredentialUpsertion(SecuredBroker.user, ScramMechanism.SCRAM_SHA_256, word.encode(), iterations=4096)]
    )
    admin.close()


# Without a broker


def test_files_that_cannot_be_used_are_named_before_anything_is_reached(tmp_path: Path) -> None:
    words = tmp_path / "words.pem"
    words.write_text("no certificate")
    for given, said in (
        (Tls(ca=tmp_path / "none.pem"), r"bus\.tls\.ca: .*none\.pem: the file cannot be read: No such file"),
        (Tls(ca=words), r"bus\.tls\.ca: .*words\.pem: there is no certificate in it"),
        (Tls(certificate=words), r"bus\.tls\.certificate: .*words\.pem: these are no certificate and its own key"),
        (Tls(certificate=words, key=tmp_path / "none.key"), r"bus\.tls\.key: .*none\.key: the file cannot be read"),
    ):
        with pytest.raises(BadInput, match=said):
            Access("127.0.0.1:9", given)


def test_a_key_that_has_a_password_is_refused_and_nobody_is_asked_for_it(tmp_path: Path, kafka: SecuredBroker) -> None:
    locked = tmp_path / "locked.key"
    subprocess.run(["openssl", "pkey", "-in", kafka.folder / "client.key", "-aes256", "-passout", "pass:word", "-out", locked],
                   check=True, capture_output=True)  # fmt: skip
    for key in (locked, kafka.folder / "stranger.key"):
        with pytest.raises(BadInput, match="no certificate and its own key"):
            Access("127.0.0.1:9", Tls(certificate=kafka.folder / "client.pem", key=key))


def test_a_password_that_is_not_there_is_asked_for_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SUIAN_KAFKA_PASSWORD")
    with pytest.raises(BadInput, match=r"the password of suian at Kafka is not set: neither SUIAN_KAFKA_PASSWORD nor"):
        Access("127.0.0.1:9", None, scram())
    (tmp_path / "word").write_text("from-a-file\n")
    monkeypatch.setenv("SUIAN_KAFKA_PASSWORD_FILE", str(tmp_path / "word"))
    access = Access("127.0.0.1:9", None, scram())
    assert access.options["sasl_plain_password"] == "from-a-file"
    assert "from-a-file" not in repr(access)


@pytest.mark.parametrize(("given", "said"), [
    ({"login": {"user": "suian", "mechanism": "PLAIN"}}, "PLAIN sends the password as it is: set `tls` too"),
    ({"login": {"user": "a,b"}}, "neither a comma nor a ="),
    ({"tls": {"key": "ours.key"}}, "a key needs its certificate"),
    ({"login": {"user": "suian", "password": "word"}}, "Extra inputs are not permitted"),
])  # fmt: skip
def test_what_cannot_be_meant_is_refused(given: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Bus.model_validate({"kafka": "127.0.0.1:9"} | given)
