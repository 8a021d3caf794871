"""What every container module offers, and the value types they share.

A container module knows where carriers sit in one file format and how to splice them. It knows nothing of records:
the payloads it hands out and takes in are opaque bytes. It never decodes pixels and keeps every byte it does not
understand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from labeling.containers._encoding import SourceText
from labeling.content import Content
from labeling.limits import Limits
from labeling.model import Carrier, Format, RecordForm


class BlockKind(StrEnum):
    """What a metadata block carries."""

    #: Payload: one XMP packet (extended XMP of JPEG already joined to a packet of its own).
    XMP = "xmp"
    #: Payload: a TIFF structure that starts with II or MM.
    EXIF = "exif"
    #: Payload: the value of a text entry, UTF-8 (or Latin-1 bytes re-encoded as UTF-8); `keyword` names it and
    #: `carrier` says what kind of entry it is.
    TEXT = "text"
    #: A C2PA manifest store. The payload is empty: its bytes are c2pa's business.
    C2PA = "c2pa"
    #: A segment of another application that may hold a bare `AIGC{...}`; payload as stored.
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Block:
    """One metadata block where it lies in the file."""

    kind: BlockKind
    #: The format's own word for the unit: 'APP1', 'iTXt', 'XMP ', 'IFD0', 'meta', 'front matter'.
    unit: str
    #: First byte of the unit (with its header) and first byte after it.
    start: int
    end: int
    payload: bytes
    keyword: str = ""
    #: Stable words on how it was stored: 'compressed', 'after-image-data', 'extended', 'sub-blocks'.
    notes: tuple[str, ...] = ()
    #: What a record in it is written as; None leaves it to the kind and the unit.
    carrier: Carrier | None = None


@dataclass(frozen=True, slots=True)
class Anatomy:
    """What a container module says of one file after walking its structure (never its pixels)."""

    format: Format
    #: As stored, before EXIF orientation; 0 for text.
    width: int = 0
    height: int = 0
    frames: int = 1
    blocks: tuple[Block, ...] = ()
    #: As EXIF has it (1..8), where the container itself says how the picture is turned; None leaves it to the EXIF tag.
    orientation: int | None = None
    #: A text as it was decoded, so that it need not be decoded again.
    text: SourceText | None = None

    def of(self, kind: BlockKind) -> tuple[Block, ...]:
        """The blocks of one kind, in file order."""
        return tuple(block for block in self.blocks if block.kind is kind)


@dataclass(frozen=True, slots=True)
class Changes:
    """What `splice` is to do: drop some blocks of the anatomy, put new payloads in the format's own place.

    Dropping a block and putting one of the same kind replaces it. A unit that is not named stays byte for byte.
    Where one unit holds several things (a TIFF tag, a front matter key) only the named payload goes.
    """

    drop: tuple[Block, ...] = ()
    xmp: bytes | None = None
    exif: bytes | None = None
    #: (keyword, UTF-8 value) of a text entry: PNG tEXt, HTML meta, the AIGC key of a front matter.
    text: tuple[str, bytes] | None = None


@dataclass(frozen=True, slots=True)
class Container:
    """One file format: `parse` walks it, `splice` writes a new file with some metadata changed.

    parse(data, limits) raises MediaError / LimitError and nothing else, in bounded time and memory.
    splice(data, anatomy, changes, limits) returns the new file; `anatomy` must come from `parse(data)`.
    """

    format: Format
    parse: Callable[[bytes, Limits], Anatomy]
    splice: Callable[[bytes, Anatomy, Changes, Limits], bytes]
    #: Which block kind holds the record for each form that the format can be written in; empty: read only.
    forms: dict[RecordForm, BlockKind] = field(default_factory=dict)
    #: The carriers in which a record is found.
    reads: frozenset[Carrier] = frozenset()


@dataclass(frozen=True, slots=True)
class Reader:
    """A format that is read and not written: audio, video, documents.

    parse(content, limits) raises MediaError / LimitError and nothing else, in bounded time and memory. For
    `STREAMED_FORMATS` it seeks in `content` and reads no media data; for all others `content` is bytes.
    """

    format: Format
    parse: Callable[[Content, Limits], Anatomy]
    #: The carriers in which a record is found.
    reads: frozenset[Carrier]


_REGISTRY: dict[Format, Container | Reader] = {}


def register(container: Container | Reader) -> None:
    """Make a container known; called once at the foot of each container module."""
    _REGISTRY[container.format] = container


def container_for(fmt: Format) -> Container | None:
    """The container of a format that can be written, in part at least; None for all others."""
    found = _REGISTRY.get(fmt)
    return found if isinstance(found, Container) else None


def reader_for(fmt: Format) -> Container | Reader | None:
    """Whatever can read a format, or None where nothing can."""
    return _REGISTRY.get(fmt)
