"""Things that each process builds for itself."""

from __future__ import annotations

import os
import threading

import pytest

from app.per_process import PerProcess


def test_nothing_is_built_before_it_is_asked_for() -> None:
    built: list[int] = []
    thing = PerProcess(lambda: built.append(1))
    assert built == []
    thing.get()
    assert built == [1]


def test_many_threads_get_one_thing() -> None:
    gate = threading.Barrier(8)
    thing = PerProcess(object)
    found: list[object] = []

    def ask() -> None:
        gate.wait()
        found.append(thing.get())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(map(id, found))) == 1


def test_another_process_builds_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    thing = PerProcess(object)
    first = thing.get()
    assert thing.get() is first
    monkeypatch.setattr(os, "getpid", lambda: 1)
    assert thing.get() is not first


def test_what_could_not_be_built_is_tried_again() -> None:
    attempts: list[int] = []

    def build() -> int:
        attempts.append(1)
        if len(attempts) == 1:
            raise LookupError
        return 7

    thing = PerProcess(build)
    with pytest.raises(LookupError):
        thing.get()
    assert thing.get() == 7
