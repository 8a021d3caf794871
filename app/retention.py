"""How long the records of unlabelled copies are kept: at least six months (Labelling Measures, article 9).

A record is kept for the days that the settings say, and in any case for six calendar months as the Civil Code counts
them (articles 200 to 203): from the day after, to the end of the day of the same number, or of the month's last day
where it has no such day; in Beijing time.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta, timezone

MONTHS = 6
#: No six months are longer.
_LONGEST = timedelta(days=184)
#: China has kept one time, without summer time, since 1992.
BEIJING = timezone(timedelta(hours=8))
_DAY = timedelta(days=1)


def six_months_after(moment: datetime) -> datetime:
    """The first moment at which a record of `moment` is no longer younger than six months, in UTC."""
    day = moment.astimezone(BEIJING).date()
    year, month = divmod(day.year * 12 + day.month - 1 + MONTHS, 12)
    last_day = date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
    return _midnight(last_day + _DAY)


def kept_until(moment: datetime, days: int) -> datetime:
    """The first moment at which a record of `moment` may be deleted, in UTC."""
    return max(moment.astimezone(UTC) + timedelta(days=days), six_months_after(moment))


def purgeable_before(now: datetime, days: int) -> datetime:
    """The latest moment before which every record may be deleted `now`, in UTC.

    Six months end with a day, so the first day whose records must stay is looked for from one whose need not.
    """
    day = (now.astimezone(BEIJING) - _LONGEST).date() - 2 * _DAY
    while six_months_after(_midnight(day)) <= now:
        day += _DAY
    return min(_midnight(day), now.astimezone(UTC) - timedelta(days=days))


def _midnight(day: date) -> datetime:
    """The moment at which that day begins in China, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=BEIJING).astimezone(UTC)
