"""The keys and the lists of trust that settings name, read from their files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.config import SETTINGS, ConfigurationError, Settings
from labeling.errors import LabelingError
from labeling.record_signing import RecordSigner, record_signer
from labeling.trust import Trust
from labeling.trust_files import load_trust
from labeling.verification.signed_report import ReportSigner, report_signer


@dataclass(frozen=True, slots=True)
class KeyFile:
    """One file that a setting names: how it is read, and what to type where it is missing or wrong."""

    read: Callable[[Path], object]
    remedy: str


#: By field of `Settings`.
KEY_FILES: dict[str, KeyFile] = {
    "record_key": KeyFile(
        lambda path: record_signer(path.read_bytes()),
        "openssl genpkey -algorithm SM2 -out record-key.pem",
    ),
    "report_key": KeyFile(
        lambda path: report_signer(path.read_bytes()),
        "openssl genpkey -algorithm ed25519 -out report-key.pem",
    ),
    "trust_anchors": KeyFile(
        lambda path: load_trust(anchors=path),
        "cat issuer-1.pem issuer-2.pem > anchors.pem",
    ),
    "trust_allowed": KeyFile(
        lambda path: load_trust(allowed=path),
        "cat certificate-1.pem certificate-2.pem > allowed.pem",
    ),
    "record_keys": KeyFile(
        lambda path: load_trust(record_keys=path),
        """jq -n --rawfile pem provider.pem '[{"provider": "CODE", "pem": $pem}]' > record-keys.json""",
    ),
}


#: Environment variables, by field of `Settings`.
SETTING_NAMES = {setting.field: setting.name for setting in SETTINGS}


def read_trust(settings: Settings) -> Trust:
    """Whom this installation trusts: nobody, unless settings say so. Raises DeclarationError, OSError."""
    return load_trust(settings.trust_anchors, settings.trust_allowed, settings.record_keys)


def read_report_signer(settings: Settings) -> ReportSigner | None:
    """What signs reports, where there is a key. Raises ReportError, OSError."""
    return None if settings.report_key is None else report_signer(settings.report_key.read_bytes())


def read_record_signer(settings: Settings) -> RecordSigner | None:
    """What signs the reserved codes of records, where there is a key. Raises SigningError, OSError."""
    return None if settings.record_key is None else record_signer(settings.record_key.read_bytes())


def file_problems(settings: Settings) -> list[str]:
    """One line for each file that cannot be used: the setting, the file, what is wrong and what to type."""
    given = {field: getattr(settings, field) for field in KEY_FILES}
    found = {field: _problem(KEY_FILES[field], path) for field, path in given.items() if path is not None}
    return [
        f"{SETTING_NAMES[field]}: {given[field]}: {problem}; to make such a file: {KEY_FILES[field].remedy}"
        for field, problem in found.items()
        if problem
    ]


def require_files(settings: Settings) -> None:
    """Raise ConfigurationError with every file that cannot be used."""
    problems = file_problems(settings)
    if problems:
        raise ConfigurationError(problems)


def _problem(file: KeyFile, path: Path) -> str:
    try:
        file.read(path)
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    except LabelingError as error:
        return error.detail
    return ""
