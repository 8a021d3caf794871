"""Ogg (RFC 3533) with Vorbis, Opus, FLAC, Theora, Speex or VP8: the comment header holds the record (TC260-PG-202510A).

Units: 'VORBIS_COMMENT' and for Opus 'OpusTags' (each entry, with its length field; its end lies in a later page than
its start where it goes on there), 'header packets', 'page', 'chained link', 'c2pa'; those of FLAC besides.
Notes: 'other-stream' (comments of a stream beside the first), 'chained' (in a later link of a chain), 'second-block'
(FLAC), 'bad-checksum', 'not-utf-8', 'no-separator', 'other-case', 'foreign-metadata', 'truncated', 'not-searched',
'unreadable'.

How far a file is searched. Stepping from page to page takes some 3 µs a page, and 1 GB has 250,000: the first
`STEPPED` pages are stepped over one by one, which covers some 40 MB and shows every link of a chain there. Of what
follows only the links are looked for, by bisection on the serial numbers of pages; a block with the note
'not-searched' says so. A link that such a search misses must lie between two parts of one and the same stream, which
RFC 3533 does not allow.
"""

from __future__ import annotations

from typing import Final

from labeling.containers._block_list import BlockList
from labeling.containers._ogg_pages import CAPTURE, LONGEST, SHORTEST, Page, last_page, page_after, page_at
from labeling.containers._ogg_streams import Link
from labeling.containers.base import Anatomy, Reader, register
from labeling.content import Content
from labeling.errors import ErrorCode, MediaError
from labeling.limits import Limits
from labeling.model import Carrier, Format

CHAINED: Final = "chained"
STEPPED: Final = 10_000
#: Pages that are stepped over in each link that bisection found: its headers lie at its beginning.
_STEPPED_IN_LINK = 500
#: Links that bisection looks for; each takes some twenty looks into the file.
_MOST_LINKS = 16
#: Places with noise between two pages that are passed over.
_MOST_GAPS = 16


def parse(content: Content, limits: Limits) -> Anatomy:
    """Read the header packets of every stream of every link; no media data are read.

    Raises MediaError (MEDIA_MALFORMED where there is no page at the beginning, MEDIA_TRUNCATED where it is cut) and
    LimitError.
    """
    first = page_at(content, 0)
    if first is None:
        cut = len(content) < SHORTEST and CAPTURE.startswith(content[0:4])
        code = ErrorCode.MEDIA_TRUNCATED if cut else ErrorCode.MEDIA_MALFORMED
        raise MediaError(code, "there is no Ogg page at the beginning")
    walker = _Walker(content, limits)
    # 1. Page by page.
    reached = walker.step(0, min(STEPPED, limits.stream_items))
    # 2. From link to link.
    walker.search_links(reached)
    return Anatomy(Format.OGG, blocks=walker.blocks.blocks)


class _Walker:
    """Goes through a file link by link."""

    def __init__(self, content: Content, limits: Limits) -> None:
        self.blocks = BlockList(limits)
        self._content = content
        self._limits = limits
        self._link = Link(content, self.blocks, limits)
        self._gaps = 0

    def step(self, at: int, most: int) -> int:
        """Step over at most so many pages from `at` on; returns the place that was reached.

        That is the end of the file where no more pages follow.
        """
        for _ in range(most):
            page = page_at(self._content, at) or self._behind_gap(at)
            if page is None:
                self._link.close(len(self._content))
                return len(self._content)
            if self._link.ends_before(page):
                self._link.close(page.start)
                self._link = Link(self._content, self.blocks, self._limits, CHAINED)
            self._link.feed(page)
            at = page.end
        return at

    def search_links(self, at: int) -> None:
        """Find the links that begin behind `at` by bisection and read their headers."""
        end = len(self._content)
        if at >= end:
            return
        self._link.close(at)
        self.blocks.not_searched("page", (at, end))
        last = last_page(self._content)
        for _ in range(_MOST_LINKS):
            if last is None or last.serial in self._link.serials or at >= end:
                return
            at = self.step(self._boundary(at, last.start), _STEPPED_IN_LINK)
            self._link.close(at)
        self.blocks.unreadable("chained link", (at, end), CHAINED)

    def _boundary(self, low: int, high: int) -> int:
        """About the first page of another link: at most two of the longest pages in front of it."""
        while high - low > 2 * LONGEST:
            middle = (low + high) // 2
            page = page_after(self._content, middle)
            if page is None or page.start >= high:
                high = middle
            elif page.serial in self._link.serials:
                low = page.end
            else:
                high = page.start
        return low

    def _behind_gap(self, at: int) -> Page | None:
        """The next page behind noise."""
        if at >= len(self._content) or self._gaps >= _MOST_GAPS:
            return None
        self._gaps += 1
        return page_after(self._content, at)


register(
    Reader(
        Format.OGG,
        parse,
        frozenset({Carrier.VORBIS_COMMENT, Carrier.RIFF_CHUNK, Carrier.RIFF_INFO, Carrier.XMP, Carrier.XMP_ATTRIBUTE}),
    )
)
