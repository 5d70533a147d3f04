"""config.yaml: its schema, and errors that name file, line and the mend."""

from __future__ import annotations

import difflib
import re
from datetime import time
from ipaddress import IPv4Address
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from ruamel.yaml.error import MarkedYAMLError

from alerting.dispatch.channels import Configured
from alerting.errors import BadInput, plain
from alerting.people import Quiet
from alerting.service.environment import overridden
from alerting.store.postgres import is_url
from alerting.weather import FIRE_START
from alerting.yamlfile import read_tree


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class County(Part):
    """Where the service works. `fictional` marks everything it says as an exercise."""

    name: str
    name_en: str = ""
    fictional: bool = False
    timezone: str = "Asia/Shanghai"
    zones: Path
    sites: Path | None = None
    people: Path
    posts: Path
    rosters: Path | None = None
    sender: str = ""  # what messages are signed with, in 【】
    sender_en: str = ""

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError):
            raise ValueError(f"{value!r} is no time zone, e.g. Asia/Shanghai") from None
        return value

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class Source(BaseModel):
    """A source: `use` names its connector, `on` switches it; the rest are the connector's options."""

    model_config = ConfigDict(extra="allow", frozen=True)

    use: str = ""
    on: bool = True
    trust: int = 0  # the lower is trusted more; the order in the file where equal

    def options(self) -> dict[str, Any]:
        return dict(self.__pydantic_extra__ or {})


class Weather(Part):
    horizon_hours: int = Field(120, ge=24, le=384)
    day_starts_at: int = Field(20, ge=0, le=23)
    observation_km: float = Field(10, gt=0)
    observation_height_m: float = Field(200, gt=0)
    agreement_hours: int = Field(6, ge=0)
    heating_base: float = Field(18, ge=5, le=25)  # degC, of heating_degrees
    lapse_k_per_km: float = Field(6.5, ge=0, le=10)  # of temperatures moved to a point's height
    # FFMC, DMC and DC before the 60 days that the fire danger looks back on.
    fire_start: tuple[
        Annotated[float, Field(ge=0, le=101)],
        Annotated[float, Field(ge=0)],
        Annotated[float, Field(ge=0)],
    ] = FIRE_START


class Exercise(Part):
    play: Path | None = None  # the folder of the storm that `make run` plays
    speed: float = Field(600, gt=0)  # seconds of storm a second
    plans: Path = Path("exercises")  # the folder of what drills may be held from


class Sentinel(Part):
    """A sentinel on another machine; the secret that it shares with the service is named by environment
    variable."""

    url: str = Field(pattern="^https?://")
    secret_env: str = "SUIAN_SENTINEL_SECRET"
    on: bool = True


class Watch(Part):
    queue_seconds: float = Field(120, gt=0)  # a signal or delivery older than this is stuck
    seal_seconds: float = Field(60, gt=0)
    exercise_minutes: int = Field(10, ge=1, le=120)  # to answer the exercise of a turn


class Keep(Part):
    """How many days what is over stays in the database; without a number for ever. Forecasts and
    observations are read back 62 days, and a bulletin is of the month before."""

    signals_days: int | None = Field(None, ge=62)  # what the weather said
    alerts_days: int | None = Field(None, ge=62)  # with measures, messages, answers, official warnings
    audit_days: int | None = Field(None, ge=62)
    exercises_days: int | None = Field(None, ge=1)
    at: time = time(3, 30)  # local: when least is done

    @model_validator(mode="after")
    def _the_log_is_kept_longest(self) -> Keep:
        if self.audit_days is not None and (self.alerts_days or 10**6) > self.audit_days:
            kept = f"{self.alerts_days} days" if self.alerts_days else "for ever (no alerts_days)"
            raise ValueError("audit_days must not be less than alerts_days: the log tells who did what"
                             f" to an alert, and alerts are kept {kept}")  # fmt: skip
        return self


class Bus(Part):
    """Signals are kept in a table of the database; `kafka`, HOST:PORT of its brokers, puts Kafka in
    front of it. `partitions` is in how many parts the places are shared out among engine workers, by
    their county."""

    partitions: int = Field(1, ge=1, le=256)
    kafka: str = ""
    topic: str = "suian-signals"

    @field_validator("kafka")
    @classmethod
    def _servers(cls, value: str) -> str:
        for one in filter(None, value.split(",")):
            if not re.fullmatch(r"\s*[\w.\-\[\]:]+:\d+\s*", one):
                raise ValueError(f"{one!r} is no HOST:PORT, e.g. kafka-1:9092, kafka-2:9092")
        return value


class Log(Part):
    """`json`: one object a line, for programs that gather logs. The level alone may stand for all."""

    level: Literal["debug", "info", "warning"] = "info"
    format: Literal["text", "json"] = "text"


class Telemetry(Part):
    """`otlp`: the collector that traces go to, by OTLP over HTTP; "": where OTEL_EXPORTER_OTLP_ENDPOINT
    says, else nowhere."""

    otlp: str = ""

    @field_validator("otlp")
    @classmethod
    def _a_collector(cls, value: str) -> str:
        if value and not re.fullmatch(r"https?://[^\s@]+", value):
            raise ValueError(f"{value!r} is no address of a collector, e.g. http://127.0.0.1:4318")
        return value.rstrip("/")


class Config(Part):
    """`address` is what the service listens on: 127.0.0.1 for this machine alone, 0.0.0.0 for all."""

    county: County
    data: Path = Path("var")
    database: str = ""  # postgresql://…, for several processes; "": a file in the data folder
    rules: Path = Path("rules")
    calendar: Path = Path("rules/calendar.yaml")
    address: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    public_url: str = ""
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


def load_config(path: Path) -> Config:
    """Read a config; paths in it are relative to its folder. What the environment says of the machine
    goes over it (`environment`).

    Raises BadInput that names the line.
    """
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        raise BadInput("the config is not text in UTF-8", where=str(path),
                       mend="Save it as UTF-8.") from None  # fmt: skip
    except OSError as error:
        raise BadInput(
            f"the config cannot be read: {error.strerror}",
            where=str(path),
            mend="Start in the folder with config.yaml, give one with --config, or make one with"
            " `suian init COUNTY`.",
        ) from None
    try:
        data = read_tree(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise BadInput(f"this is not YAML: {error.problem}", where=f"{path}{line}") from None
    if not isinstance(data, dict):
        raise BadInput("the config is empty", where=str(path))
    overridden(data)
    try:
        config = Config.model_validate(data)
    except ValidationError as error:
        raise BadInput(_all(error, data), where=str(path)) from None
    return _rooted(config, path.resolve().parent)


TABLES = ("zones", "sites", "people", "posts", "rosters")


def _rooted(config: Config, folder: Path) -> Config:
    def at(p: Path | None) -> Path | None:
        return None if p is None else folder / p

    county = config.county.model_copy(
        update={n: at(getattr(config.county, n)) for n in TABLES}
    )
    exercise = config.exercise.model_copy(update={
        "play": at(config.exercise.play), "plans": at(config.exercise.plans),
    })  # fmt: skip
    return config.model_copy(
        update={
            "county": county, "exercise": exercise, "data": folder / config.data,
            "rules": folder / config.rules, "calendar": folder / config.calendar,
        }
    )  # fmt: skip


def _all(error: ValidationError, data: Any) -> str:
    return "\n".join(
        f"{_line(data, one['loc'])}{'.'.join(str(p) for p in one['loc'])}: {_said(one)}"
        for one in error.errors()
    )


def _said(one: Any) -> str:
    if one["type"] != "extra_forbidden":
        return plain(one)
    if one["loc"] == ("escalation",):
        return ("who is called, and how often, stands in policies.yaml of the rules folder: move it"
                " there (docs/operators.md)")  # fmt: skip
    if one["loc"] in (("bus", "use"), ("bus", "servers")):
        return "it is written `bus: {kafka: HOST:PORT}` now; without `kafka` there is no broker"
    known = _fields_at(one["loc"][:-1])
    close = difflib.get_close_matches(str(one["loc"][-1]), known, 1)
    hint = f"; did you mean {close[0]!r}?" if close else f"; known: {', '.join(sorted(known))}"
    return f"there is no such option{hint}"


def _fields_at(loc: tuple[Any, ...]) -> list[str]:
    model: Any = Config
    for part in loc:
        field = getattr(model, "model_fields", {}).get(str(part))
        model = field.annotation if field is not None else model
    return list(getattr(model, "model_fields", {}))


def _line(data: Any, loc: tuple[Any, ...]) -> str:
    at, line = data, None
    for part in loc:
        try:
            line = at.lc.key(part)[0] + 1 if hasattr(at, "lc") else line
            at = at[part]
        except (KeyError, IndexError, TypeError, AttributeError):
            break
    return f"line {line}: " if line else ""
