"""Idempotency keys in the database: one owner, one answer, leases that end."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from app import idempotency
from app.database import writing
from app.idempotency import Claim, InProgressError, KeptAnswer, KeyReusedError
from tests.app.entries import NOW

LEASE = timedelta(seconds=60)
DAY = timedelta(hours=24)
ANSWER = KeptAnswer(201, (("Content-Type", "image/png"), ("Location", "/x")), bytes(range(256)))


def claim(
    engine: Engine, key_id: str, fingerprint: str = "a" * 64, after: timedelta = timedelta()
) -> Claim | KeptAnswer:
    with writing(engine) as connection:
        return idempotency.claim(connection, key_id, "key-1", fingerprint, now=NOW + after, lease=LEASE)


def own(engine: Engine, key_id: str, after: timedelta = timedelta()) -> Claim:
    claimed = claim(engine, key_id, after=after)
    assert isinstance(claimed, Claim)
    return claimed


def finish(engine: Engine, claimed: Claim) -> None:
    with writing(engine) as connection:
        idempotency.finish(connection, claimed, ANSWER, until=NOW + DAY)


def test_the_answer_is_given_again_byte_for_byte(engine: Engine, key_id: str) -> None:
    finish(engine, own(engine, key_id))
    assert claim(engine, key_id, after=DAY - LEASE) == ANSWER


def test_another_request_with_the_key_is_refused(engine: Engine, key_id: str) -> None:
    claimed = own(engine, key_id)
    with pytest.raises(KeyReusedError):
        claim(engine, key_id, "b" * 64)
    finish(engine, claimed)
    with pytest.raises(KeyReusedError):
        claim(engine, key_id, "b" * 64)


def test_a_key_that_is_held_is_refused_until_its_lease_ends(engine: Engine, key_id: str) -> None:
    own(engine, key_id)
    with pytest.raises(InProgressError) as held:
        claim(engine, key_id, after=LEASE - timedelta(seconds=2))
    assert held.value.retry_after == 2
    own(engine, key_id, after=LEASE)


def test_an_owner_whose_lease_was_taken_over_cannot_answer(engine: Engine, key_id: str) -> None:
    late = own(engine, key_id)
    in_time = own(engine, key_id, after=LEASE)
    with pytest.raises(InProgressError):
        finish(engine, late)
    with writing(engine) as connection:
        idempotency.release(connection, late)
    finish(engine, in_time)
    assert claim(engine, key_id) == ANSWER


def test_a_released_key_can_be_taken_again(engine: Engine, key_id: str) -> None:
    claimed = own(engine, key_id)
    with writing(engine) as connection:
        idempotency.release(connection, claimed)
    own(engine, key_id)


def test_a_finished_answer_cannot_be_released(engine: Engine, key_id: str) -> None:
    claimed = own(engine, key_id)
    finish(engine, claimed)
    with writing(engine) as connection:
        idempotency.release(connection, claimed)
    assert claim(engine, key_id) == ANSWER


def test_an_answer_is_gone_after_its_time(engine: Engine, key_id: str) -> None:
    finish(engine, own(engine, key_id))
    own(engine, key_id, after=DAY)


def test_purging_deletes_what_has_expired_and_nothing_else(engine: Engine, key_id: str) -> None:
    finish(engine, own(engine, key_id))
    with writing(engine) as connection:
        assert idempotency.purge(connection, now=NOW + DAY - LEASE) == 0
        assert idempotency.purge(connection, now=NOW + DAY) == 1


def test_only_one_of_many_takes_a_key(engine: Engine, key_id: str) -> None:
    def attempt(_: int) -> str:
        try:
            return type(claim(engine, key_id)).__name__
        except InProgressError:
            return "held"

    with ThreadPoolExecutor(8) as pool:
        assert Counter(pool.map(attempt, range(24))) == {"Claim": 1, "held": 23}
