"""Settings: defaults, refusals, secrets from files."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.config import SETTINGS, ConfigurationError, Settings, load_settings


def problems(environment: dict[str, str]) -> list[str]:
    with pytest.raises(ConfigurationError) as error:
        load_settings(environment)
    return error.value.problems


def test_an_empty_environment_is_enough() -> None:
    settings = load_settings({})
    assert settings.embedded_database
    assert settings.engine_url == f"sqlite:///{Path('instance').absolute()}/mingbiao.sqlite3"
    assert settings.workers >= 1


def test_the_table_has_every_field_once() -> None:
    assert sorted(setting.field for setting in SETTINGS) == sorted(Settings.__slots__)
    assert len({setting.name for setting in SETTINGS}) == len(SETTINGS)


URLS = {
    "postgres://u@h/d": "postgresql+psycopg://u@h/d",
    "postgresql://u@h/d": "postgresql+psycopg://u@h/d",
    "postgresql+psycopg://u@h/d": "postgresql+psycopg://u@h/d",
    "sqlite:////tmp/x.db": "sqlite:////tmp/x.db",
}


@pytest.mark.parametrize(("given", "used"), URLS.items(), ids=URLS)
def test_a_database_url_gets_the_driver_that_is_installed(given: str, used: str) -> None:
    settings = load_settings({"DATABASE_URL": given})
    assert settings.engine_url == used
    assert not settings.embedded_database


def test_a_secret_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("postgresql://u:p@h/d\n")
    assert load_settings({"DATABASE_URL_FILE": str(file)}).engine_url == "postgresql+psycopg://u:p@h/d"


REFUSED = {
    "database": ({"DATABASE_URL": "mysql://h/d"}, "DATABASE_URL must start with"),
    "both": ({"DATABASE_URL": "postgresql://h/d", "DATABASE_URL_FILE": "/x"}, "are both set"),
    "no-file": ({"DATABASE_URL_FILE": "/nonexistent/file"}, "No such file"),
    "flag": ({"MINGBIAO_METRICS_OPEN": "perhaps"}, "MINGBIAO_METRICS_OPEN must be true or false"),
    "number": ({"MINGBIAO_THREADS": "many"}, "MINGBIAO_THREADS must be a whole number from 1 to 64"),
    "range": ({"MINGBIAO_MAX_PIXELS": "0"}, "MINGBIAO_MAX_PIXELS must be a whole number from 1"),
    "digits": ({"MINGBIAO_THREADS": "²"}, "MINGBIAO_THREADS must be a whole number"),
    "hours": ({"MINGBIAO_IDEMPOTENCY_HOURS": "nan"}, "MINGBIAO_IDEMPOTENCY_HOURS must be a number of hours"),
    "level": ({"MINGBIAO_LOG_LEVEL": "loud"}, "MINGBIAO_LOG_LEVEL must be one of"),
    "address": ({"MINGBIAO_C2PA_TSA_URL": "ftp://x"}, "MINGBIAO_C2PA_TSA_URL must be an http"),
    "port": ({"DATABASE_URL": "postgresql://u:p/w@h/d"}, "DATABASE_URL has no valid port"),
    "stamp": ({"MINGBIAO_C2PA_TSA_URL": "http://h"}, "MINGBIAO_C2PA_TSA_URL needs MINGBIAO_C2PA_CHAIN"),
    "pair": ({"MINGBIAO_C2PA_CHAIN": "/x"}, "must be set together"),
    "reading": ({"MINGBIAO_READ_VISIBLE": "always"}, "MINGBIAO_READ_VISIBLE must be one of auto, off"),
    "copies": ({"MINGBIAO_COPY_RETENTION_DAYS": "183"}, "must be a whole number from 184"),
    "lease": ({"MINGBIAO_IDEMPOTENCY_LEASE_SECONDS": "100"}, "must be above MINGBIAO_TIMEOUT_SECONDS"),
    "misspelt": ({"MINGBIAO_PROVDER": "x"}, "MINGBIAO_PROVDER is not a setting"),
}


@pytest.mark.parametrize(("environment", "words"), REFUSED.values(), ids=REFUSED)
def test_a_setting_is_refused_with_what_it_must_be(environment: dict[str, str], words: str) -> None:
    assert [problem for problem in problems(environment) if words in problem]


def test_all_problems_are_told_at_once() -> None:
    assert len(problems({"DATABASE_URL": "x", "MINGBIAO_THREADS": "0", "MINGBIAO_WORKERS": "x"})) == 3


def test_files_of_keys_are_paths_and_none_where_they_are_not_set() -> None:
    fields = ("record_key", "report_key", "trust_anchors", "trust_allowed", "record_keys")
    assert [getattr(load_settings({}), field) for field in fields] == [None] * 5
    assert load_settings({"MINGBIAO_REPORT_KEY": "keys/report.pem"}).report_key == Path("keys/report.pem").absolute()


def test_records_of_unlabelled_copies_are_kept_for_a_year_unless_told_otherwise() -> None:
    assert load_settings({}).copy_retention_days == 366
    assert load_settings({"MINGBIAO_COPY_RETENTION_DAYS": "184"}).copy_retention_days == 184


@pytest.mark.parametrize(("given", "read"), [("auto", True), ("OFF", False), ("", True)])
def test_the_visible_label_is_read_unless_switched_off(given: str, read: bool) -> None:
    assert load_settings({"MINGBIAO_READ_VISIBLE": given}).read_visible is read


def test_a_body_has_room_for_the_largest_file_in_base64() -> None:
    settings = load_settings({"MINGBIAO_MAX_FILE_BYTES": "3000000"})
    assert settings.max_body_bytes == 4_000_000 + 1024 * 1024
    assert settings.limits.file_bytes == 3_000_000
