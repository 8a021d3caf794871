"""A bounded walk over the elements of EBML (RFC 8794); headers are read and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from labeling.containers._entries import NAME_BYTES
from labeling.containers._stepping import ReadAhead, Steps
from labeling.content import Content
from labeling.errors import ErrorCode, MediaError

#: RFC 8794, 11.2: the header of a document and what it says.
EBML = 0x1A45DFA3
MAX_ID_LENGTH = 0x42F2
MAX_SIZE_LENGTH = 0x42F3
DOC_TYPE = 0x4282
#: A document that does not say so has identifiers of up to four bytes and sizes of up to eight.
USUAL_ID_LENGTH = 4
LONGEST = 8
LONGEST_HEADER = 2 * LONGEST
#: Bytes of the longest header of a document that is taken for one; real ones have under 64.
LONGEST_DOCUMENT_HEADER = 4096

#: RFC 8794, 4: the leading zero bits of the first byte tell the length. 9 stands for a byte that starts no number.
_LENGTHS = tuple(9 - byte.bit_length() for byte in range(256))
#: All ones: the value bits of a number of n bytes, and as a size 'unknown'.
_ONES = tuple((1 << 7 * length) - 1 for length in range(9))


class Element(NamedTuple):
    """One element where it lies; offsets count from the first byte of the file."""

    #: With the bits that tell its length, as it is always written: 0x1A45DFA3.
    id: int
    start: int
    body: int
    #: First byte behind it; equal to `body` where the size is unknown.
    end: int
    unknown_size: bool = False


@dataclass(frozen=True, slots=True)
class Ebml:
    """One EBML file while it is read."""

    content: Content
    steps: Steps
    ahead: ReadAhead
    longest_id: int = USUAL_ID_LENGTH

    def element(self, at: int, end: int) -> Element:
        """The element at `at`, as its header has it; it may run past `end`.

        Raises MediaError: MEDIA_TRUNCATED where the header is cut at `end`, MEDIA_MALFORMED where it is none.
        """
        header = self.ahead.piece(at, min(LONGEST_HEADER, end - at))
        if not header:
            raise _cut(at)
        id_length = _LENGTHS[header[0]]
        if id_length > self.longest_id:
            raise _malformed(at)
        if len(header) <= id_length:
            raise _cut(at)
        length = id_length + _LENGTHS[header[id_length]]
        if length - id_length > LONGEST:
            raise _malformed(at)
        if len(header) < length:
            raise _cut(at)
        ones = _ONES[length - id_length]
        size = int.from_bytes(header[id_length:length], "big") & ones
        body = at + length
        number = int.from_bytes(header[:id_length], "big")
        return Element(number, at, body, body, True) if size == ones else Element(number, at, body, body + size)

    def inside(self, parent: Element) -> Iterator[Element]:
        """The elements in an element one by one; opening it counts as a step.

        Raises MediaError (MEDIA_MALFORMED, MEDIA_TRUNCATED) where one runs past the end of its parent or is of unknown
        size, which is allowed for segments and clusters only; LimitError (LIMIT_ITEMS).
        """
        self.steps.take(parent.start)
        at = parent.body
        while at < parent.end:
            self.steps.take(at)
            element = self.element(at, parent.end)
            if element.unknown_size or element.end > parent.end:
                raise _malformed(at)
            yield element
            at = element.end

    def number(self, element: Element) -> int:
        """The value of an unsigned integer element; bytes beyond the eight that it may have are not read."""
        return int.from_bytes(self.content[element.body : min(element.end, element.body + LONGEST)], "big")

    def name(self, element: Element) -> str:
        """The value of a short string element, without the zeros behind it."""
        raw = self.content[element.body : min(element.end, element.body + NAME_BYTES)]
        return raw.decode("utf-8", "replace").rstrip("\0")


@dataclass(frozen=True, slots=True)
class Document:
    """The header of an EBML document."""

    #: 'matroska' or 'webm', or what else calls itself so.
    type: str
    #: First byte behind the header.
    end: int
    longest_id: int


def read_document(content: Content) -> Document:
    """Read the header of an EBML document. Raises MediaError (MEDIA_MALFORMED, MEDIA_TRUNCATED, MEDIA_UNSUPPORTED)."""
    ebml = Ebml(content, Steps(LONGEST_DOCUMENT_HEADER), ReadAhead(content))
    header = ebml.element(0, len(content))
    if header.id != EBML or header.unknown_size or header.end - header.body > LONGEST_DOCUMENT_HEADER:
        raise _malformed(0)
    if header.end > len(content):
        raise _cut(0)
    doc_type, longest = "matroska", USUAL_ID_LENGTH
    for element in ebml.inside(header):
        if element.id == DOC_TYPE:
            doc_type = ebml.name(element)
        elif element.id == MAX_ID_LENGTH:
            longest = ebml.number(element)
        elif element.id == MAX_SIZE_LENGTH and ebml.number(element) > LONGEST:
            feature = "EBML sizes of more than eight bytes"
            raise MediaError(ErrorCode.MEDIA_UNSUPPORTED, f"{feature} are not read", feature=feature)
    return Document(doc_type, header.end, min(max(longest, USUAL_ID_LENGTH), LONGEST))


def _cut(at: int) -> MediaError:
    return MediaError(ErrorCode.MEDIA_TRUNCATED, f"the file ends inside the element at byte {at}", offset=at)


def _malformed(at: int) -> MediaError:
    return MediaError(ErrorCode.MEDIA_MALFORMED, f"there is no sound element at byte {at}", offset=at)
