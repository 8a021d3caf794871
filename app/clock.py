"""Times as the tables hold them: UTC text of one fixed width, so that both databases sort and hash them alike."""

from __future__ import annotations

from datetime import UTC, datetime

FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


def to_text(moment: datetime) -> str:
    """27 characters, RFC 3339 with microseconds and Z; a time without a zone is taken as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    # strftime does not pad years below 1000 to four digits.
    return aware.astimezone(UTC).strftime(FORMAT).rjust(27, "0")


def from_text(text: str) -> datetime:
    """The moment that `to_text` wrote."""
    return datetime.strptime(text, FORMAT).replace(tzinfo=UTC)
