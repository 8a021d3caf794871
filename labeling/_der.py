"""The few things that are read from DER (ITU-T X.690) where cryptography does not know the algorithm."""

from __future__ import annotations

from typing import Any

from Cryptodome.Util.asn1 import DerObject, DerObjectId, DerOctetString, DerSequence


def parts(der: bytes) -> list[Any]:
    """The members of a SEQUENCE: numbers as int, all others as their DER. Raises ValueError."""
    sequence: Any = DerSequence()
    try:
        return list(sequence.decode(der))
    except (IndexError, TypeError) as error:
        raise ValueError("no DER sequence") from error


def octets(der: bytes) -> bytes:
    """The contents of an OCTET STRING. Raises ValueError."""
    string: Any = DerOctetString()
    return bytes(string.decode(der).payload)


def contents(der: bytes) -> bytes:
    """The contents of any one object. Raises ValueError."""
    anything: Any = DerObject()
    return bytes(anything.decode(der).payload)


def object_id(der: bytes) -> str:
    """An OBJECT IDENTIFIER in dotted form. Raises ValueError."""
    name: Any = DerObjectId()
    return str(name.decode(der).value)
