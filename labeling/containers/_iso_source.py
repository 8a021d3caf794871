"""What every reader of ISO base media metadata works on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from labeling.containers._entries import Entries
from labeling.containers._isobmff import IsoBox, children
from labeling.containers._stepping import ReadAhead, Steps
from labeling.content import Content
from labeling.limits import Limits


@dataclass(frozen=True, slots=True)
class IsoSource:
    """One file while it is read: its bytes, the bound on steps and the blocks found so far."""

    content: Content
    limits: Limits
    ahead: ReadAhead
    steps: Steps
    entries: Entries

    def boxes(self, start: int, end: int) -> Iterator[IsoBox]:
        """The boxes between two offsets; see `_isobmff.children`."""
        return children(self.ahead, start, end, self.steps)

    def inside(self, box: IsoBox) -> Iterator[IsoBox]:
        """The boxes in a box that holds nothing else; opening it counts as a step."""
        self.steps.take(box.start)
        return self.boxes(box.body, box.end)


def iso_source(content: Content, limits: Limits, steps: int | None = None) -> IsoSource:
    """A file of which nothing has been read; `steps` bounds the walk more tightly than `limits` do."""
    return IsoSource(content, limits, ReadAhead(content), Steps(steps or limits.stream_items), Entries(content, limits))
