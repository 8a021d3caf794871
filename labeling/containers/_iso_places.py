"""Where metadata may lie in the boxes of ISO/IEC 14496-12, and the tracks of a movie."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from labeling.containers._iso_metadata import read_meta
from labeling.containers._iso_source import IsoSource
from labeling.containers._iso_user_data import read_atom, read_uuid
from labeling.containers._isobmff import IsoBox
from labeling.errors import ErrorCode, LimitError, MediaError

NOT_UNDER_UDTA = "not-under-udta"
FILE_LEVEL = "file-level"
NOT_WHOLE_FILE = "not-whole-file"

#: The containers that are looked into, by the container that they lie in; b"" is the file itself.
INSIDE: dict[bytes, frozenset[bytes]] = {
    b"": frozenset({b"moov", b"moof", b"meco"}),
    b"moov": frozenset({b"trak"}),
    b"trak": frozenset({b"mdia"}),
    b"mdia": frozenset(),
    b"moof": frozenset(),
    b"meco": frozenset(),
}
#: Boxes that hold metadata, in any of these containers.
METADATA = frozenset({b"meta", b"udta", b"uuid"})
#: What lies in these belongs to a part of the file only.
_PARTIAL = frozenset({b"trak", b"moof"})


class _Open(NamedTuple):
    """A container that is being looked into: the boxes that are still to come, its path, what is odd about it."""

    boxes: Iterator[IsoBox]
    kind: bytes
    path: str
    notes: tuple[str, ...]


class Track(NamedTuple):
    """A track: what its handler is, and for pictures their size in pixels."""

    handler: bytes
    width: int
    height: int


def read_places(source: IsoSource, box: IsoBox, notes: tuple[str, ...]) -> None:
    """Hand out the metadata of a box at the top of the file, whatever kind of box it is.

    Raises MediaError where a movie or a track cannot be followed (MEDIA_UNSUPPORTED where it is compressed); damaged
    metadata becomes an unreadable block.
    """
    if box.kind in METADATA:
        _read(source, box, "", notes if box.kind == b"uuid" else (*notes, FILE_LEVEL))
    if box.kind not in INSIDE[b""]:
        return
    opened = [_opened(source, box, box.kind.decode(), notes)]
    while opened:
        outer = opened[-1]
        child = next(outer.boxes, None)
        if child is None:
            opened.pop()
        elif child.kind in METADATA:
            _read(source, child, f"{outer.path}/", outer.notes)
        elif child.kind in INSIDE[outer.kind]:
            opened.append(_opened(source, child, f"{outer.path}/{child.kind.decode()}", outer.notes))
        elif child.kind == b"cmov":
            raise _compressed(child)


def _opened(source: IsoSource, box: IsoBox, path: str, notes: tuple[str, ...]) -> _Open:
    return _Open(source.inside(box), box.kind, path, (*notes, NOT_WHOLE_FILE) if box.kind in _PARTIAL else notes)


def _compressed(box: IsoBox) -> MediaError:
    feature = "compressed movie header"
    return MediaError(ErrorCode.MEDIA_UNSUPPORTED, f"a {feature} is not read", feature=feature, offset=box.start)


def _read(source: IsoSource, box: IsoBox, path: str, notes: tuple[str, ...]) -> None:
    """One of `METADATA`."""
    unit = path + box.kind.decode()
    if box.kind == b"udta":
        _guarded(_read_user_data, source, box, unit, notes)
    elif box.kind == b"meta":
        _guarded(read_meta, source, box, unit, (*notes, NOT_UNDER_UDTA))
    else:
        _guarded(read_uuid, source, box, unit, notes)


def _read_user_data(source: IsoSource, udta: IsoBox, unit: str, notes: tuple[str, ...]) -> None:
    for child in source.inside(udta):
        if child.kind == b"meta":
            _guarded(read_meta, source, child, f"{unit}/meta", notes)
        elif child.kind == b"uuid":
            _guarded(read_uuid, source, child, f"{unit}/uuid", notes)
        else:
            _guarded(read_atom, source, child, unit, notes, child.kind.decode("latin-1"))


def _guarded(
    read: Callable[[IsoSource, IsoBox, str, tuple[str, ...]], None],
    source: IsoSource,
    box: IsoBox,
    unit: str,
    notes: tuple[str, ...],
    keyword: str = "",
) -> None:
    """Read a box; one that is damaged becomes an unreadable block, and what was read of it before stays."""
    try:
        read(source, box, unit, notes)
    except LimitError:
        raise
    except MediaError:
        source.entries.unreadable(unit, box.start, box.end, notes, keyword)


def tracks(source: IsoSource, movie: IsoBox) -> Iterator[Track]:
    """The tracks of a movie, one by one. Raises MediaError where their boxes cannot be followed."""
    for box in source.inside(movie):
        if box.kind == b"trak":
            yield _track(source, box)


def _track(source: IsoSource, trak: IsoBox) -> Track:
    handler, width, height = b"", 0, 0
    for box in source.inside(trak):
        if box.kind == b"tkhd":
            # 8.3.2: the last two fields, 16.16 fixed point, in both versions.
            size = source.content[max(box.body, box.end - 8) : box.end].rjust(8, b"\0")
            width, height = int.from_bytes(size[:2], "big"), int.from_bytes(size[4:6], "big")
        elif box.kind == b"mdia":
            handler = _handler(source, box)
    return Track(handler, width, height)


def _handler(source: IsoSource, mdia: IsoBox) -> bytes:
    """8.4.3: version and flags, a field that QuickTime uses otherwise, and then the type of the media."""
    for box in source.inside(mdia):
        if box.kind == b"hdlr":
            return source.content[box.body + 8 : min(box.body + 12, box.end)]
    return b""
