"""The parts of Matroska files in file order: segments one after another, clusters stepped over (RFC 9559, 4 and 5)."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import NamedTuple

from labeling.containers._ebml import EBML, Ebml, Element
from labeling.containers._matroska_parts import ATTACHMENTS, CHAPTERS, CLUSTER, CUES, INFO, SEEK_HEAD, TAGS, TRACKS
from labeling.errors import ErrorCode, MediaError
from labeling.limits import MIB

OUTSIDE_SEGMENT = "outside-segment"

SEGMENT = 0x18538067
#: Elements that end a cluster of unknown size: none of them can be in one.
_TOP = frozenset({SEEK_HEAD, INFO, TRACKS, CUES, CHAPTERS, ATTACHMENTS, TAGS, CLUSTER})
_DOCUMENT = frozenset({EBML, SEGMENT})
_ENDS_CLUSTER = _TOP | _DOCUMENT
#: So many zeros behind a live recording are taken for room that was reserved for it.
_PADDING = MIB


class Part(NamedTuple):
    """An element at the top of a segment, and what is odd about its place."""

    element: Element
    notes: tuple[str, ...]


class Walk:
    """Steps over one file. Raises MediaError (MEDIA_TRUNCATED, MEDIA_MALFORMED) and LimitError (LIMIT_ITEMS)."""

    def __init__(self, ebml: Ebml, start: int) -> None:
        self._ebml = ebml
        self._start = start
        self._size = len(ebml.content)
        self._segments = 0
        self._after_media = False

    def parts(self) -> Iterator[Part]:
        """Everything but clusters, in file order, from all segments and, where something lies there, beside them."""
        at = self._start
        while at < self._size:
            self._ebml.steps.take(at)
            element = self._beside(at)
            if element is None:
                return
            if element.id == SEGMENT:
                self._segments += 1
                at = yield from self._segment(element)
            else:
                if element.id in _TOP:
                    yield Part(element, (OUTSIDE_SEGMENT,))
                at = element.end
        if not self._segments:
            raise MediaError(ErrorCode.MEDIA_TRUNCATED, "the file ends before its segment", offset=at)

    def _beside(self, at: int) -> Element | None:
        """The element at the top of the file; None for junk behind a segment."""
        try:
            element = self._ebml.element(at, self._size)
        except MediaError:
            if self._segments:
                return None
            raise
        if element.id == SEGMENT or (element.end <= self._size and not element.unknown_size):
            return element
        if self._segments and element.id not in _TOP:
            return None
        raise _overrun(element, self._size)

    def _segment(self, segment: Element) -> Generator[Part, None, int]:
        """The parts of one segment; returns where it ends. One of unknown size ends with the file or the next one."""
        live = segment.unknown_size
        end = self._size if live else segment.end
        if end > self._size:
            raise _overrun(segment, self._size)
        at = segment.body
        while at < end:
            self._ebml.steps.take(at)
            element = self._element(at, end, live)
            if element is None or (live and element.id in _DOCUMENT):
                return at if element else self._size
            if element.id == CLUSTER:
                self._after_media = True
                at = self._behind_cluster(element, end, live)
                if at > end and not live:
                    raise _overrun(element, end)
                continue
            if element.unknown_size or element.end > end:
                raise _overrun(element, end)
            yield Part(element, ())
            at = element.end
        return end

    def _behind_cluster(self, cluster: Element, end: int, live: bool) -> int:
        """First byte behind a cluster; where its size is unknown, its elements are stepped over one by one."""
        if not cluster.unknown_size:
            return cluster.end
        at = cluster.body
        while at < end:
            self._ebml.steps.take(at)
            element = self._element(at, end, live)
            if element is None:
                return end
            if element.id in _ENDS_CLUSTER:
                return at
            if element.unknown_size:
                raise _overrun(element, end)
            at = element.end
        return at

    def _element(self, at: int, end: int, live: bool) -> Element | None:
        """The element at `at`; None where a live recording was cut off, or its reserved room begins."""
        try:
            return self._ebml.element(at, end)
        except MediaError as error:
            cut = error.code is ErrorCode.MEDIA_TRUNCATED
            if live and self._after_media and (cut or self._is_reserved(at)):
                return None
            raise

    def _is_reserved(self, at: int) -> bool:
        """Whether there is nothing but zeros from `at` on, and not too many of them."""
        return self._size - at <= _PADDING and not self._ebml.content[at : self._size].strip(b"\0")


def _overrun(element: Element, end: int) -> MediaError:
    return MediaError(
        ErrorCode.MEDIA_TRUNCATED,
        f"the element at byte {element.start} runs past the end of its parent or has no size",
        offset=element.start,
        expected=element.end,
        actual=end,
    )
