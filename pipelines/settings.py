"""Settings: chezhu.toml at the project's root, over it environment variables ``CHEZHU_…``, over them options.

``CHEZHU_MEMORY_LIMIT=8GB`` sets ``memory_limit``; ``CHEZHU_HOME`` and ``INBOX`` say where things are.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from pipelines.cron import is_cron

PROJECT_ROOT = Path(__file__).resolve().parents[1]
_MEMORY = re.compile(r"(?P<number>[0-9]+(\.[0-9]+)?) *(?P<unit>[KMGT](i?B)?|B|%)", flags=re.IGNORECASE)
"""How much memory, as DuckDB writes it; Spark takes less (``engine.opening``)."""
_PATHS = frozenset({"home", "inbox", "contracts", "survivorship", "reference_sources"})


def bytes_of(limit: str, *, whole: int) -> int:
    """An amount of memory as the settings take it, in bytes; percent are of ``whole``.

    >>> bytes_of("4GB", whole=0), bytes_of("1.5 GiB", whole=0), bytes_of("80%", whole=1000)
    (4000000000, 1610612736, 800)
    """
    found = _MEMORY.fullmatch(limit)
    if found is None:
        message = f"{limit!r} is no amount of memory"
        raise ValueError(message)
    unit = found["unit"].upper()
    if unit == "%":
        return int(whole * float(found["number"]) / 100)
    base = 1024 if "I" in unit else 1000
    return int(float(found["number"]) * base ** "BKMGT".index(unit[0]))


class SettingsError(Exception):
    """A setting cannot be used; the message names it, where it was set, and what would do."""


class Settings(BaseModel):
    """All settings of a run, with their defaults."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    home: Path = Field(default=PROJECT_ROOT / "data" / "home", description="all that runs produce")
    inbox: Path | None = Field(default=None, description="what dealers send; default: inbox below the home")
    contracts: Path = Field(default=PROJECT_ROOT / "data" / "contracts", description="folder of the contracts")
    engine: Literal["duckdb", "spark"] = Field(
        default="duckdb", description="the engine that moves the data; spark for `chezhu match` only"
    )
    spark_master: str = Field(default="", description="address of the Spark master; default: Spark on this machine")
    memory_limit: str = Field(
        default="",
        description="DuckDB's own memory, above which it spills to disk, and Spark's heap; default: 4GB, in a run a quarter of this machine's if that is more",
    )
    threads: int = Field(default=0, ge=0, description="threads of the engine; 0 = all cores this process may use")
    executor: Literal["in_process", "multiprocess"] = Field(default="in_process", description="Dagster steps: one process, or one each")
    increments: bool = Field(
        default=True, description="a run takes only what changed; false: it goes over everything each time, which gives the same"
    )
    settle_seconds: float = Field(default=10.0, ge=0, description="a file changed less than this ago is still being uploaded")
    max_file_bytes: int = Field(default=4 * 2**30, gt=0, description="a larger file is quarantined whole")
    max_unpacked_bytes: int = Field(default=8 * 2**30, gt=0, description="an archive that unfolds beyond this is quarantined whole")
    max_row_bytes: int = Field(default=1_000_000, gt=0, description="a longer row is quarantined")
    survivorship: Path | None = Field(
        default=None, description="YAML file of survivorship rules, trust of each source included; default: those of the package"
    )
    reference_sources: Path | None = Field(
        default=None, description="folder of reference sources (a YAML file each), or one YAML file; default: reference below the home"
    )
    crm_ids: bool = Field(default=True, description="customers keep the ids that the CRM's own export (source crm) has for them")
    keep_versions: int = Field(
        default=10,
        ge=1,
        description="published versions kept; older ones go after a run. The one before the published one stays in any case",
    )
    gate_from: int = Field(default=1_000, ge=0, description="customers published before; with fewer the publish gate compares nothing")
    gate_customers: float = Field(
        default=0.2, ge=0, description="share by which the number of customers of known dealers may change in a run"
    )
    gate_lost: float = Field(default=0.05, ge=0, description="share of the ids in force that may end in a run")
    gate_merged: float = Field(default=0.05, ge=0, description="share of the customers that may be merged into others in a run")
    gate_split: float = Field(default=0.02, ge=0, description="share of the customers that may be split in a run")
    gate_largest: int = Field(default=1_000, ge=1, description="records that one customer may have (or twice those of the largest before)")
    gate_score: float = Field(default=2.0, ge=0, description="points that the mean score may fall in a run")
    gate_dealer_records: float = Field(default=0.5, ge=0, description="share of a dealer's records that may go in a run")
    gate_dealer_score: float = Field(default=5.0, ge=0, description="points that the mean score of a dealer's customers may fall in a run")
    worklist_days: int = Field(default=7, ge=0, description="days that a dealer has to repair an item of its worklist")
    worklist_items: int = Field(default=200, ge=0, description="items open at a time for a dealer; the most useful first")
    price_sms: float = Field(default=0.05, ge=0, description="yuan for one SMS, in reports")
    price_post: float = Field(default=1.5, ge=0, description="yuan for one letter (print and postage), in reports")
    ledger_url: str = Field(default="", description="SQLAlchemy URL of the run ledger; default: SQLite below the home")
    targets: dict[str, str] = Field(
        default_factory=dict, description="what `chezhu publish` delivers to: name = PostgreSQL URL or folder; as a variable, a JSON object"
    )
    alerts: dict[str, str] = Field(
        default_factory=dict,
        description="channels of alerts: name = path, smtp://, https://, wecom+https://, dingtalk+https:// or feishu+https://; as a variable, a JSON object",
    )
    review_pairs: int = Field(default=10_000, ge=1, description="pairs that review in the browser keeps ready, the most worthwhile first")
    review_hosts: str = Field(default="", description="names by which `chezhu review serve` is called, with commas; others are refused")
    review_https: bool = Field(default=False, description="a proxy before `chezhu review serve` speaks https: cookies only go that way")
    review_proxy: str = Field(default="", description="address of that proxy, whose word for the visitor's address is taken")
    review_idle_minutes: int = Field(default=60, ge=1, description="a session without a request ends after this")
    review_session_hours: int = Field(default=10, ge=1, description="a session ends after this in any case")
    nightly: str = Field(default="30 1 * * *", description="cron of the nightly run")
    timezone: str = Field(
        default="Asia/Shanghai",
        description="time zone of the schedule, of the default as-of date, and of times in reports and on review pages",
    )

    @field_validator("targets", "alerts", mode="before")
    @classmethod
    def _targets(cls, value: object) -> object:
        return json.loads(value) if isinstance(value, str) else value

    @field_validator("alerts")
    @classmethod
    def _alerts(cls, value: dict[str, str]) -> dict[str, str]:
        """A mistyped scheme would show on the night of the first alert: by nobody being told."""
        if value:
            from pipelines.sinks import channels  # noqa: PLC0415 - mail and web only where alerts are sent

            for name, address in value.items():
                try:
                    channels.require_known(address)
                except channels.ChannelError as error:
                    message = f"{name}: {error}"
                    raise ValueError(message) from None
        return value

    @field_validator("memory_limit")
    @classmethod
    def _memory_limit(cls, value: str) -> str:
        found = _MEMORY.fullmatch(value.strip())
        if value and (found is None or not float(found["number"])):
            message = f"{value!r} is no amount of memory: write a number and its unit, as in 4GB or 800MB"
            raise ValueError(message)
        return value.strip()

    @field_validator("timezone")
    @classmethod
    def _timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ValueError, OSError, KeyError) as error:  # a path, a folder of zones, no such zone
            message = f"{value!r} is no time zone: write a name of the IANA list, as in Asia/Shanghai or UTC"
            raise ValueError(message) from error
        return value

    @field_validator("nightly")
    @classmethod
    def _nightly(cls, value: str) -> str:
        if not is_cron(value):
            message = f"{value!r} is no schedule: write minute, hour, day, month and day of the week, as in 30 1 * * * for half past one each night"
            raise ValueError(message)
        return value

    @property
    def inbox_dir(self) -> Path:
        """Where dealers' folders are."""
        return self.inbox if self.inbox is not None else self.home / "inbox"


def load(
    *, file: Path | None = None, environment: Mapping[str, str] | None = None, options: Mapping[str, object] | None = None
) -> Settings:
    """Settings from file, environment and options, the later over the earlier.

    Raises:
        SettingsError: an unknown name or an impossible value, with the place it came from.
    """
    path = file if file is not None else PROJECT_ROOT / "chezhu.toml"
    env = os.environ if environment is None else environment
    values: dict[str, object] = {}
    origin: dict[str, str] = {}
    for name, value in _from_file(path).items():
        values[name], origin[name] = value, str(path)
    for name, value in _from_environment(env).items():
        values[name], origin[name] = value, f"environment variable {_variable(name)}"
    for name, value in (options or {}).items():
        if value is not None:
            values[name], origin[name] = value, f"option --{name.replace('_', '-')}"
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "?"
        told = _unknown(name) if first["type"] == "extra_forbidden" else first["msg"].removeprefix("Value error, ")
        message = f"setting {name!r} from {origin.get(name, 'the defaults')}: {told}"
        raise SettingsError(message) from error
    absolute = {"home": settings.home.expanduser().resolve(), "contracts": settings.contracts.expanduser().resolve()}
    optional = {"inbox": settings.inbox, "survivorship": settings.survivorship, "reference_sources": settings.reference_sources}
    given = {name: None if path is None else path.expanduser().resolve() for name, path in optional.items()}
    return settings.model_copy(update={**absolute, **given})


def _unknown(name: str) -> str:
    """What is said of a name that no setting has.

    >>> _unknown("treads")
    'there is no such setting; did you mean threads? chezhu.toml lists all'
    """
    near = difflib.get_close_matches(name, Settings.model_fields, n=1)
    return f"there is no such setting; {f'did you mean {near[0]}? ' if near else ''}chezhu.toml lists all"


def _from_file(path: Path) -> dict[str, object]:
    if not path.exists():
        return {}
    try:
        text = path.read_text(encoding="utf-8")
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = f"{path}: {error}{_written_as(text, str(error))}"
        raise SettingsError(message) from error
    root = path.parent
    return {name: str(root / str(value)) if name in _PATHS else value for name, value in content.items()}


def _written_as(text: str, said: str) -> str:
    r"""Which setting a mistake of TOML is in, and how values are written; without the value, which may be a password.

    >>> _written_as("threads = 1\nhome = here", "Invalid value (at line 2, column 8)")
    ", the value of 'home': text stands in quotes, a number does not"
    """
    found = re.search(r"Invalid value \(at line (\d+),", said)
    if found is None:
        return ""
    name = text.splitlines()[int(found[1]) - 1].partition("=")[0].strip()
    return f", the value of {name!r}: text stands in quotes, a number does not"


def _variable(name: str) -> str:
    return "INBOX" if name == "inbox" else f"CHEZHU_{name.upper()}"


def _from_environment(env: Mapping[str, str]) -> dict[str, object]:
    return {name: env[_variable(name)] for name in Settings.model_fields if env.get(_variable(name))}
