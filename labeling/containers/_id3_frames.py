"""The data of one ID3v2 frame as they were before they were stored: ungrouped, synchronised, inflated."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Final

from labeling.containers._id3_tag import UNSYNCHRONISED_NOTE, Frame, Tag, desynchronised
from labeling.content import Content
from labeling.errors import ErrorCode, LimitError
from labeling.limits import Limits, require_within

COMPRESSED: Final = "compressed"
ENCRYPTED: Final = "encrypted"
#: What starting to inflate costs, in bytes inflated.
_LEAST_COST = 1024


@dataclass(frozen=True, slots=True)
class Storage:
    """How a frame is stored, from the second byte of its flags."""

    compressed: bool
    encrypted: bool
    #: Bytes in front of the data: group, encryption method, length.
    extra: int
    unsynchronised: bool = False

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes on what was undone."""
        unsynchronised = (UNSYNCHRONISED_NOTE,) if self.unsynchronised else ()
        return (*unsynchronised, COMPRESSED) if self.compressed else unsynchronised


def storage(frame: Frame, tag: Tag) -> Storage:
    """How `frame` is stored (2.3.0, section 3.3.1; 2.4.0 structure, section 4.1.2)."""
    bits = frame.format
    if tag.version == 4:
        compressed, encrypted, has_length = bool(bits & 0x08), bool(bits & 0x04), bool(bits & 0x01)
        extra = (1 if bits & 0x40 else 0) + (1 if encrypted else 0) + (4 if has_length else 0)
        return Storage(compressed, encrypted, extra, bool(bits & 0x02) or tag.unsynchronised)
    compressed, encrypted, grouped = bool(bits & 0x80), bool(bits & 0x40), bool(bits & 0x20)
    return Storage(compressed, encrypted, 4 * compressed + encrypted + grouped)


class FrameData:
    """Reads the data of the frames of one file.

    All that is read is bounded by `Limits.all_metadata_bytes`, what is inflated by `Limits.inflated_metadata_bytes`.
    """

    def __init__(self, limits: Limits) -> None:
        self._limit = self._left = limits.inflated_metadata_bytes
        self._all = limits.all_metadata_bytes
        self._read = 0

    def read(self, source: Content, frame: Frame, how: Storage) -> bytes | None:
        """The data of a frame that is not encrypted; None where they cannot be inflated. Raises LimitError."""
        self._read += frame.end - frame.body
        require_within(ErrorCode.LIMIT_METADATA, self._read, self._all, "the ID3 frames together")
        raw = source[frame.body + how.extra : frame.end]
        if how.unsynchronised:
            raw = desynchronised(raw)
        return self._inflate(raw) if how.compressed else raw

    def _inflate(self, raw: bytes) -> bytes | None:
        stream = zlib.decompressobj()
        try:
            data = stream.decompress(raw, max(self._left, 0) + 1)
        except zlib.error:
            return None
        if len(data) > self._left:
            what = "what the ID3 frames inflate to"
            raise LimitError(
                ErrorCode.LIMIT_INFLATED, f"{what} exceeds {self._limit} bytes", limit=self._limit, what=what
            )
        self._left -= max(len(data), _LEAST_COST)
        return data if stream.eof else None
