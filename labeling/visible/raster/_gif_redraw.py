"""The ways to make the label whole on one frame of a GIF, in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from labeling.errors import DeclarationError, ErrorCode, MediaError
from labeling.model import Box
from labeling.visible.raster._gif_canvas import Coverage, Label, LabelState, clipped, disposal_when_grown, hull, within
from labeling.visible.raster._gif_colours import Demand, Fit, Pair, fit, merged, transparent_entry
from labeling.visible.raster._gif_frames import CLEAR, Frame, Indices, Redrawn


@dataclass(frozen=True, slots=True, eq=False)
class Situation:
    """One frame, and what the canvas shows before it is drawn."""

    frame: Frame
    indices: Indices
    #: The frame's colour table as it stands by now; the global one may have grown.
    table: bytes
    label: Label
    state: LabelState
    coverage: Coverage | None
    wished: Pair
    canvas: Box

    def is_disturbed(self) -> bool:
        """True where the frame as it is would not show the whole label."""
        ours, theirs = self.label.window(self.frame.box)
        drawn = self.label.area[ours]
        if self.frame.transparent is not None:
            drawn = drawn & (self.indices[theirs] != self.frame.transparent)
        return bool(drawn.any() or self.state.missing.any())

    def free(self, count: int) -> list[int]:
        """The indices below `count` that no pixel uses, those under the label apart."""
        ours, theirs = self.label.window(self.frame.box)
        used = np.array(Image.fromarray(self.indices).histogram())
        used -= np.bincount(self.indices[theirs][self.label.area[ours]], minlength=256)
        return [int(index) for index in np.flatnonzero(used[:count] == 0)]

    def demand(self, *, exact: bool = False, needs_transparent: bool = False) -> Demand:
        """What to ask of the table: exactly the colours in which the label stands, or any legible ones."""
        colours = self.state.colours or self.wished
        return Demand(colours if exact else self.wished, exact, needs_transparent)


@dataclass(frozen=True, slots=True, eq=False)
class Redrawing:
    """A frame with the label whole, and the colours in which it stands."""

    box: Box
    indices: Indices
    table: bytes
    transparent: int | None
    disposal: int
    colours: Pair
    #: True where `table` cannot serve other frames.
    overwritten: bool = False

    def as_frame(self, *, local: bool) -> Redrawn:
        """The same as a frame to be written, with a local colour table or without."""
        return Redrawn(self.box, self.indices, self.table if local else None, self.transparent, self.disposal)


Way = Callable[[Situation], Redrawing | None]


def redraw(situation: Situation) -> Redrawing:
    """Make the label whole on a frame that disturbs it.

    Raises DeclarationError(PALETTE_FULL) where the colour table has no room, MediaError where no disposal would do.
    """
    for prepared in (_as_it_is, _with_merged_entries):
        candidate = prepared(situation)
        for way in _ways(candidate):
            found = way(candidate)
            if found is not None:
                return found
    number = situation.frame.number
    raise DeclarationError(
        ErrorCode.PALETTE_FULL,
        f"all entries of the colour table of frame {number} are in use and none of them are legible on each other",
        frame=number,
    )


def _ways(situation: Situation) -> tuple[Way, ...]:
    label, state = situation.label, situation.state
    ours, _ = label.window(situation.frame.box)
    outside = label.area.copy()
    outside[ours] = False
    if not outside.any():
        return (_drawn, _kept)
    if not (outside & state.missing).any():
        return (_completed, _kept, _grown)
    return (_grown,)


def _drawn(situation: Situation) -> Redrawing | None:
    """The frame covers the label: draw it in any two legible colours."""
    return _in_place(situation, situation.demand())


def _completed(situation: Situation) -> Redrawing | None:
    """The frame covers a part and the rest stands on the canvas: draw that part in the same colours."""
    return _in_place(situation, situation.demand(exact=True))


def _kept(situation: Situation) -> Redrawing | None:
    """The whole label stands on the canvas: let it show through."""
    frame, table, colours = situation.frame, situation.table, situation.state.colours
    if colours is None or situation.state.missing.any():
        return None
    slot = transparent_entry(table, frame.transparent, (), situation.free)
    if slot is None:
        return None
    indices = situation.indices.copy()
    ours, theirs = situation.label.window(frame.box)
    indices[theirs][situation.label.area[ours]] = slot[1]
    return Redrawing(frame.box, indices, slot[0], slot[1], frame.disposal, colours)


def _grown(situation: Situation) -> Redrawing | None:
    """Stretch the frame over the label's box, transparent where it adds pixels, and draw the label in it."""
    frame, label = situation.frame, situation.label
    demand = situation.demand(needs_transparent=True)
    found = fit(situation.table, frame.transparent, situation.free, demand)
    if found is None or found.transparent is None:
        return None
    own = clipped(frame.box, situation.canvas)
    box = hull(own, label.box)
    indices = np.full((box.height, box.width), found.transparent, dtype=np.uint8)
    indices[within(own, box)] = situation.indices[: own.height, : own.width]
    _draw(indices, box, label, found)
    disposal = _disposal(situation, box)
    return Redrawing(box, indices, found.table, found.transparent, disposal, found.colours, found.overwritten)


def _in_place(situation: Situation, demand: Demand) -> Redrawing | None:
    frame = situation.frame
    found = fit(situation.table, frame.transparent, situation.free, demand)
    if found is None:
        return None
    indices = situation.indices.copy()
    _draw(indices, frame.box, situation.label, found)
    return Redrawing(
        frame.box, indices, found.table, frame.transparent, frame.disposal, found.colours, found.overwritten
    )


def _draw(indices: Indices, box: Box, label: Label, found: Fit) -> None:
    ours, theirs = label.window(box)
    region = indices[theirs]
    region[label.area[ours]] = found.plate
    region[label.ink[ours]] = found.ink


def _disposal(situation: Situation, grown: Box) -> int:
    """The frame's own disposal, or another one where 'clear' would take more with it than it does in the source."""
    frame, coverage = situation.frame, situation.coverage
    if frame.disposal != CLEAR or coverage is None:
        return frame.disposal
    disposal = disposal_when_grown(coverage, frame, grown, situation.label)
    if disposal is None:
        raise MediaError(
            ErrorCode.MEDIA_UNSUPPORTED,
            f"frame {frame.number} cannot bring the label back without clearing more than its own rectangle",
            frame=frame.number,
        )
    return disposal


def _as_it_is(situation: Situation) -> Situation:
    return situation


def _with_merged_entries(situation: Situation) -> Situation:
    """The same pixels with every colour under one index only, which frees the indices of duplicates."""
    targets = merged(situation.table, situation.frame.transparent)
    return replace(situation, indices=targets[situation.indices])
