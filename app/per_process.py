"""Things that each process builds for itself."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class PerProcess(Generic[T]):
    """A thing that is built when it is first asked for in a process; native handles do not survive a fork."""

    def __init__(self, build: Callable[[], T]) -> None:
        self._build = build
        self._building = threading.Lock()
        self._built: tuple[int, T] | None = None

    def get(self) -> T:
        """The thing of this process, built once however many threads ask. Raises what building it raises."""
        built = self._built
        if built is None or built[0] != os.getpid():
            built = self._build_once()
        return built[1]

    def _build_once(self) -> tuple[int, T]:
        with self._building:
            if self._built is None or self._built[0] != os.getpid():
                self._built = (os.getpid(), self._build())
            return self._built
