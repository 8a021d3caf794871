"""FLV as a container: the properties of onMetaData, other scripts, and recordings that are cut."""

from __future__ import annotations

import io
import struct
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.containers import flv as module
from labeling.containers.base import Anatomy
from labeling.containers.flv import parse
from labeling.content import StreamContent
from labeling.errors import ErrorCode, LabelingError, LimitError, MediaError
from labeling.limits import DEFAULT_LIMITS, Limits
from labeling.model import Carrier, Format
from tests.labeling.media_files import (
    FLV_HEADER,
    FLV_VIDEO,
    METADATA,
    RECORD,
    amf_array,
    amf_string,
    flv,
    flv_tag,
    records,
    script,
    texts,
    unreadable,
)

ON = amf_string(b"onMetaData")
LABEL = (b"AIGC", amf_string(RECORD))
NUMBER = b"\0" + struct.pack(">d", 1.5)
NULL, UNDEFINED, DATE, REFERENCE = b"\5", b"\6", b"\x0b" + bytes(10), b"\7\0\0"


def read(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Anatomy:
    return parse(data, limits)


def array(*values: bytes) -> bytes:
    return b"\x0a" + len(values).to_bytes(4, "big") + b"".join(values)


def test_the_property_of_the_guide_is_read_without_a_note() -> None:
    data = flv(script(ON, METADATA), FLV_VIDEO, FLV_VIDEO)
    anatomy = read(data)
    assert anatomy.format is Format.FLV
    assert texts(anatomy) == [("onMetaData", "AIGC", RECORD, Carrier.FLV_METADATA, ())]
    assert data[anatomy.blocks[0].start : anatomy.blocks[0].end] == b"\0\4AIGC" + amf_string(RECORD)
    assert len(anatomy.blocks) == 1


KEY_FRAMES = amf_array(
    (b"times", array(*[NUMBER] * 20_000)), (b"filepositions", array(*[NUMBER] * 20_000)), marker=b"\3"
)
RECORDS = {
    "an object": (script(ON, amf_array(LABEL, marker=b"\3")), [()]),
    "a typed object": (script(ON, b"\x10\0\1X" + amf_array(LABEL, marker=b"")), [()]),
    "no end marker": (script(ON, METADATA[:-3]), [()]),
    "a long string": (script(ON, amf_array((b"AIGC", b"\x0c" + struct.pack(">I", len(RECORD)) + RECORD))), [()]),
    "an XML document": (script(ON, amf_array((b"AIGC", b"\x0f" + struct.pack(">I", len(RECORD)) + RECORD))), [()]),
    "another case": (script(ON, amf_array((b"aigc", amf_string(RECORD)))), [("other-case",)]),
    "twice": (script(ON, amf_array(LABEL, LABEL)), [(), ()]),
    "behind everything that there is": (
        script(
            ON,
            amf_array(
                (b"a", NUMBER),
                (b"b", b"\1\1"),
                (b"c", NULL),
                (b"d", UNDEFINED),
                (b"e", DATE),
                (b"f", REFERENCE),
                (b"g", b"\x0d"),
                (b"h", array(NUMBER, NULL, amf_string(b"x"))),
                (b"i", array()),
                (b"k", KEY_FRAMES),
                LABEL,
            ),
        ),
        [()],
    ),
    "in a property": (script(ON, amf_array((b"custom", amf_array(LABEL, marker=b"\3")))), [("nested",)]),
    "in a list": (script(ON, array(amf_array(LABEL), amf_array(LABEL))), [(), ()]),
    "behind the film": (FLV_VIDEO + script(ON, METADATA), [()]),
    "in two scripts": (script(ON, METADATA) + FLV_VIDEO + script(ON, METADATA), [(), ("second-script-tag",)]),
    "in another script": (script(amf_string(b"onTextData"), METADATA), [("not-onmetadata",)]),
    "a script of that name": (script(amf_string(b"AIGC"), amf_string(RECORD)), [("not-onmetadata",)]),
    "as it was sent": (script(amf_string(b"@setDataFrame"), ON, METADATA), [()]),
    "no size behind the tag": (script(ON, METADATA)[:-4], [()]),
    "a film that is cut": (script(ON, METADATA) + FLV_VIDEO[:40], [()]),
    "a tag that is cut": (script(ON, METADATA) + FLV_VIDEO[:2], [()]),
    "damaged behind the record": (script(ON, METADATA) + script(amf_string(b"onCuePoint"), b"\x11\x0a\x0b"), [()]),
}


@pytest.mark.parametrize("name", RECORDS)
def test_every_record_is_found_with_notes_on_where(name: str) -> None:
    tags, notes = RECORDS[name]
    anatomy = read(flv(tags))
    assert records(anatomy) == notes
    assert not unreadable(anatomy)


def test_other_strings_are_handed_out_for_traces() -> None:
    data = flv(script(ON, amf_array((b"encoder", amf_string(b"Lavf")), (b"title", amf_string("歌".encode("gb18030"))))))
    assert [(keyword, payload, notes) for _, keyword, payload, _, notes in texts(read(data))] == [
        ("encoder", b"Lavf", ()),
        ("title", "歌".encode(), ("not-utf-8",)),
    ]


def test_a_header_that_is_longer_than_usual_is_stepped_over() -> None:
    data = b"FLV\1\5\0\0\0\x0c" + bytes(3 + 4) + script(ON, METADATA)
    assert records(read(data)) == [()]


UNREADABLE = {
    "AMF3": script(ON, b"\x11\x0a\x0bAIGC"),
    "damaged": script(ON, METADATA.replace(b"\x02", b"\x63", 1)),
    "a string beyond its tag": script(ON, amf_array((b"AIGC", b"\x02\xff\xff" + RECORD))),
    "an array without its elements": script(ON, amf_array((b"AIGC", b"\x0a\0\0\0\x09"))),
    "encrypted": flv_tag(18 | 0x20, ON + METADATA),
    "cut in the script": script(ON, METADATA)[:60],
    "cut before the script": FLV_VIDEO[:40],
    "no string": script(ON, amf_array((b"AIGC", amf_array((b"Label", amf_string(b"1")), marker=b"\3")))),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_place_in_which_a_record_may_lie_is_never_passed_over(name: str) -> None:
    assert unreadable(read(flv(UNREADABLE[name])))


def test_a_property_that_is_no_string_is_named() -> None:
    ((unit, keyword, notes),) = [(b.unit, b.keyword, b.notes) for b in unreadable(read(flv(UNREADABLE["no string"])))]
    assert (unit, keyword, notes) == ("onMetaData", "AIGC", ("not-a-string", "unreadable"))


def test_what_lies_behind_a_tag_of_an_unknown_type_is_said_not_to_be_searched() -> None:
    data = flv(script(ON, METADATA), flv_tag(3, b"what"), FLV_VIDEO)
    (block,) = [block for block in read(data).blocks if "not-searched" in block.notes]
    assert data[block.start : block.end] == flv_tag(3, b"what") + FLV_VIDEO


def test_a_long_film_says_what_was_not_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STEPPED", 10)
    data = flv(script(ON, METADATA), *[FLV_VIDEO] * 50)
    anatomy = read(data)
    assert records(anatomy) == [()]
    assert [(b.start, b.end) for b in anatomy.blocks if b.notes == ("not-searched",)] == [
        (len(data) - 41 * len(FLV_VIDEO), len(data))
    ]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", ErrorCode.MEDIA_TRUNCATED),
        (FLV_HEADER[:7], ErrorCode.MEDIA_TRUNCATED),
        (b"FLV\1\5\0\0\1\0" + bytes(40), ErrorCode.MEDIA_TRUNCATED),
        (b"RIFF" + bytes(40), ErrorCode.MEDIA_MALFORMED),
    ],
    ids=["nothing", "a header that is cut", "a header beyond the end", "another format"],
)
def test_what_is_no_flv_file_is_refused(data: bytes, code: ErrorCode) -> None:
    with pytest.raises(MediaError) as caught:
        read(data)
    assert caught.value.code is code


@pytest.mark.parametrize(
    ("tags", "limits", "code"),
    [
        (script(ON, METADATA), {"metadata_bytes": 200}, ErrorCode.LIMIT_METADATA),
        (script(ON, METADATA) * 3, {"all_metadata_bytes": 600}, ErrorCode.LIMIT_METADATA),
        (script(ON, *[b"\3\0\1a"] * 40), {}, ErrorCode.LIMIT_NESTING),
        (script(*[NULL] * 20_000), {}, ErrorCode.LIMIT_ITEMS),
        (script(*[NULL] * 200) * 60, {}, ErrorCode.LIMIT_ITEMS),
        (script(ON, amf_array(*[(b"a", amf_string(b"b"))] * 3000)), {}, ErrorCode.LIMIT_ITEMS),
        (script(*[array(NUMBER, NULL)] * 9), {"items": 20}, ErrorCode.LIMIT_ITEMS),
    ],
    ids=["a large script", "together", "nesting", "values", "values of all scripts", "entries", "few values"],
)
def test_bounds_are_kept(tags: bytes, limits: dict[str, int], code: ErrorCode) -> None:
    with pytest.raises(LimitError) as caught:
        read(flv(tags), replace(DEFAULT_LIMITS, **limits))
    assert caught.value.code is code


def test_an_array_that_announces_more_than_there_is_costs_nothing() -> None:
    assert unreadable(read(flv(script(amf_string(b"AIGC"), b"\x0a\xff\xff\xff\xff" + NUMBER * 9))))


WHOLE = flv(
    script(ON, amf_array((b"a", array(NUMBER, NULL, DATE)), (b"k", amf_array(LABEL, marker=b"\3")), LABEL)),
    FLV_VIDEO,
    script(amf_string(b"onCuePoint"), amf_array((b"name", amf_string(b"x")))),
    FLV_VIDEO,
)


def survives(data: bytes) -> None:
    try:
        anatomy = parse(data, DEFAULT_LIMITS)
    except LabelingError:
        return
    assert anatomy == parse(StreamContent(io.BytesIO(data)), DEFAULT_LIMITS)
    assert all(0 <= block.start <= block.end <= len(data) for block in anatomy.blocks)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=60))
def test_any_bytes_in_a_script_are_read_or_refused(body: bytes, tail: bytes) -> None:
    survives(flv(script(ON, body), tail))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(3, 1 << 16), st.integers(0, 255)), max_size=5), st.none() | st.integers(0, 4000))
def test_damaged_files_are_read_or_refused(edits: list[tuple[int, int]], cut: int | None) -> None:
    data = bytearray(WHOLE)
    for place, value in edits:
        data[3 + (place - 3) % (len(data) - 3)] = value
    survives(bytes(data if cut is None else data[: cut % len(data)]))
