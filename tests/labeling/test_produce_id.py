"""Produce ids: unique, in order, inside the charset of Annex E j)."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.errors import DeclarationError, ErrorCode
from labeling.produce_id import new_produce_id, require_produce_id
from labeling.record import outside_charset

#: The example of RFC 9562, A.6: 2022-02-22 14:22:22 in a zone five hours behind UTC.
RFC_MOMENT = datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC)


def milliseconds_of(produce_id: str) -> int:
    return UUID(produce_id).int >> 80


def test_the_rfc_example_is_met() -> None:
    # rand_a 0x4C3 keeps to the lower half of the counter here, where the example has 0xCC3.
    random = (0x4C3 << 62 | 0x18C4DC0C0C07398F).to_bytes(10)
    assert new_produce_id(RFC_MOMENT, random) == "017f22e2-79b0-74c3-98c4-dc0c0c07398f"


def test_given_bytes_make_it_a_function_of_its_arguments() -> None:
    assert new_produce_id(RFC_MOMENT, bytes(10)) == new_produce_id(RFC_MOMENT, bytes(10))
    assert new_produce_id(RFC_MOMENT, bytes(10)) != new_produce_id(RFC_MOMENT, b"\1" * 10)


@given(
    st.datetimes(datetime(1970, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)),
    st.binary(min_size=10, max_size=10),
)
def test_it_is_always_a_version_7_uuid_of_that_moment(moment: datetime, random: bytes) -> None:
    for made in (new_produce_id(moment, random), new_produce_id(moment)):
        assert UUID(made).version == 7
        assert UUID(made).variant == "specified in RFC 4122"
        assert outside_charset(made) is None
        assert require_produce_id(made) == made
    assert milliseconds_of(new_produce_id(moment, random)) == int(moment.timestamp() * 1000)


def test_a_moment_before_1970_is_that_of_1970() -> None:
    assert milliseconds_of(new_produce_id(datetime(1969, 1, 1, tzinfo=UTC), bytes(10))) == 0


def test_ten_thousand_of_one_millisecond_are_unique_and_in_order() -> None:
    moment = RFC_MOMENT + timedelta(days=1)
    made = [new_produce_id(moment) for _ in range(10_000)]
    assert made == sorted(set(made))
    assert milliseconds_of(made[-1]) - milliseconds_of(made[0]) <= 3


def test_a_clock_that_falls_back_a_little_does_not_disturb_the_order() -> None:
    moment = RFC_MOMENT + timedelta(days=2)
    made = [new_produce_id(moment + timedelta(milliseconds=offset)) for offset in (0, 5, 3, -400, 5, 6, 900)]
    assert made == sorted(set(made))


def test_a_moment_long_before_the_last_one_is_kept() -> None:
    new_produce_id(RFC_MOMENT + timedelta(days=3))
    assert milliseconds_of(new_produce_id(RFC_MOMENT)) == int(RFC_MOMENT.timestamp() * 1000)


def test_threads_never_make_the_same_one() -> None:
    moment = RFC_MOMENT + timedelta(days=4)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: new_produce_id(moment), range(4_000)))
    assert len(set(made)) == 4_000


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_makes_others_than_its_parent() -> None:
    moment = RFC_MOMENT + timedelta(days=5)
    new_produce_id(moment)
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write_end, " ".join(new_produce_id(moment) for _ in range(500)).encode())
        os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end) as pipe:
        theirs = pipe.read().split()
    os.waitpid(child, 0)
    ours = [new_produce_id(moment) for _ in range(500)]
    assert len({*theirs, *ours}) == 1_000


@pytest.mark.parametrize("text", ["42", "tos-cn-i-tb4s082cfz/0a1b", "u:1/task:2#3", 'say"so"', "!" * 500])
def test_a_callers_number_is_kept_as_it_is(text: str) -> None:
    assert require_produce_id(text) == text


def test_an_empty_number_is_refused() -> None:
    with pytest.raises(DeclarationError) as caught:
        require_produce_id("")
    assert caught.value.code is ErrorCode.PRODUCE_ID_EMPTY


@pytest.mark.parametrize(
    ("text", "position"), [("a b", 1), ("编号1", 0), ("a\\", 1), ("12\n", 2), ("x\x00", 1), ("\ud800", 0)]
)
def test_a_character_outside_annex_e_is_named_with_its_place(text: str, position: int) -> None:
    with pytest.raises(DeclarationError) as caught:
        require_produce_id(text)
    assert caught.value.code is ErrorCode.PRODUCE_ID_CHARSET
    assert caught.value.params["position"] == position
