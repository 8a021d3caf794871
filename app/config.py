"""Every setting of the service: one table, read from the environment, all problems reported at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from labeling.limits import DEFAULT_LIMITS, Limits

#: Room for the multipart boundaries, part headers and text fields around a file.
BODY_MARGIN = 1024 * 1024
#: The words of the log levels, least to most severe.
LOG_LEVELS = ("debug", "info", "warning", "error")
TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off"})
#: Whether the visible label of pictures is looked for, where what reads it is installed.
READING_WORDS = {"auto": True, "off": False}
#: Labelling Measures, article 9: records of unlabelled copies are kept for six months and more.
FEWEST_COPY_DAYS, MOST_COPY_DAYS = 184, 36_500


class ConfigurationError(Exception):
    """Some settings cannot be used; `problems` says which and what to type instead, one line each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one running service, parsed. `SETTINGS` says what each means."""

    data_dir: Path
    database_url: str
    provider: str
    c2pa_chain: Path | None
    c2pa_key: Path | None
    c2pa_tsa_url: str
    record_key: Path | None
    propagator: str
    report_key: Path | None
    trust_anchors: Path | None
    trust_allowed: Path | None
    record_keys: Path | None
    read_visible: bool
    copy_retention_days: int
    max_file_bytes: int
    max_pixels: int
    idempotency_hours: float
    idempotency_lease_seconds: int
    metrics_open: bool
    log_level: str
    bind: str
    workers: int
    threads: int
    timeout_seconds: int

    @property
    def embedded_database(self) -> bool:
        """True when no database was named, so that the service keeps its own SQLite file."""
        return not self.database_url

    @property
    def engine_url(self) -> str:
        """The SQLAlchemy URL; the driver for PostgreSQL is psycopg 3."""
        if self.embedded_database:
            return f"sqlite:///{self.data_dir / 'mingbiao.sqlite3'}"
        scheme, separator, rest = self.database_url.partition("://")
        return SCHEMES.get(scheme, scheme) + separator + rest

    @property
    def limits(self) -> Limits:
        """The bounds that the library is given."""
        return Limits(file_bytes=self.max_file_bytes, text_bytes=self.max_file_bytes, pixels=self.max_pixels)

    @property
    def max_body_bytes(self) -> int:
        """The largest request body: base64 (RFC 4648) makes four characters of three bytes."""
        return (self.max_file_bytes + 2) // 3 * 4 + BODY_MARGIN


#: Hosting platforms hand out the first two; SQLAlchemy wants the driver named.
SCHEMES = {
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
    "sqlite": "sqlite",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table: the environment variable, the field of `Settings`, and how its text is read."""

    name: str
    field: str
    default: str
    read: Callable[[str], Any]
    meaning: str
    #: A secret may also be given as `NAME_FILE`, the path of a file that holds it.
    secret: bool = False


def _text(text: str) -> str:
    return text.strip()


def _path(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _optional_path(text: str) -> Path | None:
    return _path(text) if text else None


def _database_url(text: str) -> str:
    if text and text.partition("://")[0] not in SCHEMES:
        raise ValueError("must start with postgresql:// or sqlite:///")
    try:
        _ = urlsplit(text).port
    except ValueError:
        # The text of that error may hold a part of the password.
        raise ValueError("has no valid port; in a password, % / @ : ? # must be percent-encoded") from None
    return text.strip()


def _flag(text: str) -> bool:
    word = text.strip().lower()
    if word not in TRUE_WORDS | FALSE_WORDS:
        raise ValueError("must be true or false")
    return word in TRUE_WORDS


def _whole(lowest: int, highest: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        number = int(text) if text.strip().isascii() and text.strip().isdigit() else -1
        if not lowest <= number <= highest:
            raise ValueError(f"must be a whole number from {lowest} to {highest}")
        return number

    return read


def _reading(text: str) -> bool:
    word = text.strip().lower()
    if word not in READING_WORDS:
        raise ValueError(f"must be one of {', '.join(READING_WORDS)}")
    return READING_WORDS[word]


def _hours(text: str) -> float:
    try:
        hours = float(text)
    except ValueError:
        hours = 0.0
    if not 0 < hours <= 24 * 30:
        raise ValueError("must be a number of hours above 0 and up to 720")
    return hours


def _level(text: str) -> str:
    level = text.strip().lower()
    if level not in LOG_LEVELS:
        raise ValueError(f"must be one of {', '.join(LOG_LEVELS)}")
    return level


def _http_url(text: str) -> str:
    if text and urlsplit(text).scheme not in ("http", "https"):
        raise ValueError("must be an http or https address")
    return text.strip()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_FILE, _TOP_BYTES = str(DEFAULT_LIMITS.file_bytes), 16 * DEFAULT_LIMITS.file_bytes
_PIXELS, _TOP_PIXELS = str(DEFAULT_LIMITS.pixels), 16 * DEFAULT_LIMITS.pixels

SETTINGS: tuple[Setting, ...] = (
    Setting("MINGBIAO_DATA_DIR", "data_dir", "instance", _path, "folder of the embedded database and development key"),
    Setting("DATABASE_URL", "database_url", "", _database_url, "postgresql://...; empty: SQLite in that folder", True),
    Setting("MINGBIAO_PROVIDER", "provider", "", _text, "provider code or name used where a request names none"),
    Setting("MINGBIAO_C2PA_CHAIN", "c2pa_chain", "", _optional_path, "PEM file: signing certificate, then its issuers"),
    Setting("MINGBIAO_C2PA_KEY", "c2pa_key", "", _optional_path, "PEM file with the private key of that certificate"),
    Setting("MINGBIAO_C2PA_TSA_URL", "c2pa_tsa_url", "", _http_url, "RFC 3161 time-stamp authority; empty: none"),
    Setting("MINGBIAO_RECORD_KEY", "record_key", "", _optional_path, "PEM file, SM2 or RSA: signs ReservedCode1 and 2"),
    Setting("MINGBIAO_PROPAGATOR", "propagator", "", _text, "platform's code or name where a propagation names none"),
    Setting("MINGBIAO_REPORT_KEY", "report_key", "", _optional_path, "PEM file, P-256 or Ed25519: signs reports"),
    Setting("MINGBIAO_TRUST_ANCHORS", "trust_anchors", "", _optional_path, "PEM file: issuers trusted for C2PA"),
    Setting("MINGBIAO_TRUST_ALLOWED", "trust_allowed", "", _optional_path, "PEM file: single certificates trusted"),
    Setting("MINGBIAO_RECORD_KEYS", "record_keys", "", _optional_path, "JSON file: providers' keys for their records"),
    Setting("MINGBIAO_READ_VISIBLE", "read_visible", "auto", _reading, "auto or off: the visible label of pictures"),
    Setting(
        "MINGBIAO_COPY_RETENTION_DAYS",
        "copy_retention_days",
        "366",
        _whole(FEWEST_COPY_DAYS, MOST_COPY_DAYS),
        "how long records of unlabelled copies are kept",
    ),
    Setting(
        "MINGBIAO_MAX_FILE_BYTES", "max_file_bytes", _FILE, _whole(1024, _TOP_BYTES), "largest file or text, bytes"
    ),
    Setting("MINGBIAO_MAX_PIXELS", "max_pixels", _PIXELS, _whole(1, _TOP_PIXELS), "largest picture, pixels of a frame"),
    Setting("MINGBIAO_IDEMPOTENCY_HOURS", "idempotency_hours", "24", _hours, "how long an answer is kept for a retry"),
    Setting(
        "MINGBIAO_IDEMPOTENCY_LEASE_SECONDS",
        "idempotency_lease_seconds",
        "180",
        _whole(1, 3600),
        "how long a request holds its Idempotency-Key; must be above MINGBIAO_TIMEOUT_SECONDS",
    ),
    Setting("MINGBIAO_METRICS_OPEN", "metrics_open", "false", _flag, "true: /metrics needs no key"),
    Setting("MINGBIAO_LOG_LEVEL", "log_level", "info", _level, "debug, info, warning or error"),
    Setting("MINGBIAO_BIND", "bind", "127.0.0.1:8000", _text, "address and port that `mingbiao serve` listens on"),
    Setting("MINGBIAO_WORKERS", "workers", "0", _whole(0, 256), "worker processes; 0: one per processor core"),
    Setting("MINGBIAO_THREADS", "threads", "2", _whole(1, 64), "threads of each worker process"),
    Setting(
        "MINGBIAO_TIMEOUT_SECONDS", "timeout_seconds", "120", _whole(1, 3600), "a silent worker is replaced after it"
    ),
)


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read every setting from `environment` (default: that of the process).

    Raises `ConfigurationError` with all problems at once.
    """
    environment = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    problems: list[str] = []
    for setting in SETTINGS:
        try:
            values[setting.field] = setting.read(_given(setting, environment) or setting.default)
        except (ValueError, OSError) as error:
            problems.append(f"{setting.name} {error}")
    problems += _contradictions(values, environment)
    if problems:
        raise ConfigurationError(problems)
    values["workers"] = values["workers"] or _cores()
    return Settings(**values)


def _given(setting: Setting, environment: Mapping[str, str]) -> str:
    """The text of one setting, from its file where a secret names one."""
    file = environment.get(f"{setting.name}_FILE", "") if setting.secret else ""
    if not file:
        return environment.get(setting.name, "")
    if setting.name in environment:
        raise ValueError(f"and {setting.name}_FILE are both set; keep one")
    return Path(file).read_text(encoding="utf-8").strip()


def _contradictions(values: Mapping[str, Any], environment: Mapping[str, str]) -> list[str]:
    """What no single setting shows: pairs that only work together, and names nobody knows."""
    problems = []
    if bool(values.get("c2pa_chain")) != bool(values.get("c2pa_key")):
        problems.append("MINGBIAO_C2PA_CHAIN and MINGBIAO_C2PA_KEY must be set together")
    if values.get("c2pa_tsa_url") and not values.get("c2pa_chain"):
        problems.append("MINGBIAO_C2PA_TSA_URL needs MINGBIAO_C2PA_CHAIN: development credentials get no time stamp")
    if values.get("idempotency_lease_seconds", 1) <= values.get("timeout_seconds", 0):
        problems.append("MINGBIAO_IDEMPOTENCY_LEASE_SECONDS must be above MINGBIAO_TIMEOUT_SECONDS")
    known = {setting.name for setting in SETTINGS} | {f"{s.name}_FILE" for s in SETTINGS if s.secret} | OTHER_NAMES
    unknown = sorted(name for name in environment if name.startswith("MINGBIAO_") and name not in known)
    return problems + [f"{name} is not a setting" for name in unknown]


#: Names with our prefix that are no settings of the service: they steer the test suite.
OTHER_NAMES = frozenset({"MINGBIAO_TEST_POSTGRES", "MINGBIAO_NOTHING_SKIPPED", "MINGBIAO_KEY"})
