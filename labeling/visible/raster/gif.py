"""The label on every displayed frame of a GIF, with as few frames coded anew as that takes.

Between two frames the canvas keeps what it shows, the label included. So a frame is left as it is unless it draws over
the label or has to bring it back after an earlier frame was disposed of.
"""

from __future__ import annotations

from labeling.containers.base import Anatomy
from labeling.containers.gif_blocks import HEADER_BYTES, SCREEN_FLAGS, Edit, Screen, edited, read_blocks
from labeling.errors import ErrorCode, MediaError
from labeling.limits import Limits, require_pixels, require_within
from labeling.model import Box, Format
from labeling.visible.raster._gif_canvas import Coverage, Label, LabelState
from labeling.visible.raster._gif_colours import Pair
from labeling.visible.raster._gif_frames import (
    CLEAR,
    RESTORE,
    Frame,
    Indices,
    Redrawn,
    decode,
    frames,
    replacement,
    table_exponent,
)
from labeling.visible.raster._gif_redraw import Redrawing, Situation, redraw
from labeling.visible.raster.base import Painted, register
from labeling.visible.stamp import Stamp, colour_contrast


def paint(data: bytes, anatomy: Anatomy, stamp: Stamp, limits: Limits) -> Painted:
    """Draw the stamp, opaque and in two colours, so that a viewer sees it whole on every frame.

    Pixels outside the stamp's box stay as they are on every displayed frame, by the GIF89a rules of disposal as
    browsers apply them. Raises MediaError where a frame cannot be decoded or viewers disagree on it, LimitError where
    frames are too large, DeclarationError(PALETTE_FULL) where a colour table has no room for the label.
    """
    # 1. Find the frames, and refuse what viewers show differently.
    blocks = read_blocks(data, limits)
    canvas = Box(0, 0, blocks.screen.width, blocks.screen.height)
    found = list(frames(data, blocks))
    _require_within_limits(found, limits)
    _require_one_reading(found, canvas)
    # 2. Follow the label through all frames; each is decoded, so that none is passed on damaged.
    painting = _Painting(stamp, canvas, data[blocks.screen.table], found)
    edits: list[Edit] = []
    for frame in found:
        redrawn = painting.next(frame, decode(data, frame))
        if redrawn is not None:
            edits += replacement(data, frame, redrawn)
    # 3. Write the redrawn frames between the others.
    edits += _header_edits(blocks.screen, painting.global_table, edits)
    contrast = min(colour_contrast(*pair) for pair in painting.pairs)
    return Painted(edited(data, edits), contrast, len(found))


class _Painting:
    """A walk through the frames: what the canvas shows of the label, and the global table as it grows."""

    def __init__(self, stamp: Stamp, canvas: Box, global_table: bytes, found: list[Frame]) -> None:
        self.label = Label.of(stamp)
        self.wished: Pair = (stamp.ink_colour, stamp.plate_colour)
        self.canvas = canvas
        self.global_table = global_table
        self.state = LabelState(self.label.area)
        self.coverage = Coverage(canvas) if any(frame.disposal == CLEAR for frame in found) else None
        #: Every pair of colours that the label was drawn in.
        self.pairs: set[Pair] = set()

    def next(self, frame: Frame, indices: Indices) -> Redrawn | None:
        """What becomes of the next frame; None where it stays as it is."""
        table = frame.table if frame.local else self.global_table
        situation = Situation(frame, indices, table, self.label, self.state, self.coverage, self.wished, self.canvas)
        redrawing = redraw(situation) if situation.is_disturbed() else None
        shown = redrawing or frame
        colours = redrawing.colours if redrawing else self.state.colours
        self.state = self.state.after(self.label, shown.box, shown.disposal, colours)
        if self.coverage is not None:
            self.coverage.draw(frame, indices)
        return self._placed(redrawing, frame) if redrawing else None

    def _placed(self, redrawing: Redrawing, frame: Frame) -> Redrawn:
        self.pairs.add(redrawing.colours)
        local = frame.local or redrawing.overwritten
        if not local:
            self.global_table = redrawing.table
        return redrawing.as_frame(local=local)


def _require_within_limits(found: list[Frame], limits: Limits) -> None:
    for frame in found:
        require_pixels(frame.box.width, frame.box.height, limits)
    total = sum(frame.box.width * frame.box.height for frame in found)
    require_within(ErrorCode.LIMIT_PIXELS, total, limits.animation_pixels, "the number of pixels in all frames")


def _require_one_reading(found: list[Frame], canvas: Box) -> None:
    """Refuse a first frame beyond the screen, which some viewers enlarge for it, and disposals without a meaning."""
    if not found:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, "the file holds no picture")
    first = found[0].box
    if first.right > canvas.width or first.bottom > canvas.height:
        raise MediaError(ErrorCode.MEDIA_AMBIGUOUS, "the first frame reaches beyond the logical screen")
    for frame in found[:-1]:
        if frame.disposal > RESTORE:
            raise MediaError(
                ErrorCode.MEDIA_AMBIGUOUS,
                f"frame {frame.number} has the reserved disposal method {frame.disposal}",
                frame=frame.number,
            )


def _header_edits(screen: Screen, global_table: bytes, edits: list[Edit]) -> list[Edit]:
    """The global table, where it has grown, and the version, where a graphic control came in: GIF87a has none."""
    header: list[Edit] = []
    if any(start == end for start, end, _ in edits):
        header.append((0, 6, b"GIF89a"))
    if len(global_table) > screen.end - HEADER_BYTES:
        flags = screen.flags & 0xF8 | table_exponent(global_table)
        header.append((SCREEN_FLAGS, SCREEN_FLAGS + 1, bytes((flags,))))
        header.append((HEADER_BYTES, screen.end, global_table))
    return header


register(Format.GIF, paint)
