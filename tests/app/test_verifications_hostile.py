"""Whatever is sent to be verified, the answer is a report: canonical, kept and shown without a fault of ours."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import create_app
from labeling.report import Verdict
from labeling.verification.document import canonical
from tests.app.entries import make_key
from tests.app.pictures import HTML, picture

VERIFICATIONS = "/api/v1/verifications"
SAMPLES = Path(__file__).parents[2] / "sample_media"
VERDICTS = set(Verdict)

Ask = Callable[..., None]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Sends bytes under a name, and looks at the answer."""
    app = create_app({"MINGBIAO_DATA_DIR": str(tmp_path_factory.mktemp("data")), "MINGBIAO_LOG_LEVEL": "error"})
    client, key = app.test_client(), make_key(app)

    def send(data: bytes, name: str = "a", *, keep: bool = False, page: bool = False) -> None:
        form = {"file": (io.BytesIO(data), name), "keep": str(keep), "visible": "false"}
        headers = {"Authorization": f"Bearer {key}", "Accept": "text/html" if page else "application/json"}
        answer = client.post(VERIFICATIONS, data=form, headers=headers)
        assert answer.status_code == (201 if keep else 200), answer.text
        assert answer.headers["Mingbiao-Verdict"] in VERDICTS
        if not page:
            assert answer.data.startswith(b'{"report":' + canonical(answer.get_json()["report"]) + b",")

    yield send
    app.extensions["mingbiao"].engine.dispose()


NAMES = st.sampled_from(["a", "a.md", "a.html", "a.txt", "a.png", "a.mp4", "a.pdf", ""])
HABITS = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(data=st.binary(min_size=1, max_size=400), name=NAMES, keep=st.booleans(), page=st.booleans())
@HABITS
def test_any_bytes_get_a_report(ask: Ask, data: bytes, name: str, keep: bool, page: bool) -> None:
    ask(data, name or "a", keep=keep, page=page)


def _box(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload) + 8) + kind + payload


FTYP = _box(b"ftyp", b"isom\0\0\0\0isom")
SEEDS = [
    picture("PNG", (16, 12)),
    picture("JPEG", (16, 12)),
    picture("WEBP", (16, 12)),
    picture("GIF", (16, 12)),
    picture("TIFF", (16, 12)),
    HTML.replace("<head>", '<head><meta name="AIGC" content=\'{"Label":"1","ProduceID":"1"}\'>').encode(),
    '---\nAIGC: \'{"Label":"1","ContentProducer":"a","ProduceID":"b"}\'\n---\n本内容由AI生成\n'.encode(),
    b'%PDF-1.7\n1 0 obj\n<</AIGC({"Label":"1"})>>\nendobj\ntrailer<</Info 1 0 R>>\n%%EOF\n',
    FTYP + _box(b"moov", _box(b"udta", _box(b"meta", bytes(40)))),
    b'ID3\x04\0\0\0\0\0\x20TXXX\0\0\0\x10\0\0\3AIGC\0{"Label":1}' + bytes(9),
    b"RIFF\x20\0\0\0WAVEfmt \x10\0\0\0" + bytes(16) + b"AIGC\x04\0\0\0{}  ",
    b"fLaC\x84\0\0\x20" + bytes(32),
    b"OggS\0\2" + bytes(30),
    b"\x1aE\xdf\xa3\x84\x42\x82\x81w" + bytes(30),
    b"FLV\1\5\0\0\0\t\0\0\0\0" + bytes(30),
]
EDITS = st.lists(
    st.tuples(st.floats(0, 1), st.sampled_from(["set", "cut", "insert"]), st.binary(min_size=1, max_size=8)),
    min_size=1,
    max_size=6,
)


def edited(data: bytes, edits: list[tuple[float, str, bytes]]) -> bytes:
    """The file with some of its bytes overwritten, left out or put in."""
    for share, kind, piece in edits:
        at = int(share * len(data))
        skipped = 0 if kind == "insert" else len(piece)
        data = data[:at] + (b"" if kind == "cut" else piece) + data[at + skipped :]
    return data or b"\0"


@given(seed=st.sampled_from(SEEDS), edits=EDITS, name=NAMES, page=st.booleans())
@HABITS
def test_damaged_files_get_a_report(
    ask: Ask, seed: bytes, edits: list[tuple[float, str, bytes]], name: str, page: bool
) -> None:
    ask(edited(seed, edits), name or "a", page=page)


#: What JSON can write and UTF-8, tables or canonical JSON cannot hold.
VALUES = st.text(max_size=8) | st.sampled_from(["\ud800", "\0", "\u202e", "A" * 300, "0019999999999999999999XYZ00"])


@given(label=VALUES, producer=VALUES, number=VALUES | st.integers() | st.none(), page=st.booleans())
@HABITS
def test_any_record_gets_a_report(ask: Ask, label: object, producer: object, number: object, page: bool) -> None:
    record = json.dumps({"Label": label, "ContentProducer": producer, "ProduceID": number})
    quoted = record.replace("&", "&amp;").replace("'", "&#39;").replace("<", "&lt;")
    ask(f"<html><head><meta name='AIGC' content='{quoted}'></head></html>".encode(), "a.html", keep=not page, page=page)


def _large(kind: bytes, size: int) -> bytes:
    return struct.pack(">I4sQ", 1, kind, size)


HOSTILE = {
    "lone-surrogate": (
        rb"""---
AIGC: '{"Label":"1","ContentProducer":"\ud800","ProduceID":"x"}'
---
""",
        "a.md",
    ),
    "nul": (
        rb"""---
AIGC: '{"Label":"1","ContentProducer":"\u0000","ProduceID":"\u0000"}'
---
""",
        "a.md",
    ),
    "number-above-2-to-the-53": (FTYP + _large(b"moov", 2**62) + bytes(99), "a.mp4"),
    "box-above-2-to-the-63": (FTYP + _box(b"moov", _large(b"udta", 2**64 - 1) + bytes(20)), "a.mp4"),
    "many-records": (('<meta name=AIGC content=\'{"Label":"1"}\'>' * 3000).encode(), "a.html"),
    "deep-json": (b"---\nAIGC: '" + b'{"a":' * 20_000 + b"'\n---\n", "a.md"),
    "long-value": (b'<meta name="AIGC" content=\'{"Label":"' + b"1" * 60_000 + b"\"}'>", "a.html"),
}


@pytest.mark.parametrize(("data", "name"), HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("page", [False, True], ids=["json", "page"])
def test_a_hostile_file_gets_a_report(ask: Ask, data: bytes, name: str, page: bool) -> None:
    ask(data, name, keep=True, page=page)


@pytest.mark.parametrize(
    "path",
    sorted(path for path in SAMPLES.rglob("*") if path.is_file()),
    ids=lambda path: str(path.relative_to(SAMPLES)),
)
def test_every_sample_gets_a_report(ask: Ask, path: Path) -> None:
    ask(path.read_bytes() or b"\0", path.name)


@pytest.mark.parametrize("name", ["照片.png", 'a".png', "x" * 500, "../../etc/passwd", "C:\\secret.jpg"])
def test_the_name_of_a_file_is_not_in_its_report(client: FlaskClient, authorised: dict[str, str], name: str) -> None:
    form = {"file": (io.BytesIO(picture()), name), "visible": "false"}
    answer = client.post(VERIFICATIONS, data=form, headers=authorised | {"Accept": "text/html"})
    assert answer.status_code == 200
    assert name not in answer.text
