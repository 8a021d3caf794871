"""The reader of TIFF structures: what it finds, and where it stops."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling import ifd
from labeling.errors import ErrorCode, LabelingError, LimitError, MediaError
from labeling.ifd import Dialect, Tree
from labeling.ifd_edit import Value, build, integers
from labeling.limits import DEFAULT_LIMITS, Limits

ORDERS = {
    "II": Dialect("<"),
    "MM": Dialect(">"),
    "II BigTIFF": Dialect("<", big=True),
    "MM BigTIFF": Dialect(">", big=True),
}


def read(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Tree:
    return ifd.read(data, limits)


def table(dialect: Dialect, rows: list[tuple[int, int, list[int]]], following: int = 0) -> bytes:
    """A directory whose values all lie in their entries."""
    cells = [
        dialect.entry.pack(t, k, len(v), integers(dialect, k, v).data.ljust(dialect.inline, b"\0")) for t, k, v in rows
    ]
    return dialect.counter.pack(len(cells)) + b"".join(cells) + dialect.offset(following)


def structure(*tables: bytes, dialect: Dialect = ORDERS["II"]) -> bytes:
    head = dialect.header + dialect.offset(len(dialect.header) + len(dialect.offset(0)))
    return head + b"".join(tables)


def chain(count: int, last: int = 0) -> bytes:
    """`count` directories of one entry; the last points to `last`."""
    size = len(table(ORDERS["II"], [(256, ifd.SHORT, [1])]))
    return structure(
        *(
            table(ORDERS["II"], [(256, ifd.SHORT, [i])], 8 + (i + 1) * size if i + 1 < count else last)
            for i in range(count)
        )
    )


def refused(data: bytes, limits: Limits = DEFAULT_LIMITS) -> ErrorCode:
    with pytest.raises(MediaError) as caught:
        read(data, limits)
    return caught.value.code


@pytest.mark.parametrize("dialect", ORDERS.values(), ids=ORDERS)
def test_every_dialect_is_read(dialect: Dialect) -> None:
    main = {
        256: integers(dialect, ifd.SHORT, [7]),
        273: integers(dialect, ifd.LONG, range(9)),
        305: Value(ifd.ASCII, 6, b"value\0"),
    }
    tree = read(build(dialect, main, {0x9286: Value(ifd.UNDEFINED, 12, b"twelve bytes")}))
    (root,) = tree.chain
    assert tree.dialect == dialect
    assert tree.numbers(root, 256) == (7,)
    assert tree.numbers(root, 273) == tuple(range(9))
    text, inner = root.find(305), root.child("Exif")
    assert text
    assert inner
    assert tree.raw(text) == b"value\0"
    assert [part.name for part in tree.walk()] == ["IFD0", "IFD0/Exif"]
    assert tree.raw(inner.entries[0]) == b"twelve bytes"


def test_the_chain_is_followed_in_order() -> None:
    tree = read(chain(5))
    assert [(part.name, tree.number(part, 256, -1)) for part in tree.chain] == [(f"IFD{i}", i) for i in range(5)]


def test_sub_directories_are_numbered() -> None:
    inner = table(ORDERS["II"], [(256, ifd.SHORT, [3])])
    start = 8 + len(table(ORDERS["II"], [(ifd.SUB_IFDS, ifd.LONG, [0])]))
    tree = read(structure(table(ORDERS["II"], [(ifd.SUB_IFDS, ifd.LONG, [start])]), inner))
    assert [part.name for part in tree.walk()] == ["IFD0", "IFD0/SubIFD0"]


def test_only_the_first_directory_and_named_pointers_are_followed_on_request() -> None:
    broken_gps = table(ORDERS["II"], [(ifd.GPS_POINTER, ifd.LONG, [0xFFFFFF])], following=0xFFFFFF)
    tree = ifd.read(structure(broken_gps), DEFAULT_LIMITS, follow=(ifd.EXIF_POINTER,), chain=False)
    assert [part.name for part in tree.walk()] == ["IFD0"]
    assert refused(structure(broken_gps)) is ErrorCode.MEDIA_TRUNCATED


def test_a_block_that_ends_with_its_last_entry_is_read() -> None:
    data = structure(table(ORDERS["II"], [(256, ifd.SHORT, [3])]))[:-4]
    assert ifd.read(data, DEFAULT_LIMITS, chain=False).chain[0].find(256)
    assert refused(data) is ErrorCode.MEDIA_TRUNCATED


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", ErrorCode.MEDIA_MALFORMED),
        (b"II", ErrorCode.MEDIA_MALFORMED),
        (b"II*\0\x08\0", ErrorCode.MEDIA_TRUNCATED),
        (b"IM*\0\x08\0\0\0", ErrorCode.MEDIA_MALFORMED),
        (b"II*\0\0\0\0\0", ErrorCode.MEDIA_MALFORMED),
        (b"II+\0\x04\0\0\0", ErrorCode.MEDIA_MALFORMED),
        (structure()[:8], ErrorCode.MEDIA_TRUNCATED),
        (structure(b"\xff\xff"), ErrorCode.MEDIA_TRUNCATED),
        (chain(3, last=8), ErrorCode.MEDIA_MALFORMED),
        (structure(table(ORDERS["II"], [(ifd.EXIF_POINTER, ifd.LONG, [8])])), ErrorCode.MEDIA_MALFORMED),
        (structure(table(ORDERS["II"], [(ifd.EXIF_POINTER, ifd.SHORT, [8])])), ErrorCode.MEDIA_MALFORMED),
        (structure(table(ORDERS["II"], [(ifd.EXIF_POINTER, ifd.LONG, [30])] * 2)), ErrorCode.MEDIA_MALFORMED),
    ],
    ids=[
        "nothing", "two bytes", "half a header", "no order", "no directory", "BigTIFF of 4-byte offsets", "no table",
        "half a table", "a ring", "a directory in itself", "a short pointer", "two pointers",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(data: bytes, code: ErrorCode) -> None:
    assert refused(data) is code


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(frames=49), ErrorCode.LIMIT_FRAMES),
        (Limits(items=99), ErrorCode.LIMIT_ITEMS),
    ],
)
def test_long_chains_are_refused(limits: Limits, code: ErrorCode) -> None:
    assert len(read(chain(50)).chain) == 50
    with pytest.raises(LimitError) as caught:
        read(chain(50), limits)
    assert caught.value.code is code


def test_deep_nesting_is_refused() -> None:
    size = len(table(ORDERS["II"], [(ifd.SUB_IFDS, ifd.LONG, [0])]))
    data = structure(*(table(ORDERS["II"], [(ifd.SUB_IFDS, ifd.LONG, [8 + (i + 1) * size])]) for i in range(40)))
    with pytest.raises(LimitError) as caught:
        read(data)
    assert caught.value.code is ErrorCode.LIMIT_NESTING


def test_a_value_outside_the_data_is_refused_when_it_is_asked_for() -> None:
    data = structure(
        ORDERS["II"].counter.pack(1) + ORDERS["II"].entry.pack(305, ifd.ASCII, 1 << 30, b"\xff\xff\0\0") + bytes(4)
    )
    tree = read(data)
    with pytest.raises(MediaError) as caught:
        tree.raw(tree.chain[0].entries[0])
    assert caught.value.code is ErrorCode.MEDIA_TRUNCATED


def test_more_integers_than_the_bound_are_not_unpacked() -> None:
    data = build(ORDERS["II"], {273: integers(ORDERS["II"], ifd.LONG, range(50))}, {})
    tree = read(data, Limits(items=20))
    with pytest.raises(LimitError) as caught:
        tree.numbers(tree.chain[0], 273)
    assert caught.value.code is ErrorCode.LIMIT_ITEMS


def test_text_is_no_integer() -> None:
    tree = read(build(ORDERS["II"], {256: Value(ifd.ASCII, 2, b"7\0")}, {}))
    with pytest.raises(MediaError) as caught:
        tree.number(tree.chain[0], 256, 0)
    assert caught.value.code is ErrorCode.MEDIA_MALFORMED


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([d.header for d in ORDERS.values()]), st.binary(max_size=200))
def test_arbitrary_bytes_raise_only_our_errors(head: bytes, rest: bytes) -> None:
    with contextlib.suppress(LabelingError):
        tree = read(head + rest)
        for part in tree.walk():
            for entry in part.entries:
                assert len(tree.raw(entry)) == entry.size
