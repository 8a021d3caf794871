"""BMP: a header and pixels, without a place for metadata; a record can only lie behind the file proper.

Source: the bitmap headers of Windows (BITMAPCOREHEADER to BITMAPV5HEADER) and OS/2 2. Read only.
"""

from __future__ import annotations

import struct

from labeling.containers._trailer import trailer_blocks
from labeling.containers.base import Anatomy, Reader, register
from labeling.content import Content, whole
from labeling.errors import ErrorCode, MediaError
from labeling.limits import Limits, require_pixels
from labeling.model import Carrier, Format

#: 'BM', the size of the file, two zero words, where the pixels begin; then the size of the next header.
_FILE = struct.Struct("<2sI4xII")
_SHORT_HEADER = 12
_SHORT_SIZE, _LONG_SIZE = struct.Struct("<HH"), struct.Struct("<ii")


def parse(content: Content, limits: Limits) -> Anatomy:
    """Read the size; a negative height means rows from the top.

    Raises MediaError (MEDIA_MALFORMED, MEDIA_TRUNCATED), LimitError(LIMIT_PIXELS).
    """
    data = whole(content, limits)
    if len(data) < _FILE.size + _LONG_SIZE.size:
        raise MediaError(ErrorCode.MEDIA_TRUNCATED, "the file ends inside the bitmap header")
    mark, size, pixels_at, header = _FILE.unpack_from(data)
    shape = _SHORT_SIZE if header == _SHORT_HEADER else _LONG_SIZE
    width, height = shape.unpack_from(data, _FILE.size)
    if mark != b"BM" or width <= 0 or not height:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, f"the bitmap is {width} x {height}")
    if pixels_at >= len(data):
        raise MediaError(ErrorCode.MEDIA_TRUNCATED, "the file ends before its pixels", offset=pixels_at)
    require_pixels(width, abs(height), limits)
    # Some writers leave the size of the file at 0: then its end is searched like a trailer.
    end = size if pixels_at < size else pixels_at
    return Anatomy(Format.BMP, width, abs(height), blocks=trailer_blocks(data, end, limits))


register(Reader(Format.BMP, parse, frozenset({Carrier.TRAILER, Carrier.XMP, Carrier.XMP_ATTRIBUTE})))
