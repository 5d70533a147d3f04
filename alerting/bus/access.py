"""How the brokers of Kafka are reached: in the clear or by TLS, with a login or without one; and what
is wrong where they let nobody in.

kafka-python tries again for as long as it is given, whatever the reason, and says in the end that there
was no answer. So what no waiting mends (a wrong password, an authority that nobody knows) is asked for
by a connection of our own, which is made once.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any, Literal

from kafka.errors import (
    AuthorizationError,
    IllegalSaslStateError,
    InvalidReceiveError,
    KafkaConnectionError,
    KafkaError,
    SaslAuthenticationFailedError,
    UnsupportedSaslMechanismError,
)
from kafka.net.manager import KafkaConnectionManager
from kafka.net.selector import NetworkSelector
from pydantic import BaseModel, ConfigDict, Field, model_validator

from alerting.errors import BadInput, SuianError
from alerting.secret import needed

ANSWER_MS = 15_000
GREETING_MS = 4_000  # a broker that is there says so at once
TRIED_AGAIN_MS = 1_000  # a broker that was gone is back for us so soon
_NOT_VALID = (9, 10)  # OpenSSL's numbers: a certificate of tomorrow, and one of yesterday
_ANOTHERS = (62, 64)  # … of another name, of another address


class Tls(BaseModel):
    """What is needed for TLS; all files are PEM."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ca: Path | None = Field(
        None, description="the authority that signed the brokers' certificates; else the machine's own"
    )
    certificate: Path | None = Field(None, description="ours, where they want one")
    key: Path | None = Field(None, description="its key, where that is a file of its own")

    @model_validator(mode="after")
    def _a_key_is_of_a_certificate(self) -> Tls:
        if self.key is not None and self.certificate is None:
            raise ValueError("a key needs its certificate: `certificate: FILE`")
        return self


class Login(BaseModel):
    """As whom; the password is named by environment variable."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    user: str = Field(min_length=1, description="as whom")
    mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = Field(
        "SCRAM-SHA-512", description="how the password is shown to them; PLAIN only with TLS"
    )
    password_env: str = Field(
        "SUIAN_KAFKA_PASSWORD", description="variable of the environment that holds the password"
    )

    @model_validator(mode="after")
    def _as_it_goes_over_the_line(self) -> Login:
        # SCRAM writes them as =2C and =3D (RFC 5802, 5.1); kafka-python 3.0.12 does not.
        if self.mechanism != "PLAIN" and {",", "="} & set(self.user):
            raise ValueError(f"{self.user!r}: with SCRAM a user has neither a comma nor a =")
        return self


class Access:
    """The servers and the way in. Raises BadInput for a file or a secret that cannot be used."""

    def __init__(self, servers: str, tls: Tls | None = None, login: Login | None = None) -> None:
        self.servers, self._tls, self._login = servers, tls, login
        secured = f"{'SASL_' if login else ''}{'SSL' if tls else 'PLAINTEXT'}"
        # What every client of kafka-python is made with.
        self.options: dict[str, Any] = {
            "bootstrap_servers": servers, "bootstrap_timeout_ms": ANSWER_MS,
            "request_timeout_ms": ANSWER_MS, "reconnect_backoff_max_ms": TRIED_AGAIN_MS,
            "security_protocol": secured,
        }  # fmt: skip
        if tls is not None:
            self.options["ssl_context"] = _context(tls)
        if login is not None:
            what = f"the password of {login.user} at Kafka"
            self.options |= {
                "sasl_mechanism": login.mechanism, "sasl_plain_username": login.user,
                "sasl_plain_password": needed(login.password_env, what, "or leave out `bus.login`."),
            }  # fmt: skip

    def meet(self, within_ms: int = ANSWER_MS) -> None:
        """One of the brokers lets us in. Raises SuianError: at once for what no waiting mends, else
        when none has answered for so long."""
        net = NetworkSelector()
        manager = _Greeter(net, **self.options | {"request_timeout_ms": GREETING_MS})
        try:
            refused = self._greet(manager)
            if refused is not None and refused.passing and within_ms:
                refused = self._until_it_answers(manager, within_ms, refused)
        finally:
            manager.close()
            net.close()
        if refused is not None:
            raise refused

    def why(self, error: KafkaError) -> SuianError:
        """What to say of an error of one of the clients: what a broker says itself, asked by us."""
        if isinstance(error, AuthorizationError):
            return self._forbidden(error)
        try:
            self.meet(within_ms=0)
        except SuianError as found:
            return found
        if isinstance(error, SaslAuthenticationFailedError):  # at the last attempt of a client
            what = f"Kafka at {self.servers} refused the login a moment ago, and takes it now"
            mend = "Reading goes on by itself; send again what was not accepted meanwhile."
            return NotMet(what, mend)
        return NotMet(f"Kafka at {self.servers} does not answer ({type(error).__name__})", _LATER)

    def _greet(self, manager: Any) -> NotMet | None:
        """Of all that refuse us, whom no waiting changes."""
        found: list[NotMet] = []
        for broker in manager.cluster.bootstrap_brokers():
            at, let_in = f"{broker.host}:{broker.port}", False

            async def ask(node: str = broker.node_id) -> None:
                nonlocal let_in
                await manager.get_connection(
                    node, timeout_ms=GREETING_MS, pop_on_close=False, refresh_metadata_on_err=False
                )
                let_in = True
                await manager.cluster.refresh_metadata(node)

            try:
                manager.run(ask)
            except KafkaError as error:
                found.append(self._refusal(at, error, let_in))
            else:
                return None
        return min(found, key=lambda one: one.passing)

    def _until_it_answers(self, manager: Any, within_ms: int, refused: NotMet) -> NotMet | None:
        try:
            manager.bootstrap(within_ms)
        except KafkaError:
            return refused
        return None

    def _refusal(self, at: str, error: KafkaError, let_in: bool) -> NotMet:
        """What it means; `let_in` says whether the connection stood and the first question failed."""
        where, login = f"Kafka at {at}", self._login
        fault = _of_tls(error)
        if isinstance(error, AuthorizationError):
            return self._forbidden(error)
        if login is not None:
            who = f"{login.user} ({login.mechanism})"
            check = (
                f"Check `bus.login` and what {login.password_env} holds, and that the broker knows"
                " this user by this mechanism; a secret is read at the start."
            )
            if isinstance(error, SaslAuthenticationFailedError):
                return NotMet(f"{where} refuses the login of {who}", check, passing=False)
            if isinstance(error, UnsupportedSaslMechanismError):
                mend = "Set `bus.login.mechanism` to one that is enabled there."
                return NotMet(f"{where} takes no login by {login.mechanism}", mend, passing=False)
            if isinstance(error, IllegalSaslStateError):
                mend = "Leave out `bus.login`, or name the port where it does in `bus.kafka`."
                return NotMet(f"{where} asks for no login", mend, passing=False)
        if isinstance(fault, ssl.SSLCertVerificationError):
            return self._not_trusted(where, fault)
        if fault is not None:
            return self._no_tls(where, fault)
        if "disconnected" in str(error) or isinstance(error, InvalidReceiveError):
            # So does one that is about to stop, and a proxy that has no broker behind it.
            if self._tls is None and not let_in:
                may, mend = "it may speak TLS", "If it does, set `bus.tls: {ca: FILE}`."
            elif login is None:
                may, mend = "it may want a login", "If it does, set `bus.login: {user: …}`."
            else:
                may, mend = f"it may not take {login.mechanism}", check
            return NotMet(f"{where} ends our connection and does not say why: {may}", mend)
        return NotMet(f"{where} does not answer ({_plain(error)})", _LATER)

    def _not_trusted(self, where: str, fault: ssl.SSLCertVerificationError) -> NotMet:
        ca = self._tls.ca if self._tls is not None else None
        if fault.verify_code in _ANOTHERS:
            is_, mend = "of another name", "Name it in `bus.kafka` as its certificate does."
        elif fault.verify_code in _NOT_VALID:
            is_, mend = "out of its time", "It needs a new one, or this machine's clock is wrong."
        else:
            by = f"the authority in {ca}" if ca else "any authority that this machine knows"
            is_ = f"not signed by {by}"
            mend = "Set `bus.tls.ca` to the file of the authority that signed it."
        what = f"{where} shows a certificate that is {is_}: {fault.verify_message}"
        return NotMet(what, mend, passing=False)

    def _no_tls(self, where: str, fault: ssl.SSLError) -> NotMet:
        if "ALERT" in (fault.reason or ""):  # the broker's own word
            ours = self._tls.certificate if self._tls is not None else None
            does = f"does not take our certificate ({ours})" if ours else "wants a certificate of ours"
            mend = ("Set `bus.tls.certificate` and `key` to one that is signed by an authority which"
                    " the broker trusts.")  # fmt: skip
            return NotMet(f"{where} {does}: {fault.reason}", mend, passing=False)
        mend = "Leave out `bus.tls`, or name the port where it does in `bus.kafka`."
        if isinstance(fault, ssl.SSLEOFError):  # one that is about to stop ends it too
            return NotMet(f"{where} ends our connection: it may speak no TLS", mend)
        return NotMet(f"{where} speaks no TLS: {fault.reason}", mend, passing=False)

    def _forbidden(self, error: KafkaError) -> NotMet:
        who = self._login.user if self._login is not None else "whoever has no login"
        mend = (
            "Give them Describe, Read and Write on the topic of the signals, Read on the group of the"
            " same name, and Create and Alter where the service is to make the topic."
        )
        what = f"Kafka at {self.servers} does not let {who} do this: {_plain(error)}"
        return NotMet(what, mend, passing=False)


class _Greeter(KafkaConnectionManager):  # type: ignore[misc]
    """kafka-python 3.0.12 drops an answer that comes together with the end of its connection, and that
    is how a broker says why it refuses a login."""

    async def _build_transport(self, *given: Any, **named: Any) -> Any:
        transport = await super()._build_transport(*given, **named)
        received = transport._sock_recv

        def answer_first() -> tuple[bytes, Exception | None]:
            answer, end = received()
            return answer, None if answer else end  # the next read has the end again

        transport._sock_recv = answer_first
        return transport


class NotMet(SuianError):
    """No broker lets us in; `passing` where it may by itself later."""

    def __init__(self, what: str, mend: str, *, passing: bool = True) -> None:
        super().__init__(what, mend=mend)
        self.passing = passing


_LATER = "Signals are not accepted until it does; check `bus:` in the config and the broker."


def _context(tls: Tls) -> ssl.SSLContext:
    """Raises BadInput."""
    for name, path in (("ca", tls.ca), ("certificate", tls.certificate), ("key", tls.key)):
        if path is not None:
            _readable(path, f"bus.tls.{name}")
    try:
        context = ssl.create_default_context(cafile=tls.ca)
    except ssl.SSLError:
        raise BadInput(
            "there is no certificate in it", where=f"bus.tls.ca: {tls.ca}",
            mend="Give the authority's certificate as PEM (-----BEGIN CERTIFICATE-----).",
        ) from None  # fmt: skip
    if tls.certificate is not None:
        try:
            # Without a word it would ask the terminal for the key's.
            context.load_cert_chain(tls.certificate, tls.key, password="")
        except (ssl.SSLError, ValueError):
            at = f"bus.tls.certificate: {tls.certificate}" + (f", key: {tls.key}" if tls.key else "")
            raise BadInput("these are no certificate and its own key", where=at,
                           mend="Give both as PEM, the key without a password.") from None  # fmt: skip
    return context


def _readable(path: Path, option: str) -> None:
    """Raises BadInput."""
    try:
        path.read_bytes()
    except OSError as error:
        raise BadInput(
            f"the file cannot be read: {error.strerror}", where=f"{option}: {path}",
            mend="Put it there, and let the account that runs the service read it.",
        ) from None  # fmt: skip


def _of_tls(error: KafkaError) -> ssl.SSLError | None:
    """What TLS itself said: kafka-python makes an error of its own of it."""
    within = [error.__context__, *error.args]
    return next((one for one in within if isinstance(one, ssl.SSLError)), None)


def _plain(error: KafkaError) -> str:
    said = "; ".join(str(one) for one in error.args) if isinstance(error, KafkaConnectionError) else ""
    return said or type(error).__name__
