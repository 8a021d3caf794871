"""What a WebP file consists of: canvas, still picture or animation frames, and the chunks around them (RFC 9649)."""

from __future__ import annotations

from dataclasses import dataclass

from labeling.containers._riff import FILE_HEADER, Chunk, form_end, walk
from labeling.containers._webp_bitstream import READERS, Bitstream
from labeling.errors import ErrorCode, MediaError
from labeling.limits import Limits, require_within

FORM = b"WEBP"
#: RFC 9649, section 2.7.1: the flags in the first byte of VP8X.
FLAG_ICC, FLAG_ALPHA, FLAG_EXIF, FLAG_XMP, FLAG_ANIMATION = 0x20, 0x10, 0x08, 0x04, 0x02
CANVAS_HEADER = 10
FRAME_HEADER = 16
IMAGE_CHUNKS = frozenset({b"VP8 ", b"VP8L"})
#: Chunks that make up the picture itself, still or moving.
PIXEL_CHUNKS = IMAGE_CHUNKS | {b"ALPH", b"ANMF"}


@dataclass(frozen=True, slots=True)
class Picture:
    """One coded picture: VP8L, or VP8 with or without ALPH before it."""

    bitstream: Bitstream
    #: ALPH (where there is one) and the image chunk, in file order.
    chunks: tuple[Chunk, ...]

    @property
    def image(self) -> Chunk:
        """The VP8 or VP8L chunk."""
        return self.chunks[-1]

    @property
    def alpha(self) -> bool:
        """True where the picture carries an alpha plane."""
        return self.bitstream.alpha or len(self.chunks) > 1


@dataclass(frozen=True, slots=True)
class Frame:
    """One ANMF chunk (RFC 9649, section 2.7.1.1). Offsets are in pixels, the duration in milliseconds."""

    chunk: Chunk
    x: int
    y: int
    duration: int
    #: False: the frame's pixels replace the canvas, transparent ones too.
    blend: bool
    #: True: the frame's rectangle is cleared before the next frame.
    dispose: bool
    picture: Picture
    #: Unknown chunks inside the frame, to be kept.
    others: tuple[Chunk, ...]


@dataclass(frozen=True, slots=True)
class Structure:
    """A WebP file after its chunks were walked; `picture` is None for an animation, `frames` is empty for a still."""

    chunks: tuple[Chunk, ...]
    #: First byte after the last chunk; what follows is nobody's and is kept.
    end: int
    width: int
    height: int
    #: The VP8X chunk, where the file is an extended one.
    extended: Chunk | None
    flags: int
    picture: Picture | None
    frames: tuple[Frame, ...]


def read_structure(data: bytes, limits: Limits) -> Structure:
    """Walk a WebP file without decoding pixels; raises MediaError and LimitError only."""
    chunks = walk(data, FILE_HEADER, form_end(data, FORM), limits)
    if not chunks or chunks[0].fourcc not in IMAGE_CHUNKS | {b"VP8X"}:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, "the first chunk is none of VP8X, VP8 and VP8L")
    _require_one_picture(chunks)
    if chunks[0].fourcc == b"VP8X":
        return _read_extended(data, chunks, limits)
    picture = _read_picture(data, chunks[:1])
    size = picture.bitstream.width, picture.bitstream.height
    flags = FLAG_ALPHA if picture.alpha else 0
    return Structure(chunks, chunks[-1].end, *size, None, flags, picture, ())


def _require_one_picture(chunks: tuple[Chunk, ...]) -> None:
    """One header, in front, and one picture at the top level: of two, a reader could show the one without the label."""
    pictures = [one for one in chunks if one.fourcc in IMAGE_CHUNKS]
    headers = [one for one in chunks[1:] if one.fourcc == b"VP8X"]
    # Frames are no part of a still; a reader that looks at the chunks alone would play them.
    frames = [one for one in chunks if one.fourcc == b"ANMF"] if pictures else []
    for extra in (*headers, *pictures[1:], *frames):
        name = extra.fourcc.decode("ascii").rstrip()
        raise MediaError(
            ErrorCode.MEDIA_MALFORMED, f"a {name} chunk stands where it does not belong", offset=extra.start
        )


def _read_extended(data: bytes, chunks: tuple[Chunk, ...], limits: Limits) -> Structure:
    head = chunks[0].payload(data)
    if len(head) < CANVAS_HEADER:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, "the VP8X chunk is shorter than 10 bytes", size=len(head))
    flags, width, height = head[0], _uint24(head, 4) + 1, _uint24(head, 7) + 1
    if flags & FLAG_ANIMATION:
        if any(one.fourcc in IMAGE_CHUNKS for one in chunks):
            raise MediaError(ErrorCode.MEDIA_MALFORMED, "an animation has a picture outside its frames")
        frames = _read_frames(data, chunks, limits)
        _require_inside(frames, width, height)
        return Structure(chunks, chunks[-1].end, width, height, chunks[0], flags, None, frames)
    picture = _read_picture(data, chunks)
    if (picture.bitstream.width, picture.bitstream.height) != (width, height):
        raise MediaError(ErrorCode.MEDIA_MALFORMED, "canvas and picture have different sizes")
    return Structure(chunks, chunks[-1].end, width, height, chunks[0], flags, picture, ())


def _read_picture(data: bytes, chunks: tuple[Chunk, ...]) -> Picture:
    """The first coded picture among `chunks`; ALPH counts only before VP8 (RFC 9649, section 2.7.1.2)."""
    alpha: tuple[Chunk, ...] = ()
    for one in chunks:
        if one.fourcc == b"ALPH" and not alpha:
            alpha = (one,)
        if reader := READERS.get(one.fourcc):
            bitstream = reader(data[one.body : one.body + min(one.size, 16)])
            return Picture(bitstream, (one,) if bitstream.lossless else (*alpha, one))
    raise MediaError(ErrorCode.MEDIA_MALFORMED, "there is no picture in the file")


def _read_frames(data: bytes, chunks: tuple[Chunk, ...], limits: Limits) -> tuple[Frame, ...]:
    frames: list[Frame] = []
    count = len(chunks)
    for one in chunks:
        if one.fourcc == b"ANMF":
            frames.append(_read_frame(data, one, limits))
            count += len(frames[-1].picture.chunks) + len(frames[-1].others)
            require_within(ErrorCode.LIMIT_ITEMS, count, limits.items, "the number of chunks in all frames")
    return tuple(frames)


def _read_frame(data: bytes, chunk: Chunk, limits: Limits) -> Frame:
    if chunk.size < FRAME_HEADER:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, "an ANMF chunk is too short for its header", offset=chunk.start)
    head = data[chunk.body : chunk.body + FRAME_HEADER]
    inside = walk(data, chunk.body + FRAME_HEADER, chunk.body + chunk.size, limits)
    picture = _read_picture(data, inside)
    if (picture.bitstream.width, picture.bitstream.height) != (_uint24(head, 6) + 1, _uint24(head, 9) + 1):
        raise MediaError(ErrorCode.MEDIA_MALFORMED, "a frame and its picture have different sizes", offset=chunk.start)
    return Frame(
        chunk,
        x=_uint24(head, 0) * 2,
        y=_uint24(head, 3) * 2,
        duration=_uint24(head, 12),
        blend=not head[15] & 2,
        dispose=bool(head[15] & 1),
        picture=picture,
        others=tuple(one for one in inside if one not in picture.chunks),
    )


def _require_inside(frames: tuple[Frame, ...], width: int, height: int) -> None:
    if not frames:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, "the animation has no frames")
    for frame in frames:
        size = frame.picture.bitstream
        if frame.x + size.width > width or frame.y + size.height > height:
            raise MediaError(ErrorCode.MEDIA_MALFORMED, "a frame reaches past the canvas", offset=frame.chunk.start)


def _uint24(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 3], "little")
