"""Plain text: no place for a record, so nothing to find and nothing to write."""

from __future__ import annotations

from labeling.containers._encoding import read_text
from labeling.containers.base import Anatomy, Changes, Container, register
from labeling.errors import DeclarationError, ErrorCode
from labeling.limits import Limits
from labeling.model import Format


def parse(data: bytes, limits: Limits) -> Anatomy:
    """Make sure that the bytes are text in a known encoding (see `_encoding.read_text` for the errors)."""
    return Anatomy(Format.PLAIN, text=read_text(data, limits))


def splice(data: bytes, anatomy: Anatomy, changes: Changes, limits: Limits) -> bytes:
    """Return the data as they are; raise DeclarationError(RECORD_UNSUPPORTED) where something is to be written."""
    if (changes.xmp, changes.exif, changes.text) != (None, None, None):
        raise DeclarationError(
            ErrorCode.RECORD_UNSUPPORTED, "plain text has no place for a record", format=str(anatomy.format)
        )
    return data


register(Container(Format.PLAIN, parse, splice))
