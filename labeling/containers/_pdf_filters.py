"""The data of a PDF stream, decoded within bounds (ISO 32000-2, 7.4)."""

from __future__ import annotations

import binascii
import zlib
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from labeling.containers._pdf_syntax import Dictionary, Name, Value, malformed
from labeling.errors import ErrorCode, LimitError, MediaError
from labeling.limits import KIB

#: A stream that metadata or a table needs has one filter, rarely two.
_MOST_FILTERS: Final = 4
#: Rows with predictors that depend on the byte before, which are undone byte by byte, some 0.2 µs each.
_MOST_SLOW_BYTES: Final = 256 * KIB
#: 7.4.4.4: up, and anything else above 9, is PNG's way; 2 is TIFF's.
_NO_PREDICTOR, _FIRST_PNG_PREDICTOR = 1, 10


Rows = npt.NDArray[np.uint8]


class Budget:
    """How many bytes the streams of one file may still inflate to, all together."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._left = limit

    def require_room(self, size: int) -> None:
        """Refuse `size` encoded bytes before they are copied; a filter may add a little to what it encodes."""
        self._require(size - KIB)

    def decode(self, data: bytes, dictionary: Dictionary) -> bytes:
        """The decoded data of a stream whose dictionary holds no references.

        Raises LimitError(LIMIT_INFLATED) past the budget; MediaError: MEDIA_UNSUPPORTED for a filter or predictor that
        is not handled, MEDIA_MALFORMED for data that is not what its filter makes.
        """
        filters = _listed(dictionary.get("Filter"))
        parameters = _listed(dictionary.get("DecodeParms"))
        if len(filters) > _MOST_FILTERS:
            raise _unsupported("a stream with so many filters")
        for number, name in enumerate(filters):
            data = self._apply(name, data)
            data = _unpredicted(data, parameters[number] if number < len(parameters) else None)
        self._require(len(data))
        self._left -= len(data)
        return data

    def _apply(self, name: Value, data: bytes) -> bytes:
        decode = _FILTERS.get(name.text) if isinstance(name, Name) else None
        if decode is None:
            raise _unsupported(f"the stream filter {name.text if isinstance(name, Name) else name}")
        decoded = decode(data, max(self._left, 0))
        if decoded is None:
            raise malformed("a stream cannot be decoded")
        self._require(len(decoded))
        return decoded

    def _require(self, size: int) -> None:
        if size > self._left:
            what = "what the streams of the PDF inflate to"
            detail = f"{what} exceeds {self._limit} bytes"
            raise LimitError(ErrorCode.LIMIT_INFLATED, detail, limit=self._limit, what=what)


def _inflate(data: bytes, most: int) -> bytes | None:
    """At most one byte more than `most`; None where `data` does not begin with a zlib stream.

    Some writers leave the last bytes of the stream out, so that it does not end; whoever asked must see from what there
    is that it is whole.
    """
    try:
        return zlib.decompressobj().decompress(data, most + 1) or None
    except zlib.error:
        return None


def _from_hexadecimal(data: bytes, _most: int) -> bytes | None:
    digits = data.partition(b">")[0].translate(None, b"\0\t\n\f\r ")
    try:
        return binascii.unhexlify(digits + b"0" * (len(digits) % 2))
    except binascii.Error:
        return None


#: 7.4.1, with the abbreviations that some writers use outside of inline images. No writer of today uses
#: another one for metadata, tables or objects.
_FILTERS: Final[dict[str, Callable[[bytes, int], bytes | None]]] = {
    "FlateDecode": _inflate,
    "Fl": _inflate,
    "ASCIIHexDecode": _from_hexadecimal,
    "AHx": _from_hexadecimal,
}


def _listed(value: Value) -> Sequence[Value]:
    """One filter may stand without its array."""
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)


def _unpredicted(data: bytes, parameters: Value) -> bytes:
    """The data before PNG's predictors were applied (7.4.4.4; W3C PNG, 9.2)."""
    if not isinstance(parameters, Dictionary):
        return data
    predictor = parameters.get("Predictor")
    if predictor in (None, _NO_PREDICTOR):
        return data
    columns, colours, bits = (parameters.get(key) for key in ("Columns", "Colors", "BitsPerComponent"))
    if colours not in (None, 1) or bits not in (None, 8) or not _is_png(predictor):
        raise _unsupported("this predictor")
    width = 1 if columns is None else columns
    if not isinstance(width, int) or not 0 < width < len(data) or len(data) % (width + 1):
        raise malformed("the rows of a stream do not fill it")
    return _rows(data, width)


def _is_png(predictor: Value) -> bool:
    return isinstance(predictor, int) and predictor >= _FIRST_PNG_PREDICTOR


def _rows(data: bytes, width: int) -> bytes:
    table = np.frombuffer(data, np.uint8).reshape(-1, width + 1)
    kinds = np.unique(table[:, 0])
    if kinds.size == 1 and int(kinds[0]) in _WHOLE_TABLES:
        return _WHOLE_TABLES[int(kinds[0])](table[:, 1:]).tobytes()
    if kinds.max() >= len(_BYTE_BY_BYTE) or len(data) > _MOST_SLOW_BYTES:
        raise _unsupported("these predictors in one stream")
    return _slow_rows(data, width)


#: None, sub and up for all rows at once; nearly every writer uses up alone.
_WHOLE_TABLES: Final[dict[int, Callable[[Rows], Rows]]] = {
    0: lambda rows: rows,
    1: lambda rows: np.cumsum(rows, axis=1, dtype=np.uint8),
    2: lambda rows: np.cumsum(rows, axis=0, dtype=np.uint8),
}


def _slow_rows(data: bytes, width: int) -> bytes:
    above = bytes(width)
    out = bytearray()
    for start in range(0, len(data), width + 1):
        predict = _BYTE_BY_BYTE[data[start]]
        row = bytearray(width)
        left = corner = 0
        for index, byte in enumerate(data[start + 1 : start + 1 + width]):
            left = row[index] = (byte + predict(left, above[index], corner)) & 0xFF
            corner = above[index]
        out += row
        above = bytes(row)
    return bytes(out)


def _paeth(left: int, above: int, corner: int) -> int:
    estimate = left + above - corner
    return min((left, above, corner), key=lambda value: abs(estimate - value))


_BYTE_BY_BYTE: Final[tuple[Callable[[int, int, int], int], ...]] = (
    lambda _left, _above, _corner: 0,
    lambda left, _above, _corner: left,
    lambda _left, above, _corner: above,
    lambda left, above, _corner: (left + above) // 2,
    _paeth,
)


def _unsupported(feature: str) -> MediaError:
    return MediaError(ErrorCode.MEDIA_UNSUPPORTED, f"{feature} is not handled", feature=feature)
