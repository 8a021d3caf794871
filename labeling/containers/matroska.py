"""Matroska and WebM (RFC 9559): where records lie in the tags of a segment. Read only.

Clusters are stepped over by their size, and element by element where it is unknown, as in live recordings. What
SeekHead says is not relied on.

Notes on blocks: 'not-whole-file' (a tag for a track, an edition, a chapter or an attachment), 'nested' (a SimpleTag in
another), 'binary' (a record in TagBinary), 'qualified-key' (a reverse-DNS name), 'outside-segment',
'unreadable'. Names are compared by those who use the blocks; here they stay as they are.
"""

from __future__ import annotations

from labeling.containers._ebml import Ebml, Element, read_document
from labeling.containers._entries import Entries
from labeling.containers._matroska_parts import PARTS, MatroskaSource
from labeling.containers._matroska_walk import Walk
from labeling.containers._recognise import DOCUMENT_TYPES
from labeling.containers._stepping import ReadAhead, Steps
from labeling.containers.base import Anatomy, Reader, register
from labeling.content import Content
from labeling.errors import ErrorCode, LimitError, MediaError
from labeling.limits import Limits
from labeling.model import Carrier, Format

READS = frozenset({Carrier.MATROSKA_TAG})


def parse(content: Content, limits: Limits) -> Anatomy:
    """Walk a Matroska or WebM file: size of the first track of pictures, metadata blocks.

    Raises MediaError: MEDIA_TRUNCATED where the file ends before its segment does, MEDIA_MALFORMED, MEDIA_UNSUPPORTED
    for another type of EBML document; LimitError. A recording of unknown size may end anywhere in a cluster.
    """
    # 1. What kind of document it is.
    document = read_document(content)
    fmt = DOCUMENT_TYPES.get(document.type)
    if fmt is None:
        feature = f"EBML document of type {document.type[:32]}"
        raise MediaError(ErrorCode.MEDIA_UNSUPPORTED, f"an {feature} is not read", feature=feature)
    # 2. The parts of its segments.
    steps = Steps(limits.stream_items)
    ebml = Ebml(content, steps, ReadAhead(content), document.longest_id)
    source = MatroskaSource(ebml, limits, Entries(content, limits))
    for part in Walk(ebml, document.end).parts():
        _read_part(source, part.element, part.notes)
    return Anatomy(fmt, source.width, source.height, blocks=source.entries.blocks)


def _read_part(source: MatroskaSource, part: Element, notes: tuple[str, ...]) -> None:
    """Hand out what a part says; one that is damaged becomes an unreadable block."""
    if part.id not in PARTS:
        return
    unit, read = PARTS[part.id]
    try:
        read(source, part, notes)
    except LimitError:
        raise
    except MediaError:
        source.entries.unreadable(unit, part.start, part.end, notes)


for _format in (Format.MKV, Format.WEBM):
    register(Reader(_format, parse, READS))
