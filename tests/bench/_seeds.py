"""Whole files of every format to mutate: plain, labelled by others and by us, with C2PA credentials."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import c2pa
import pytest

from labeling import Declaration, LabelingError, RecordForm, label
from labeling.containers import reader_for
from labeling.limits import DEFAULT_LIMITS
from labeling.model import MEDIA_TYPES, TEXT_FORMATS, Format
from labeling.sniff import sniff
from tests.bench import bare_c2pa
from tests.bench.subjects import SAMPLES
from tests.labeling import iso_files, matroska_files, media_files, office_files, pdf_files
from tests.labeling._corpus_tools import Workshop
from tests.labeling.corpus import CORPUS
from tests.labeling.format_files import FILES, file, photo, saved

#: Longer seeds make the bench slow and mutate nothing new.
LONGEST = 200_000
#: Seeds of one format that are signed as well.
_SIGNED = 4
_DECLARATION = Declaration(provider="001191110102MACQD9K64010000", produce_id="seed-1")
_NOW = datetime(2026, 11, 21, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Seed:
    """A sound file, and where it is from."""

    format: Format
    name: str
    data: bytes


def seeds(*, other_tools: bool = True) -> dict[Format, list[Seed]]:
    """The files of every format that can be read, each with all that may be in it."""
    found: defaultdict[Format, list[Seed]] = defaultdict(list)
    for seed in (*_pictures(), *_texts(), *(_by_other_tools() if other_tools else ()), *_by_hand()):
        if len(seed.data) <= LONGEST:
            found[seed.format].append(seed)
    for fmt, plain in found.items():
        plain += list(_labelled(plain))
        plain += list(_signed(plain))
        Random(fmt).shuffle(plain)
    return {fmt: found[fmt] for fmt in Format if reader_for(fmt) is not None}


def _pictures() -> Iterator[Seed]:
    for name in FILES:
        yield _seed(name, file(name))
        if name.startswith("avif"):
            yield _seed(f"{name} as HEIC", file(name).replace(b"avif", b"heic"))


def _texts() -> Iterator[Seed]:
    for fmt, name in ((Format.PLAIN, "txt"), (Format.MARKDOWN, "md"), (Format.HTML, "html")):
        yield Seed(fmt, f"article.{name}", (SAMPLES / f"article.{name}").read_bytes())


def _by_other_tools() -> Iterator[Seed]:
    """The files of the cross-check, without those of tools that are not here."""
    with tempfile.TemporaryDirectory(prefix="mingbiao-seeds-") as folder:
        shop = Workshop(Path(folder))
        for name, case in CORPUS.items():
            try:
                yield Seed(case.format, name, case.make(shop))
            except pytest.skip.Exception as reason:
                print(f"no seed '{name}': {reason}")
        shop.close()


def _by_hand() -> Iterator[Seed]:
    """What other tools do not write."""
    for name, data in {**_sound(), **_films(), **_documents()}.items():
        yield _seed(f"by hand: {name}", data)


def _sound() -> dict[str, bytes]:
    label, record = media_files.chunk(b"AIGC", media_files.RECORD), media_files.RECORD
    sound = media_files.SOUND
    return {
        "WAV chunk": media_files.wav(media_files.WAV_SOUND, label),
        "WAV lists": media_files.wav(media_files.listed(b"INFO", label), media_files.WAV_SOUND, label),
        "RF64": media_files.riff(
            b"WAVE", media_files.ds64(300, 100), media_files.WAV_FORMAT, media_files.WAV_SOUND, label, name=b"RF64"
        ),
        "AVI": media_files.riff(
            b"AVI ", media_files.AVI_HEADERS, media_files.AVI_MOVIE, media_files.listed(b"INFO", label)
        ),
        "MP3 of tags": media_files.id3(media_files.txxx(), media_files.txxx(encoding=1))
        + sound
        + media_files.ape(("AIGC", record, 0))
        + media_files.lyrics3()
        + media_files.id3v1(b"song"),
        "MP3, unsynchronised": media_files.id3(media_files.txxx(version=3), version=3, flags=0x80) + sound,
        "MP3, ID3v2.2": media_files.id3(media_files.txxx(version=2), version=2, padding=200) + sound,
        "FLAC": media_files.flac((4, media_files.COMMENT), (6, bytes(90)), (2, b"riff" + label)),
        "Ogg, chained": media_files.ogg(*media_files.VORBIS) + media_files.ogg(*media_files.OPUS, serial=9),
        "Ogg FLAC": media_files.ogg(*media_files.OGG_FLAC),
        "FLV": media_files.flv(
            media_files.script(media_files.amf_string(b"onMetaData"), media_files.METADATA), media_files.FLV_VIDEO
        ),
    }


def _films() -> dict[str, bytes]:
    keyless = iso_files.user_data(iso_files.meta(iso_files.ilst(iso_files.freeform(b"AIGC", iso_files.data(b"{}")))))
    tag = matroska_files.simple_tag(b"AIGC", matroska_files.tags()[:1] + b"{}")
    return {
        "MP4": iso_files.guide(),
        "MP4, freeform": iso_files.mp4(iso_files.movie(keyless), iso_files.fragment()),
        "MOV": iso_files.mp4(iso_files.movie(iso_files.quicktime_meta(*iso_files.labelled())), brand=b"qt  "),
        "M4A": iso_files.mp4(
            iso_files.movie(iso_files.user_data(iso_files.meta(*iso_files.labelled()))), brand=b"M4A "
        ),
        "MKV": matroska_files.mkv(matroska_files.tracks(), matroska_files.cluster(), matroska_files.tags(tag)),
        "MKV, live": matroska_files.live(matroska_files.open_cluster(), matroska_files.tags(tag), doc_type=b"matroska"),
        "WebM": matroska_files.live(matroska_files.tags(tag), matroska_files.open_cluster()),
    }


def _documents() -> dict[str, bytes]:
    def plain(data: bytes) -> bytes:
        return data

    return {
        "PDF": pdf_files.with_info(),
        "PDF, open streams": pdf_files.with_streams({3: pdf_files.INFO}, encode=plain, filters=b""),
        "PDF, hybrid": pdf_files.hybrid(),
        "PDF, updated": pdf_files.updated(pdf_files.with_info(b"<< >>"), {3: pdf_files.INFO}),
        "DOCX": office_files.package(),
        "DOCX, large": office_files.word(office_files.custom_part()),
        "PPTX": office_files.slides(office_files.custom_part()),
        "XLSX": office_files.sheet(office_files.RECORD),
        "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><!-- AIGC: {} --><metadata>AIGC{}</metadata></svg>',
        "BMP": saved(photo(), "BMP"),
        "BMP with a trailer": saved(photo(), "BMP") + b"AIGC" + media_files.RECORD,
    }


def _seed(name: str, data: bytes) -> Seed:
    return Seed(sniff(data, DEFAULT_LIMITS), name, data)


def _labelled(plain: list[Seed]) -> Iterator[Seed]:
    """By us, in both forms, where there is something to write."""
    for seed in plain[:: max(1, len(plain) // 6)]:
        for form in RecordForm:
            try:
                hint = seed.format if seed.format in TEXT_FORMATS else None
                made = label(seed.data, _DECLARATION, signer=None, now=_NOW, visible=None, form=form, format=hint)
            except LabelingError:
                continue
            yield Seed(seed.format, f"{seed.name}, labelled", made.data)


def _signed(plain: list[Seed]) -> Iterator[Seed]:
    """By c2pa, where it knows the format."""
    left = _SIGNED
    for seed in reversed(plain):
        try:
            data = bare_c2pa.bare()(seed.data, MEDIA_TYPES[seed.format])
        except c2pa.C2paError:
            continue
        yield Seed(seed.format, f"{seed.name}, signed", data)
        left -= 1
        if not left:
            return
