"""sentinel.yaml: its schema, and errors that name the option."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml.error import YAMLError

from alerting.dispatch.channels import Configured, known
from alerting.errors import BadInput, plainly
from alerting.sentinel.wire import Reader
from alerting.vocabulary.zone import ZoneName
from alerting.yamlfile import read_tree


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Limits(Part):
    """Seconds, beyond which it calls people. A restart of the service takes about ten."""

    silent: float = Field(180, ge=60, description="without a heartbeat")
    first: float = Field(600, ge=60, description="the same of a service that was never heard")
    waiting: float = Field(
        300, ge=60, description="of the oldest signal, the oldest message, a round of a loop"
    )
    clock: float = Field(60, ge=5, description="between the clocks of the two machines")
    well: float = Field(
        60, ge=0, description="without a fault, before it says that all is well again"
    )
    again: float = Field(120, ge=30, description="after a call that nobody has answered")
    trusted: float = Field(
        1800, ge=60, description="after somebody has said that they look after it"
    )


class Person(Part):
    """Somebody of the last resort: called where no heartbeat has ever named anybody."""

    name: str = Field(description="as the messages address them")
    name_en: str = Field("", description="the same in English")
    language: str = Field("zh", pattern="^(zh|en)$", description="zh or en")
    contacts: dict[str, str] = Field(min_length=1, description="address by the name of its channel")

    def reader(self) -> Reader:
        return Reader(id=self.name, name=self.name, name_en=self.name_en, language=self.language,
                      contacts=tuple(self.contacts.items()))  # fmt: skip


class Settings(Part):
    """Paths are relative to the file's folder."""

    address: str = Field("127.0.0.1", description="what it listens on")
    port: int = Field(8090, ge=0, le=65535, description="of the heartbeats, callbacks and links")
    public_url: str = Field("", description="how phones and the provider reach this machine")
    secret_env: str = Field(
        "SUIAN_SENTINEL_SECRET",
        description="variable of the environment that holds the secret both sides have",
    )
    memory: Path = Field(Path("sentinel.json"), description="what it knows when it starts again")
    timezone: ZoneName = Field("Asia/Shanghai", description="of times in messages")
    limits: Limits = Limits()
    channels: dict[str, Configured] = Field(min_length=1, description="as in config.yaml")
    people: tuple[Person, ...] = Field(min_length=1, description="the last resort")

    @property
    def url(self) -> str:
        return (self.public_url or f"http://{self.address}:{self.port}").rstrip("/")

    def last_resort(self) -> tuple[Reader, ...]:
        return tuple(one.reader() for one in self.people)


def load_settings(path: Path) -> Settings:
    """Read a sentinel's config; paths in it are relative to its folder. Raises BadInput."""
    try:
        data = read_tree(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise BadInput(f"the sentinel's config cannot be read: {why}", where=str(path),
                       mend="Name one with --config, like deploy/sentinel.yaml.") from None
    except YAMLError as error:
        raise BadInput(f"this is not YAML: {' '.join(str(error).split())}", where=str(path)) from None
    try:
        found = Settings.model_validate(data if data is not None else {})
    except ValidationError as error:
        raise BadInput(plainly(error.errors()), where=str(path)) from None
    folder = path.resolve().parent
    _reachable(found, path)
    return found.model_copy(update={"memory": folder / found.memory})


def _reachable(settings: Settings, path: Path) -> None:
    """Whom it can call of those it knows itself."""
    on = {name for name, one in settings.channels.items() if one.on}
    for one in settings.people:
        if on.isdisjoint(one.contacts):
            raise BadInput(
                f"people: {one.name} has no contact on a channel that is on"
                f" ({', '.join(sorted(on)) or 'none is'})", where=str(path),
                mend="A contact is written NAME OF A CHANNEL: ADDRESS, as in people.csv."
                f" Kinds of channel: {', '.join(known())}.",
            )  # fmt: skip
