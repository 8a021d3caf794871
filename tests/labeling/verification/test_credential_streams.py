"""C2PA credentials in every format, from streams, in threads and in processes."""

from __future__ import annotations

import io
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labeling.content import StreamContent
from labeling.limits import DEFAULT_LIMITS
from labeling.model import MEDIA_TYPES, Format
from labeling.report import Certificate
from labeling.trust import NO_TRUST, Trust
from labeling.verification import _c2pa_contexts
from tests.labeling.chains import root
from tests.labeling.counted_stream import CountedStream
from tests.labeling.verification.credential_files import (
    NO,
    UNKNOWN,
    YES,
    anchored,
    flipped,
    intact,
    read,
)
from tests.labeling.verification.forged import (
    picture,
    signed,
)

# --- formats and streams ---------------------------------------------------------------------------------------------

WAV = b"RIFF\x28\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data\x04\0\0\0\x80\x80\x80\x80"
MP3 = (b"\xff\xfb\x90\x00" + bytes(413)) * 3
#: A file, and the place of a byte of its picture or sound once it is signed.
FILES: dict[Format, tuple[Callable[[], bytes], int]] = {
    Format.JPEG: (picture, -3),
    Format.PNG: (lambda: picture("PNG"), -2),
    Format.WEBP: (lambda: picture("WEBP"), 30),
    Format.GIF: (lambda: picture("GIF"), -2),
    Format.TIFF: (lambda: picture("TIFF"), 1000),
    Format.AVIF: (lambda: picture("AVIF"), -2),
    Format.HEIC: (lambda: picture("AVIF").replace(b"ftypavif", b"ftypheic", 1), -2),
    Format.WAV: (lambda: WAV, 46),
    Format.MP3: (lambda: MP3, -2),
}


@pytest.mark.parametrize("fmt", FILES)
def test_the_answers_are_the_same_in_every_format(fmt: Format) -> None:
    make_file, place = FILES[fmt]
    data = signed(make_file(), media_type=MEDIA_TYPES[fmt])
    reading = read(data, anchored(root()), fmt)
    assert (reading.hash_intact, reading.signature_valid, reading.certificate) == (YES, YES, Certificate.TRUSTED)
    assert read(flipped(data, place), fmt=fmt).hash_intact is NO


@pytest.mark.parametrize("at", [0, 100])
def test_a_stream_gives_the_same_answers_from_wherever_it_stands(at: int) -> None:
    stream = io.BytesIO(signed(WAV, media_type="audio/wav"))
    stream.seek(at)
    reading = read(StreamContent(stream), fmt=Format.WAV)  # type: ignore[arg-type]
    assert reading == read(stream.getvalue(), fmt=Format.WAV)
    assert reading.hash_intact is YES


def test_a_stream_is_read_in_pieces() -> None:
    stream = _Noted(io.BytesIO(signed(WAV + bytes(4_000_000), media_type="audio/wav")))
    assert read(StreamContent(stream), fmt=Format.WAV).hash_intact is YES  # type: ignore[arg-type]
    assert 0 < max(stream.sizes) < 2_000_000


class _Noted(CountedStream):
    """Notes how much is asked for at a time."""

    def __init__(self, stream: io.BytesIO) -> None:
        super().__init__(stream)
        self.sizes: list[int] = []

    def read(self, size: int = -1) -> bytes:
        self.sizes.append(size if size >= 0 else 1 << 62)
        return super().read(size)


def test_a_file_is_read_as_a_stream(tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    path.write_bytes(signed(WAV, media_type="audio/wav"))
    with path.open("rb") as stream:
        assert read(StreamContent(stream), fmt=Format.WAV).hash_intact is YES  # type: ignore[arg-type]


def test_a_stream_that_fails_is_unreadable() -> None:
    stream = CountedStream(io.BytesIO(intact()))
    content = StreamContent(stream)  # type: ignore[arg-type]
    stream.stream.close()
    assert read(content).readable is NO  # type: ignore[arg-type]


def test_a_large_stream_is_not_touched() -> None:
    stream = CountedStream(io.BytesIO(intact()))
    reading = read(StreamContent(stream), limits=replace(DEFAULT_LIMITS, credential_bytes=1000))  # type: ignore[arg-type]
    assert (reading.readable, stream.bytes_read) == (UNKNOWN, 0)


# --- contexts --------------------------------------------------------------------------------------------------------


@pytest.fixture
def made_contexts(monkeypatch: pytest.MonkeyPatch) -> list[Trust]:
    """The trust configurations for which a context is made from here on."""
    found: list[Trust] = []
    make_context = _c2pa_contexts.make_context
    monkeypatch.setattr(_c2pa_contexts, "_local", type(_c2pa_contexts._local)())
    monkeypatch.setattr(
        _c2pa_contexts, "make_context", lambda trust, limits: found.append(trust) or make_context(trust, limits)
    )
    return found


def test_a_context_is_made_once_for_each_trust(made_contexts: list[Trust]) -> None:
    for _ in range(3):
        for trust in (NO_TRUST, anchored(root())):
            read(intact(), trust)
    assert made_contexts == [NO_TRUST, anchored(root())]


def test_a_thread_keeps_few_contexts(made_contexts: list[Trust]) -> None:
    for number in range(6):
        assert read(intact(), replace(NO_TRUST, usages=(f"1.2.{number}",))).readable is YES
    assert len(made_contexts) == 6
    assert len(_c2pa_contexts._local.contexts) <= 4


def test_threads_read_side_by_side() -> None:
    with ThreadPoolExecutor(4) as pool:
        readings = list(pool.map(lambda _: read(intact(), anchored(root())), range(40)))
    assert {reading.certificate for reading in readings} == {Certificate.TRUSTED}


def _read_in_child(sender: Any) -> None:
    sender.send(read(intact(), anchored(root())))


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
def test_a_child_process_reads_after_a_fork() -> None:
    read(intact(), anchored(root()))
    receiver, sender = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.get_context("fork").Process(target=_read_in_child, args=(sender,))
    child.start()
    child.join(30)
    assert receiver.recv().certificate is Certificate.TRUSTED
