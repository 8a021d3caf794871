"""API keys: what they look like, when they open, what is stored of them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError

from app import keys, ledger
from app.database import reading, writing
from app.keys import ApiKey, Scope
from app.tables import api_keys
from tests.app.entries import NOW, make_entry


def create(engine: Engine, **options: object) -> tuple[ApiKey, str]:
    with writing(engine) as connection:
        return keys.create(connection, "test", {Scope.LABELS_WRITE}, now=NOW, **options)  # type: ignore[arg-type]


def authenticate(engine: Engine, text: str, after: timedelta = timedelta()) -> ApiKey | None:
    with reading(engine) as connection:
        return keys.authenticate(connection, text, now=NOW + after)


def test_a_key_opens_with_its_scopes(engine: Engine) -> None:
    key, text = create(engine)
    assert re.fullmatch(r"mbk_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", text)
    assert authenticate(engine, text) == key
    assert key.scopes == {Scope.LABELS_WRITE}


def test_the_secret_is_not_stored(engine: Engine) -> None:
    _, text = create(engine)
    secret = text.split("_", 2)[2]
    with reading(engine) as connection:
        row = connection.execute(select(api_keys)).one()
    assert secret not in repr(row)


WRONG = {
    "empty": "",
    "another-secret": "mbk_{id}_" + "A" * 43,
    "no-secret": "mbk_{id}_",
    "unknown": "mbk_000000000000_{secret}",
    "another-mark": "sk_{id}_{secret}",
    "cut": "mbk_{id}_{cut}",
    "longer": "mbk_{id}_{secret}A",
    "not-ascii": "mbk_{id}_é",
    "surrogate": "mbk_{id}_\udcff",
    "long": "mbk_" + "0" * 10_000,
}


@pytest.mark.parametrize("form", WRONG.values(), ids=WRONG)
def test_a_text_that_is_not_the_key_does_not_open(engine: Engine, form: str) -> None:
    key, text = create(engine)
    secret = text.split("_", 2)[2]
    assert authenticate(engine, form.format(id=key.id, secret=secret, cut=secret[:-1])) is None


def test_an_expired_key_does_not_open(engine: Engine) -> None:
    _, text = create(engine, expires_at=NOW + timedelta(hours=1))
    assert authenticate(engine, text, timedelta(minutes=59)) is not None
    assert authenticate(engine, text, timedelta(hours=1)) is None


def test_a_revoked_key_does_not_open(engine: Engine) -> None:
    key, text = create(engine)
    with writing(engine) as connection:
        assert keys.revoke(connection, key.id, now=NOW)
    assert authenticate(engine, text) is None
    with reading(engine) as connection:
        assert [listed.state(NOW) for listed in keys.every(connection)] == ["revoked"]


def test_a_revoked_key_keeps_the_time_of_its_first_revocation(engine: Engine) -> None:
    key, _ = create(engine)
    for hours in (0, 5):
        with writing(engine) as connection:
            keys.revoke(connection, key.id, now=NOW + timedelta(hours=hours))
    with reading(engine) as connection:
        assert keys.every(connection)[0].revoked_at == "2026-11-21T12:00:00.000000Z"


def test_revoking_an_unknown_key_says_so(engine: Engine) -> None:
    with writing(engine) as connection:
        assert not keys.revoke(connection, "nobody", now=NOW)


def test_the_last_use_is_noted_at_most_every_five_minutes(engine: Engine) -> None:
    _, text = create(engine)
    seen = []
    for minutes in (0, 3, 6):
        now = NOW + timedelta(minutes=minutes)
        with writing(engine) as connection:
            key = keys.authenticate(connection, text, now=now)
            assert key is not None
            if keys.use_is_due(key, now):
                keys.note_use(connection, key, now=now)
                seen.append(minutes)
    assert seen == [0, 6]
    with reading(engine) as connection:
        assert keys.every(connection)[0].last_used_at == "2026-11-21T12:06:00.000000Z"


def test_a_key_that_labelled_cannot_be_deleted(engine: Engine, key_id: str) -> None:
    with writing(engine) as connection:
        ledger.append(connection, make_entry(key_id))
    with pytest.raises(IntegrityError), writing(engine) as connection:
        connection.execute(api_keys.delete())
