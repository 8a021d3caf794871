"""The visible label on TIFF: only the strips and tiles under it are decoded, drawn into and packed again.

What still fits goes back where it was; else it is added at the end, the page's offsets are patched and the old bytes
zeroed. Every page gets the label. Smaller copies and masks (NewSubfileType) and the pictures of SubIFDs do not: they
are thumbnails and intermediate sizes of a page that has it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from labeling import ifd as tiff
from labeling.containers.base import Anatomy
from labeling.containers.tiff import occupancy, pages, read_tree
from labeling.ifd import Tree, malformed
from labeling.ifd_edit import Draft, Occupancy, Span, Value, amend, integers
from labeling.limits import Limits
from labeling.model import Box, Format
from labeling.visible.raster._tiff_codec import decode, encode
from labeling.visible.raster._tiff_page import (
    COLOUR_MAP,
    SEGMENT_TAGS,
    Compression,
    Page,
    Photometric,
    Segment,
    read_page,
)
from labeling.visible.raster._tiff_pixels import Entries, choose_entries, draw, draw_entries, require_entries
from labeling.visible.raster._tiff_stamp import stamp_for
from labeling.visible.raster.base import Painted, register
from labeling.visible.stamp import Pixels, Stamp


def paint(data: bytes, anatomy: Anatomy, stamp: Stamp, limits: Limits) -> Painted:
    """Draw the stamp on every page of a TIFF file.

    Raises MediaError: media.unsupported with `feature` for a compression, a colour model or pages that cannot be drawn
    into, media.malformed for pixels that do not decode; DeclarationError where a palette or a page has no room.
    """
    # 1. All pages are read before the first is drawn, so that nothing is refused half way.
    tree = read_tree(data, limits)
    shown = [read_page(tree, ifd) for ifd in pages(tree)]
    stamps = [stamp_for(page, shown[0], stamp) for page in shown]
    # 2. Each page is drawn into one draft of the file.
    draft, used = Draft(tree.data), occupancy(tree)
    drawings = [_Drawing(tree, page, draft, used) for page in shown]
    contrast = min(drawing.draw(own) for drawing, own in zip(drawings, stamps, strict=True))
    return Painted(draft.finish(), contrast, frames=len(shown))


@dataclass(slots=True)
class _Drawing:
    """One page while it is drawn into; `spans` follows the segments as they move."""

    tree: Tree
    page: Page
    draft: Draft
    used: Occupancy
    spans: dict[int, Span] = field(default_factory=dict)

    @property
    def _plain(self) -> bool:
        """True where a segment is its rows, so that some of them can be read and written alone."""
        return self.page.compression is Compression.NONE

    def draw(self, stamp: Stamp) -> float:
        """Draw the stamp and patch the page's tags; returns the contrast."""
        # 1. The samples under the stamp, gathered from the segments of all planes.
        page, box = self.page, stamp.box
        planes = [[(part, self._decoded(part)) for part in page.segments(i, box)] for i in range(page.planes)]
        region = np.concatenate([_gathered(parts, box) for parts in planes], axis=2)
        # 2. The label on them.
        entries = self._entries(stamp) if page.photometric is Photometric.PALETTE else None
        drawn, contrast = draw_entries(region, stamp, entries) if entries else draw(page, region, stamp)
        # 3. Back into the segments, and the segments into the file.
        for i, parts in enumerate(planes):
            mine = drawn[..., i : i + 1] if page.planar else drawn
            for part, samples in parts:
                _put(samples, part, box, mine)
                self._store(part, encode(page, part, samples, self._stored(part)))
        # 4. The tags that say where they are now.
        self._patch(entries)
        return contrast

    def _stored(self, part: Segment) -> bytes:
        start, end = self.page.spans[part.index]
        end = start + part.skip + self.page.row_bytes(part) * part.box.height if self._plain else end
        return bytes(self.tree.data[start + part.skip : end])

    def _decoded(self, part: Segment) -> Pixels:
        return decode(self.page, part, self._stored(part))

    def _store(self, part: Segment, stored: bytes) -> None:
        start, end = self.page.spans[part.index]
        if not self.used.alone(start, end):
            raise malformed(f"a strip or tile of {self.page.ifd.name} shares its bytes with something else")
        if self._plain:
            self.draft.overwrite(start + part.skip, stored)
            return
        fits = len(stored) < end - start
        self.draft.overwrite(start, stored if fits else b"", end - start)
        at = start if fits else self.draft.append(stored)
        self.spans[part.index] = (at, at + len(stored))

    def _patch(self, entries: Entries | None) -> None:
        page, changes = self.page, dict[int, Value | None]()
        if self.spans:
            now = [self.spans.get(i, span) for i, span in enumerate(page.spans)]
            offsets, counts = SEGMENT_TAGS[page.tiled]
            changes[offsets] = self._integers([start for start, _ in now])
            changes[counts] = self._integers([end - start for start, end in now])
        if entries and entries.changed:
            changes[COLOUR_MAP] = integers(self.tree.dialect, tiff.SHORT, entries.palette.T.ravel().tolist())
        if changes:
            amend(self.draft, self.tree.dialect, page.ifd, changes, self.used)

    def _integers(self, values: list[int]) -> Value:
        return integers(self.tree.dialect, tiff.LONG8 if self.tree.dialect.big else tiff.LONG, values)

    def _entries(self, stamp: Stamp) -> Entries:
        values = self.tree.numbers(self.page.ifd, COLOUR_MAP)
        if len(values) != 3 << self.page.bits:
            raise malformed(f"a ColorMap of {len(values)} values for {self.page.bits} bits")
        palette = np.array(values, np.uint16).reshape(3, -1).T
        return choose_entries(palette, stamp) or require_entries(choose_entries(palette, stamp, self._unused()))

    def _unused(self) -> list[int]:
        """The palette entries that no pixel of the page uses."""
        page, seen = self.page, np.zeros(1 << self.page.bits, bool)
        for part in page.segments(0, Box(0, 0, page.width, page.height)):
            seen[self._decoded(part)[:, : page.width - part.box.x]] = True
        return list(np.flatnonzero(~seen))


def _gathered(parts: list[tuple[Segment, Pixels]], box: Box) -> Pixels:
    first = parts[0][1]
    region = np.empty((box.height, box.width, first.shape[2]), first.dtype)
    for part, samples in parts:
        outer, inner = _overlap(part.box, box)
        region[inner] = samples[outer]
    return region


def _put(samples: Pixels, part: Segment, box: Box, drawn: Pixels) -> None:
    outer, inner = _overlap(part.box, box)
    samples[outer] = drawn[inner]


def _overlap(part: Box, box: Box) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """The pixels that two rectangles share, as indexes into each of them."""
    left, right = max(part.x, box.x), min(part.right, box.right)
    top, bottom = max(part.y, box.y), min(part.bottom, box.bottom)
    return (
        (slice(top - part.y, bottom - part.y), slice(left - part.x, right - part.x)),
        (slice(top - box.y, bottom - box.y), slice(left - box.x, right - box.x)),
    )


register(Format.TIFF, paint)
