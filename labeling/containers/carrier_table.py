"""What each format does with each carrier, from the registry of containers: written, read, or refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from labeling.containers.base import BlockKind, Container, container_for, reader_for
from labeling.model import Carrier, Format


class Treatment(StrEnum):
    """What becomes of a record in one carrier of one format."""

    #: It is read, and new records are written there.
    WRITTEN = "written"
    READ = "read"
    #: The format has no such place, or none that is looked at; to write one there is a named error.
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Row:
    """One format with its treatment of every carrier, in the order of `Carrier`."""

    format: Format
    treatments: Mapping[Carrier, Treatment]


#: How a record of each block kind is written; text entries differ from format to format.
_CARRIERS: dict[BlockKind, Carrier] = {BlockKind.XMP: Carrier.XMP, BlockKind.EXIF: Carrier.EXIF_USER_COMMENT}
_TEXT_CARRIERS: dict[Format, Carrier] = {
    Format.PNG: Carrier.PNG_TEXT,
    Format.MARKDOWN: Carrier.FRONT_MATTER,
    Format.HTML: Carrier.HTML_META,
}


def rows() -> tuple[Row, ...]:
    """Every format that the package knows, in the order of `Format`."""
    return tuple(Row(fmt, {carrier: _treatment(fmt, carrier) for carrier in Carrier}) for fmt in Format)


def written_carriers(container: Container) -> frozenset[Carrier]:
    """The carriers that a container's forms write."""
    kinds = container.forms.values()
    return frozenset(_TEXT_CARRIERS[container.format] if kind is BlockKind.TEXT else _CARRIERS[kind] for kind in kinds)


def _treatment(fmt: Format, carrier: Carrier) -> Treatment:
    container, reader = container_for(fmt), reader_for(fmt)
    if container is not None and carrier in written_carriers(container):
        return Treatment.WRITTEN
    return Treatment.READ if reader is not None and carrier in reader.reads else Treatment.REFUSED
