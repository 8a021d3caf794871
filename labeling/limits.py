"""Every bound that the package keeps when it reads untrusted bytes, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass

from labeling.errors import ErrorCode, LimitError

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one file. Sizes are bytes unless the name says otherwise."""

    #: A labelled picture or article is a few MB; 64 MiB admits most 16 MP PNG without letting one request fill memory.
    file_bytes: int = 64 * MIB
    #: Pixels of one frame. Pillow warns at 89 MP and only raises at twice that; 64 MP is 8192 x 8192.
    pixels: int = 64 * 1024 * 1024
    #: Frames of one animation; the pixels of all frames together are bounded by `animation_pixels`.
    frames: int = 2_000
    #: Width x height x frames of an animation: 300 frames of 800 x 800. Each may have to be decoded and coded again.
    animation_pixels: int = 192 * 1024 * 1024
    #: One metadata block (XMP packet, EXIF block, text chunk) as stored. Extended XMP can reach MBs; a label is 4 KiB.
    metadata_bytes: int = 4 * MIB
    #: All XMP packets and EXIF blocks of one file together; values of a TIFF file can share their bytes.
    all_metadata_bytes: int = 8 * MIB
    #: One metadata block after inflation (zTXt, compressed iTXt): stops a zip bomb at once.
    inflated_metadata_bytes: int = 4 * MIB
    #: The JSON text of one record. The longest seen in the wild, with two SM2 certificates, is under 8 KiB.
    record_bytes: int = 64 * KIB
    #: Records in one file, and packets and blocks that may hold one. The rule wants a single one; more is an attack.
    records: int = 1_000
    #: Nesting of JSON, XML elements, boxes and IFDs.
    nesting: int = 32
    #: Chunks, segments, blocks, IFD entries in one file: bounds the walk itself. One IFD can hold 65,535 entries.
    items: int = 65_536
    #: Tags and comments of a page that are looked at one by one, some 20 µs each; runs of simple paragraphs are free.
    markup_tokens: int = 500_000
    #: Text that is decoded and searched as a whole.
    text_bytes: int = 64 * MIB
    #: Front matter of a Markdown file; more than this is not front matter.
    front_matter_bytes: int = 64 * KIB
    #: Audio and video are read by seeking; the bound only keeps nonsense out. 64 GiB is two hours at 70 Mbit/s.
    stream_bytes: int = 64 * GIB
    #: Boxes, pages, tags, clusters that are stepped over in one audio or video file, some 2 µs each.
    stream_items: int = 1_000_000
    #: Entries of an archive's directory (office documents); a large presentation has a few thousand parts.
    archive_entries: int = 20_000
    #: One part of an office document that is inflated: its properties, its relations.
    archive_part_bytes: int = 4 * MIB
    #: Bytes that are hashed to check a C2PA hard binding: some 0.5 s. A larger file's binding is not checked.
    credential_bytes: int = 512 * MIB
    #: Manifest store of C2PA; one with thumbnails of many ingredients has some MB.
    manifest_bytes: int = 32 * MIB
    #: What a report quotes of a trace of generation.
    trace_characters: int = 500
    #: Frames of an animation that are searched for a visible label, spread evenly.
    seen_frames: int = 5


DEFAULT_LIMITS = Limits()


def require_within(code: ErrorCode, actual: int, limit: int, what: str) -> None:
    """Raise `LimitError(code)` when `actual` exceeds `limit`; `what` names the bounded thing in English."""
    if actual > limit:
        raise LimitError(code, f"{what} is {actual}, the limit is {limit}", actual=actual, limit=limit, what=what)


def require_pixels(width: int, height: int, limits: Limits, frames: int = 1) -> None:
    """Refuse a canvas or an animation that would need more pixels than `limits` allow."""
    require_within(ErrorCode.LIMIT_PIXELS, width * height, limits.pixels, "the number of pixels")
    require_within(ErrorCode.LIMIT_FRAMES, frames, limits.frames, "the number of frames")
    if frames > 1:
        total = width * height * frames
        require_within(ErrorCode.LIMIT_PIXELS, total, limits.animation_pixels, "the number of pixels in all frames")
