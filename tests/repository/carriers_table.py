"""The tables of docs/formats.md from the registry of containers; `python -m tests.repository.carriers_table` renews."""

from __future__ import annotations

from pathlib import Path

from labeling.containers.carrier_table import Row, Treatment, rows
from labeling.model import (
    AUDIO_FORMATS,
    DOCUMENT_FORMATS,
    IMAGE_FORMATS,
    TEXT_FORMATS,
    VIDEO_FORMATS,
    Carrier,
    Format,
)

PAGE = Path(__file__).parents[2] / "docs" / "formats.md"
BEGIN, END = "<!-- carriers: begin -->", "<!-- carriers: end -->"
GROUPS = {
    "Pictures": IMAGE_FORMATS | {Format.SVG},
    "Texts": TEXT_FORMATS,
    "Documents": DOCUMENT_FORMATS,
    "Sound": AUDIO_FORMATS,
    "Film": VIDEO_FORMATS,
}


def tables() -> str:
    """One table for each kind of content: a row for each carrier, a column for each format."""
    of_format = {row.format: row for row in rows()}
    return "\n\n".join(
        f"### {name}\n\n{_table([of_format[fmt] for fmt in Format if fmt in formats])}"
        for name, formats in GROUPS.items()
    )


def _table(columns: list[Row]) -> str:
    lines = [
        " | ".join(["| carrier", *(str(column.format) for column in columns)]) + " |",
        "| --- " * (len(columns) + 1) + "|",
    ]
    lines += [
        " | ".join([f"| `{carrier}`", *(_cell(column.treatments[carrier]) for column in columns)]) + " |"
        for carrier in Carrier
    ]
    return "\n".join(lines)


def _cell(treatment: Treatment) -> str:
    return f"**{treatment}**" if treatment is Treatment.WRITTEN else str(treatment)


def renewed(page: str) -> str:
    """The page with its tables made anew."""
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n\n{tables()}\n\n{END}{tail}"


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
