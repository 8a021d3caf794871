"""The images of a PNG: one for a still, one for each frame of an APNG, and the hidden default image.

W3C PNG third edition, sections 4.8 and 11.3.6 (acTL, fcTL, fdAT).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from struct import Struct

from labeling.containers._png_chunks import Chunk, Header, build, malformed
from labeling.containers.png import read_frame_count
from labeling.errors import ErrorCode, MediaError
from labeling.model import Box
from labeling.visible.raster._png_stream import Buffer

DISPOSE_NONE, DISPOSE_BACKGROUND, DISPOSE_PREVIOUS = range(3)
BLEND_SOURCE, BLEND_OVER = range(2)
#: Size of the IDAT and fdAT chunks that are written.
CHUNK_BYTES = 512 * 1024

_FCTL = Struct(">IIIIHHBB")
_SEQUENCE = Struct(">I")


@dataclass(frozen=True, slots=True)
class Control:
    """What fcTL says of a frame, without its sequence number."""

    box: Box
    delay: tuple[int, int]
    dispose: int
    blend: int


@dataclass(frozen=True, slots=True)
class Frame:
    """One image with the chunks that hold it; `control` is None for a still and for a hidden default image."""

    control: Control | None
    box: Box
    #: The IDAT or fdAT chunks, in order.
    chunks: tuple[Chunk, ...]

    def stream(self, data: bytes) -> Buffer:
        """The zlib stream of the image."""
        skipped = 4 if self.chunks[0].kind == b"fdAT" else 0
        parts = [chunk.body(data)[skipped:] for chunk in self.chunks]
        return parts[0] if len(parts) == 1 else b"".join(parts)


def read_frames(data: bytes, chunks: tuple[Chunk, ...], header: Header) -> tuple[Frame, ...]:
    """Every image of the file, in file order.

    Raises MEDIA_MALFORMED where an animation breaks the rules: sequence numbers, rectangles, number of frames.
    """
    canvas = Box(0, 0, header.width, header.height)
    if not is_animated(chunks):
        return (Frame(None, canvas, tuple(chunk for chunk in chunks if chunk.kind == b"IDAT")),)
    announced = read_frame_count(data, chunks)
    # One more than there should be, and the hidden default image, are enough to see that there are too many.
    frames = list(islice(_animation(data, chunks, canvas), announced + 2))
    shown = [frame for frame in frames if frame.control is not None]
    if len(shown) != announced:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, "acTL does not say how many frames there are", frames=len(shown))
    return tuple(frames)


def is_animated(chunks: tuple[Chunk, ...]) -> bool:
    """True with an acTL before the image data; elsewhere it makes no animation."""
    kinds = [chunk.kind for chunk in chunks]
    return b"acTL" in kinds[: kinds.index(b"IDAT")]


def write_frames(
    data: bytes, chunks: tuple[Chunk, ...], frames: Sequence[Frame], streams: dict[int, bytes]
) -> Iterator[tuple[Chunk, list[bytes]]]:
    """For each chunk of an image what stands in its place: new data, new numbers, or nothing.

    `streams` holds the new stream of each changed frame by its index in `frames`. Sequence numbers are given anew, so
    they run without a gap whatever the number of chunks.
    """
    owners = {chunk.start: index for index, frame in enumerate(frames) for chunk in frame.chunks}
    controls = iter([frame.control for frame in frames if frame.control is not None])
    animated = is_animated(chunks)
    sequence = 0
    for chunk in chunks:
        written: list[bytes] = []
        if chunk.kind == b"fcTL" and animated:
            written = [build(b"fcTL", _SEQUENCE.pack(sequence), _packed(next(controls)))]
        elif chunk.start in owners:
            frame, stream = frames[owners[chunk.start]], streams.get(owners[chunk.start])
            first = chunk is frame.chunks[0]
            skipped = 4 if chunk.kind == b"fdAT" else 0
            if stream is None:
                written = _data_chunks(chunk.kind, [chunk.body(data)[skipped:]], sequence)
            elif first:
                written = _data_chunks(chunk.kind, _sliced(stream), sequence)
        else:
            continue
        sequence += len(written) if chunk.kind != b"IDAT" else 0
        yield chunk, written


def _animation(data: bytes, chunks: tuple[Chunk, ...], canvas: Box) -> Iterator[Frame]:
    control: Control | None = None
    pending: list[Chunk] = []
    sequence = 0
    for chunk in chunks:
        if chunk.kind in (b"fcTL", b"fdAT"):
            _require_sequence(chunk, data, sequence)
            sequence += 1
        if chunk.kind in (b"IDAT", b"fdAT"):
            if chunk.kind == b"fdAT" and (control is None or (pending and pending[0].kind == b"IDAT")):
                raise malformed(chunk, "it belongs to no frame")
            pending.append(chunk)
        elif chunk.kind in (b"fcTL", b"IEND"):
            if pending:
                yield _frame(control, pending, canvas)
            elif control is not None:
                raise malformed(chunk, "the frame before it has no data")
            control, pending = _control(chunk, data, canvas) if chunk.kind == b"fcTL" else None, []


def _frame(control: Control | None, chunks: list[Chunk], canvas: Box) -> Frame:
    if control is not None and chunks[0].kind == b"IDAT" and control.box != canvas:
        raise malformed(chunks[0], "the first frame does not fill the canvas")
    return Frame(control, canvas if control is None else control.box, tuple(chunks))


def _control(chunk: Chunk, data: bytes, canvas: Box) -> Control:
    width, height, x, y, *delay, dispose, blend = _FCTL.unpack(_numbered(chunk, data, _FCTL.size))
    box = Box(x, y, width, height)
    inside = width and height and box.right <= canvas.width and box.bottom <= canvas.height
    if not inside or dispose > DISPOSE_PREVIOUS or blend > BLEND_OVER:
        raise malformed(chunk, "it holds a value that PNG does not define")
    return Control(box, (delay[0], delay[1]), dispose, blend)


def _require_sequence(chunk: Chunk, data: bytes, expected: int) -> None:
    body = chunk.body(data)
    if len(body) < _SEQUENCE.size or _SEQUENCE.unpack_from(body)[0] != expected:
        raise malformed(chunk, f"its sequence number is not {expected}")


def _numbered(chunk: Chunk, data: bytes, size: int) -> memoryview:
    """What follows the sequence number, which must be `size` bytes."""
    body = chunk.body(data)[4:]
    if len(body) != size:
        raise malformed(chunk, f"it does not have {size + 4} bytes")
    return body


def _packed(control: Control) -> bytes:
    box = control.box
    return _FCTL.pack(box.width, box.height, box.x, box.y, *control.delay, control.dispose, control.blend)


def _data_chunks(kind: bytes, pieces: Sequence[Buffer], sequence: int) -> list[bytes]:
    if kind == b"IDAT":
        return [build(kind, piece) for piece in pieces]
    return [build(kind, _SEQUENCE.pack(sequence + index), piece) for index, piece in enumerate(pieces)]


def _sliced(stream: bytes) -> list[Buffer]:
    view = memoryview(stream)
    return [view[start : start + CHUNK_BYTES] for start in range(0, len(view), CHUNK_BYTES)]
