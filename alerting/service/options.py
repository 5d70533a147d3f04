"""The options of config.yaml. What each does is said once, here: errors, and the page that
`suian docs operations` writes, take it from the models."""

from __future__ import annotations

import re
from datetime import time
from ipaddress import IPv4Address
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from alerting.bus import Access, Login, Tls
from alerting.dispatch.channels import Configured
from alerting.people import Quiet
from alerting.store.postgres import is_url
from alerting.vocabulary.zone import ZoneName
from alerting.weather import FIRE_START


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class County(Part):
    """Where the service works, and the tables of the county."""

    name: str = Field(description="shown on every page and in every message")
    name_en: str = Field("", description="the same in English")
    fictional: bool = Field(False, description="everything it says is marked 演练 / EXERCISE")
    timezone: ZoneName = Field("Asia/Shanghai", description="of times on screens and in messages")
    zones: Path = Field(description="townships and their points")
    sites: Path | None = Field(
        None, description="road sections, bridges, building sites, mines, schools"
    )
    people: Path = Field(description="who can be reached, and how")
    posts: Path = Field(description="duties, and who holds them")
    rosters: Path | None = Field(None, description="who is on duty in turn, hour by hour")
    sender: str = Field("", description="what messages are signed with, in 【】")
    sender_en: str = Field("", description="the same in English")

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class Source(BaseModel):
    """A source by its name; the rest are its connector's options."""

    model_config = ConfigDict(extra="allow", frozen=True)

    use: str = Field("", description="its kind; left out, its name says it")
    on: bool = Field(True, description="whether it is asked")
    trust: int = Field(0, description="the lower is trusted more; the order in the file where equal")

    def options(self) -> dict[str, Any]:
        return dict(self.__pydantic_extra__ or {})


class Weather(Part):
    """How forecasts and observations are read."""

    horizon_hours: int = Field(120, ge=24, le=384, description="how far ahead forecasts are looked at")
    day_starts_at: int = Field(
        20, ge=0, le=23, description="local hour at which a meteorological day begins and ends"
    )
    observation_km: float = Field(10, gt=0, description="an observation speaks for points this near")
    observation_height_m: float = Field(200, gt=0, description="and this little higher or lower")
    agreement_hours: int = Field(
        6, ge=0, description="runs this young must agree before a level falls"
    )
    heating_base: float = Field(
        18, ge=5, le=25, description="°C, from which `heating_degrees` count"
    )
    lapse_k_per_km: float = Field(
        6.5, ge=0, le=10, description="of temperatures that are moved to a point's height"
    )
    fire_start: tuple[
        Annotated[float, Field(ge=0, le=101)],
        Annotated[float, Field(ge=0)],
        Annotated[float, Field(ge=0)],
    ] = Field(
        FIRE_START,
        description="FFMC, DMC and DC before the 60 days that the fire danger looks back on",
    )


class Exercise(Part):
    """Exercises that play by themselves, and drills of people."""

    play: Path | None = Field(None, description="folder of the storm that `serve --play` plays")
    speed: float = Field(600, gt=0, description="seconds of storm a second")
    plans: Path = Field(Path("exercises"), description="folder of what drills may be held from")


class Sentinel(Part):
    """A sentinel on another machine, by a name."""

    url: str = Field(pattern="^https?://", description="where this machine reaches it")
    secret_env: str = Field(
        "SUIAN_SENTINEL_SECRET",
        description="variable of the environment that holds the secret both sides have",
    )
    on: bool = Field(True, description="whether it is told how the service goes")


class Watch(Part):
    """When the service finds something wrong with itself."""

    queue_seconds: float = Field(120, gt=0, description="that a signal or message may wait")
    seal_seconds: float = Field(60, gt=0, description="that an entry of the log may wait for its seal")
    exercise_minutes: int = Field(
        10, ge=1, le=120,
        description="to answer the exercise that a turn begins with, where a sentinel watches",
    )  # fmt: skip


class Keep(Part):
    """How many days what is over stays in the database; without a number for ever. Forecasts and
    observations are read back 62 days, and a bulletin is of the month before."""

    signals_days: int | None = Field(None, ge=62, description="what the weather said")
    alerts_days: int | None = Field(
        None, ge=62,
        description="alerts and measures with their messages, answers and official warnings",
    )  # fmt: skip
    audit_days: int | None = Field(None, ge=62, description="the log; never less than `alerts_days`")
    exercises_days: int | None = Field(None, ge=1, description="exercises and drills that are over")
    at: time = Field(time(3, 30), description="local time of the night at which it is done")

    @model_validator(mode="after")
    def _the_log_is_kept_longest(self) -> Keep:
        if self.audit_days is not None and (self.alerts_days or 10**6) > self.audit_days:
            kept = f"{self.alerts_days} days" if self.alerts_days else "for ever (no alerts_days)"
            raise ValueError("audit_days must not be less than alerts_days: the log tells who did what"
                             f" to an alert, and alerts are kept {kept}")  # fmt: skip
        return self


class Bus(Part):
    """How signals come to the engine: through a table of the database; with `kafka` Kafka stands in
    front of it. Alike in all processes."""

    partitions: int = Field(
        1, ge=1, le=256,
        description="parts in which the places are shared out among engines, by their county",
    )  # fmt: skip
    kafka: str = Field("", description="HOST:PORT of its brokers, with commas; empty: there is none")
    topic: str = Field("suian-signals", description="in Kafka; made at the first start")
    tls: Tls | None = None
    login: Login | None = None

    @field_validator("kafka")
    @classmethod
    def _servers(cls, value: str) -> str:
        for one in filter(None, value.split(",")):
            if not re.fullmatch(r"\s*[\w.\-\[\]:]+:\d+\s*", one):
                raise ValueError(f"{one!r} is no HOST:PORT, e.g. kafka-1:9092, kafka-2:9092")
        return value

    @model_validator(mode="after")
    def _a_password_is_not_shown_around(self) -> Bus:
        if self.tls is None and self.login is not None and self.login.mechanism == "PLAIN":
            raise ValueError("PLAIN sends the password as it is: set `tls` too (`tls: {ca: FILE}`), or"
                             " another mechanism")  # fmt: skip
        return self

    def access(self) -> Access | None:
        """None without a broker. Raises BadInput for a file or a secret that cannot be used."""
        return Access(self.kafka, self.tls, self.login) if self.kafka else None


class Log(Part):
    """What is told of the work on standard output. `log: info` alone sets the level."""

    level: Literal["debug", "info", "warning"] = Field(
        "info", description="info tells each step of the work; debug also where a page failed"
    )
    format: Literal["text", "json"] = Field(
        "text", description="json: one object a line, for programs that gather logs"
    )


class Telemetry(Part):
    """Traces from a signal to what people were sent."""

    otlp: str = Field(
        "", description="collector that traces go to, by OTLP over HTTP; empty: where the environment"
        " says, else nowhere",
    )  # fmt: skip

    @field_validator("otlp")
    @classmethod
    def _a_collector(cls, value: str) -> str:
        if value and not re.fullmatch(r"https?://[^\s@]+", value):
            raise ValueError(f"{value!r} is no address of a collector, e.g. http://127.0.0.1:4318")
        return value.rstrip("/")


class Config(Part):
    """Paths are relative to the file's folder."""

    county: County
    data: Path = Field(Path("var"), description="the only folder that is written: database, backups")
    database: str = Field(
        "", description="`postgresql://…`, of several processes; empty: a file in the data folder"
    )
    rules: Path = Field(Path("rules"), description="folder of rules, measures and policies")
    calendar: Path = Field(
        Path("rules/calendar.yaml"), description="seasons, occasions, public holidays"
    )
    address: str = Field(
        "127.0.0.1", description="what it listens on: 127.0.0.1 this machine alone, 0.0.0.0 all"
    )
    port: int = Field(8080, ge=0, le=65535, description="of the pages, the API and the figures")
    public_url: str = Field("", description="how phones reach this service, for links in messages")
    sources: dict[str, Source] = {}
    channels: dict[str, Configured] = {"console": Configured()}
    quiet: Quiet = Quiet()
    weather: Weather = Weather()
    exercise: Exercise = Exercise()
    bus: Bus = Bus()
    watch: Watch = Watch()
    sentinels: dict[str, Sentinel] = {}
    keep: Keep = Keep()
    log: Log = Log()
    telemetry: Telemetry = Telemetry()

    @field_validator("log", mode="before")
    @classmethod
    def _level_alone(cls, value: Any) -> Any:
        return {"level": value} if isinstance(value, str) else value

    @field_validator("database")
    @classmethod
    def _a_database(cls, value: str) -> str:
        if value and not is_url(value):
            raise ValueError("a database is written postgresql://USER:PASSWORD@HOST:PORT/NAME; without"
                             " one the service keeps its own file in the data folder")  # fmt: skip
        return value

    @field_validator("address")
    @classmethod
    def _an_address(cls, value: str) -> str:
        # A name is looked up when it is listened on; what looks like a number must be one.
        if value.replace(".", "").isdigit():
            try:
                IPv4Address(value)
            except ValueError:
                raise ValueError(f"{value!r} is no IPv4 address, e.g. 127.0.0.1 or 0.0.0.0") from None
        elif not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", value):
            raise ValueError(f"{value!r} is neither an IPv4 address nor the name of a machine")
        return value

    @property
    def kept_in(self) -> str | Path:
        """What `Store` opens."""
        return self.database or self.data / "suian.db"

    @property
    def url(self) -> str:
        return (self.public_url or self.local_url).rstrip("/")

    @property
    def local_url(self) -> str:
        """As programs and browsers on this machine reach it."""
        address = "127.0.0.1" if self.address == "0.0.0.0" else self.address
        return f"http://{address}:{self.port}"

    def sources_on(self) -> dict[str, Source]:
        return {name: s for name, s in self.sources.items() if s.on}
