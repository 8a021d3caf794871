"""How long records of unlabelled copies are kept: six calendar months at least, counted in China."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.retention import BEIJING, kept_until, purgeable_before, six_months_after

FEWEST_DAYS = 184

#: The day in China on which a copy was recorded -> the last day on which the record is younger than six months.
LAST_DAYS = {
    "plain": ("2026-01-15", "2026-07-15"),
    "first-of-month": ("2026-05-01", "2026-11-01"),
    "year-end": ("2026-12-31", "2027-06-30"),
    "no-31st": ("2026-03-31", "2026-09-30"),
    "no-30th-of-february": ("2026-08-30", "2027-02-28"),
    "no-29th-of-february": ("2026-08-29", "2027-02-28"),
    "28th-of-february": ("2026-08-28", "2027-02-28"),
    "leap-year": ("2027-08-31", "2028-02-29"),
    "29th-of-a-leap-year": ("2027-08-29", "2028-02-29"),
    "28th-before-a-leap-day": ("2027-08-28", "2028-02-28"),
    "from-a-leap-day": ("2028-02-29", "2028-08-29"),
    "longest": ("2026-03-01", "2026-09-01"),
    "century": ("2099-08-31", "2100-02-28"),
}


def beijing(day: str, time: str = "00:00:00") -> datetime:
    return datetime.fromisoformat(f"{day}T{time}+08:00")


@pytest.mark.parametrize(("recorded", "last"), LAST_DAYS.values(), ids=LAST_DAYS)
@pytest.mark.parametrize("time", ["00:00:00", "12:00:00", "23:59:59.999999"])
def test_six_months_end_with_the_day_of_the_same_number_or_the_months_last(recorded: str, last: str, time: str) -> None:
    end = beijing(last) + timedelta(days=1)
    assert six_months_after(beijing(recorded, time)) == end
    assert six_months_after(beijing(recorded, time)).tzinfo is UTC


def test_a_day_is_one_in_china() -> None:
    # 16:00 UTC is midnight in Beijing.
    before, after = (datetime.fromisoformat(f"2026-01-15T{time}Z") for time in ("15:59:59.999999", "16:00:00"))
    assert six_months_after(before) == beijing("2026-07-16")
    assert six_months_after(after) == beijing("2026-07-17")


def test_the_settings_may_keep_longer_and_never_shorter() -> None:
    recorded = beijing("2026-03-01", "12:00:00")
    assert kept_until(recorded, 366) == beijing("2027-03-02", "12:00:00")
    assert kept_until(recorded, FEWEST_DAYS) == beijing("2026-09-02")


MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))
DAYS = st.integers(FEWEST_DAYS, 1500)


@given(MOMENTS, DAYS)
@settings(max_examples=300, deadline=None)
def test_what_may_be_purged_is_what_need_not_be_kept(now: datetime, days: int) -> None:
    latest = purgeable_before(now, days)
    microsecond = timedelta(microseconds=1)
    assert kept_until(latest - microsecond, days) <= now
    assert kept_until(latest + microsecond, days) > now


@given(MOMENTS)
@settings(max_examples=200, deadline=None)
def test_no_record_is_kept_for_less_than_six_months(now: datetime) -> None:
    newest = (purgeable_before(now, FEWEST_DAYS) - timedelta(microseconds=1)).astimezone(BEIJING)
    today = now.astimezone(BEIJING)
    months = (today.year - newest.year) * 12 + today.month - newest.month
    assert months > 6 or (months == 6 and today.day > newest.day)


def test_exactly_six_months_are_not_over_until_the_day_is() -> None:
    recorded = beijing("2026-05-21", "10:00:00")
    for now, may in ((beijing("2026-11-21", "10:00:00"), False), (beijing("2026-11-22"), True)):
        assert (recorded < purgeable_before(now, FEWEST_DAYS)) is may


@given(st.dates(date(2020, 1, 1), date(2060, 1, 1)))
@settings(max_examples=200, deadline=None)
def test_six_months_are_184_days_at_most_and_the_rest_of_the_last(day: date) -> None:
    begin = beijing(str(day))
    assert timedelta(days=181) <= six_months_after(begin) - begin - timedelta(days=1) <= timedelta(days=FEWEST_DAYS)
