"""ExifTool, which knows nothing of this package: it finds what label() writes, and label() finds what it writes."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from labeling import Declaration, RecordForm, SourceType, Verdict, label, verify
from tests.exiftool import CONFIG, OpenExifTool
from tests.labeling.format_files import file

pytestmark = pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DECLARATION = Declaration(provider="001191110102MACQD9K64010000", produce_id="content-1")
BARE = (
    '{"Label":"1","ContentProducer":"001191110102MACQD9K64010000","ProduceID":"content-1","ReservedCode1":"",'
    '"ContentPropagator":"001191110102MACQD9K64010000","PropagateID":"content-1","ReservedCode2":""}'
)
WRAPPED = f'{{"AIGC":{BARE}}}'
THEIRS = (
    '{"Label":"2","ContentProducer":"00119144030008867405X210001","ProduceID":"theirs-1","ReservedCode1":"",'
    '"ContentPropagator":"00119144030008867405X210001","PropagateID":"theirs-1","ReservedCode2":""}'
)


class ExifTool(OpenExifTool):
    """The tool with a folder for the files that it looks at; what it said of a file is kept."""

    def __init__(self, folder: Path, config: str) -> None:
        super().__init__(config)
        self.folder = folder
        self._known: dict[bytes, list[tuple[str, str, object]]] = {}

    def tags(self, data: bytes) -> list[tuple[str, str, object]]:
        """(group, name, value) of all that it finds, warnings included."""
        if data in self._known:
            return self._known[data]
        path = self.folder / "file"
        path.write_bytes(data)
        (found,) = json.loads(self.run("-json", "-n", "-G1:4", "-a", "-validate", "-all", str(path)))
        parts = [(key.split(":"), value) for key, value in found.items()]
        self._known[data] = [(key[0], key[-1], value) for key, value in parts]
        return self._known[data]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExifTool]:
    """As everyone has it, without a configuration."""
    tool = ExifTool(tmp_path_factory.mktemp("reader"), "")
    yield tool
    tool.close()


@pytest.fixture(scope="module")
def writer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExifTool]:
    """With a configuration that names the property, which it needs to write it."""
    folder = tmp_path_factory.mktemp("writer")
    (folder / "tc260.config").write_text(CONFIG)
    tool = ExifTool(folder, str(folder / "tc260.config"))
    yield tool
    tool.close()


def is_record(group: str, name: str) -> bool:
    """The places where a record may be: XMP in any namespace, EXIF comments, text entries and segments called AIGC."""
    return name.casefold() == "aigc" or (name in ("UserComment", "ImageDescription") and group != "XMP-exif")


#: Of -validate: what CIPA DC-008 wants beside a comment and only a camera knows; and the type of tag 700, which the
#: guide TC260-PG-20259A sets to UNDEFINED (XMP Part 3 allows it beside BYTE).
_MEANT = re.compile(r"Missing required (JPEG|TIFF) \w+ tag .*|Non-standard format \(undef\) for IFD\d 0x02bc .*")


def complaints(tags: list[tuple[str, str, object]]) -> Counter[str]:
    """Warnings and errors, those of -validate among them, without the numbers in them."""
    texts = [str(value) for _, name, value in tags if name in ("Warning", "Error")]
    return Counter(re.sub(r"\d+", "#", text) for text in texts if not _MEANT.fullmatch(text))


def texts_of(tags: list[tuple[str, str, object]]) -> list[object]:
    return [value for group, name, value in tags if is_record(group, name) and "Label" in str(value)]


NAMES = [
    *("jpeg-444", "jpeg-cmyk", "jpeg-progressive", "jpeg-orientation-6", "jpeg-everything"),
    *("png-rgb-8", "png-palette-200", "png-interlaced-rgba-16", "png-everything", "apng"),
    *("webp-lossy", "webp-lossless-alpha", "webp-lossy-everything", "webp-animated-everything"),
    *("gif-87a", "gif-89a-comment", "gif-animated"),
    *("tiff-none", "tiff-g4", "tiff-jpeg", "tiff-pages", "tiff-tiled", "tiff-rgb-16", "tiff-everything"),
    *("avif-420", "avif-everything"),
]
#: Where the pixels lie and what they weigh; the file's version and flags, which say that there is a packet now.
MOVES = re.compile(r".*(Offsets|ByteCounts|PreviewImage\w*|MediaData\w*|Flags|GIFVersion|XMPToolkit|JPEGTables)")
OWN = ("System", "ExifTool", "File", "Composite", "XMP-TC260", "XMP-iptcExt", "XMP-x")


@pytest.mark.parametrize("name", NAMES)
def test_exiftool_finds_the_record_once_and_all_that_was_there(reader: ExifTool, name: str) -> None:
    before = reader.tags(file(name))
    after = reader.tags(label(file(name), DECLARATION, signer=None, now=NOW).data)
    assert texts_of(after) == [BARE]
    assert [value for _, tag, value in after if tag == "DigitalSourceType"] == [SourceType.TRAINED_ALGORITHMIC_MEDIA]
    assert complaints(after) - complaints(before) == Counter()
    kept = [
        Counter((group, tag, str(value)) for group, tag, value in tags if group not in OWN and not MOVES.fullmatch(tag))
        for tags in (before, after)
    ]
    assert kept[0] - kept[1] == Counter()


@pytest.mark.parametrize(
    "name", [name for name in NAMES if name.startswith(("jpeg", "tiff", "webp", "png", "apng")) and name != "jpeg-cmyk"]
)
def test_exiftool_finds_the_second_form_once(reader: ExifTool, name: str) -> None:
    after = reader.tags(label(file(name), DECLARATION, signer=None, now=NOW, form=RecordForm.ANNEX_B).data)
    assert texts_of(after) == [BARE if "png" in name else WRAPPED]
    assert [value for _, tag, value in after if tag == "DigitalSourceType"] == [SourceType.TRAINED_ALGORITHMIC_MEDIA]
    assert complaints(after) - complaints(reader.tags(file(name))) == Counter()


WRITABLE = ["jpeg-everything", "jpeg-444", "png-rgb-8", "png-everything", "gif-87a", "tiff-lzw", "avif-420"]


@pytest.mark.parametrize("name", WRITABLE)
def test_what_exiftool_writes_is_read_and_replaced(reader: ExifTool, writer: ExifTool, name: str) -> None:
    source, target = writer.folder / f"source-{name}", writer.folder / f"target-{name}"
    source.write_bytes(file(name))
    said = writer.run(f"-XMP-TC260:AIGC={THEIRS}", "-o", str(target), str(source))
    assert "1 image files created" in said
    report = verify(target.read_bytes())
    assert [site.text for site in report.sites] == [THEIRS]
    assert report.verdict is Verdict.CONFORMANT
    labelled = label(target.read_bytes(), DECLARATION, signer=None, now=NOW)
    assert [site.text for site in verify(labelled.data).sites] == [BARE]
    assert b"theirs-1" not in labelled.data
    assert texts_of(reader.tags(labelled.data)) == [BARE]


COMMENTED = ["jpeg-everything", "png-everything", "webp-lossy-everything", "tiff-lzw"]


@pytest.mark.parametrize("name", COMMENTED)
@pytest.mark.parametrize("byte_order", ["II", "MM"])
def test_a_user_comment_by_exiftool_is_read_and_replaced(writer: ExifTool, name: str, byte_order: str) -> None:
    source, target = writer.folder / f"plain-{name}", writer.folder / f"commented-{name}-{byte_order}"
    source.write_bytes(file(name))
    order = () if name.startswith("tiff") else ("-EXIF:all=", f"-ExifByteOrder={byte_order}")
    text = f'{{"AIGC":{THEIRS}}}'
    said = writer.run(*order, f"-EXIF:UserComment={text}", "-o", str(target), str(source))
    assert "1 image files created" in said
    assert [site.text for site in verify(target.read_bytes()).sites] == [text]
    labelled = label(target.read_bytes(), DECLARATION, signer=None, now=NOW)
    assert [site.text for site in verify(labelled.data).sites] == [BARE]
    assert b"theirs-1" not in labelled.data
