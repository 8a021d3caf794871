"""Labels as products and tools write them, rebuilt from descriptions of their bytes; no file of theirs is in here."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from functools import cache

from labeling import _sm2
from labeling.carriers import exif
from labeling.ifd import ASCII, Dialect
from labeling.ifd_edit import Value, build
from labeling.limits import DEFAULT_LIMITS
from labeling.model import AigcRecord
from labeling.record import to_fields
from labeling.security_data import SM2_WITH_SM3, producer_message
from tests.labeling import iso_files, media_files
from tests.labeling.format_files import file
from tests.labeling.png_files import SIGNATURE, chunk, header
from tests.labeling.security_vectors import VECTORS, reserved_code

TC260 = "http://www.tc260.org.cn/ns/AIGC/1.0/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
DOUBAO = "001191110102MACQD9K64010000"
JIMENG, JIMENG_SPREAD = "00119144030008867405X210001", "00119144030008867405X220001"
HANGZHOU = "001191330106MA2CFLDG4R10001"
KLING = "001191110108335469089C10100"
QWEN = "001191440101MA9Y9T4H7A00000"
TENCENT = "001191440300708461136T1308L"
ZHIPU = "001191110108MA01KP2T5U00000"
HONOR = "001191440300MA5G49LC9K1YO01"
NUMBER = "0f8fad5bd9cb469fa16570867728950e"

Fields = Mapping[str, object]


def fields(producer: str = DOUBAO, number: str = NUMBER, **other: object) -> dict[str, object]:
    """The seven fields of a producer that is its own propagator; `other` replaces or adds some."""
    return {**to_fields(AigcRecord("1", producer, number, "", producer, number, "")), **other}


def compact(values: Fields) -> str:
    return json.dumps(values, separators=(",", ":"), ensure_ascii=False)


# Packets


def quoted(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def description(inside: str, attributes: str = "", namespace: str = TC260, prefix: str = "TC260") -> str:
    """An XMP packet with one description, as most of the products write it."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"??>'
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}"><rdf:Description rdf:about=""'
        f' xmlns:{prefix}="{namespace}"{attributes}>{inside}</rdf:Description></rdf:RDF></x:xmpmeta>'
        '<?xpacket end="w"?>'
    )


def packet(values: Fields, namespace: str = TC260) -> bytes:
    return description(f"<TC260:AIGC>{quoted(compact(values))}</TC260:AIGC>", namespace=namespace).encode()


# Pictures


def png(*before: tuple[bytes, bytes], after: tuple[tuple[bytes, bytes], ...] = ()) -> bytes:
    """A grey picture with chunks before and behind the image data; the first stands at byte 33."""
    parts = ((b"IHDR", header(8, 8, 0, 8)), *before, (b"IDAT", zlib.compress(bytes(72))), *after, (b"IEND", b""))
    return SIGNATURE + b"".join(chunk(kind, body) for kind, body in parts)


def itxt(content: bytes, *, compressed: bool = False) -> tuple[bytes, bytes]:
    body = zlib.compress(content) if compressed else content
    return b"iTXt", b"XML:com.adobe.xmp\0" + bytes((compressed, 0)) + b"\0\0" + body


def text(values: Fields, keyword: bytes = b"AIGC") -> tuple[bytes, bytes]:
    return b"tEXt", keyword + b"\0" + compact(values).encode()


def jpeg(*segments: bytes) -> bytes:
    """A photograph with segments behind its JFIF header."""
    source = file("jpeg-420")
    return source[:20] + b"".join(segments) + source[20:]


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body


def xmp_segment(content: bytes) -> bytes:
    return segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + content)


def exif_segment(comment: str = "", described: str = "") -> bytes:
    main = {exif.IMAGE_DESCRIPTION: Value(ASCII, len(described) + 1, described.encode() + b"\0")} if described else {}
    block = build(Dialect(">"), main, {})
    return segment(0xE1, b"Exif\0\0" + (exif.write(block, comment, DEFAULT_LIMITS) if comment else block))


# Texts


def markdown(front: str) -> bytes:
    return f"---\n{front}---\n\n# 标题\n\n正文。\n".encode()


def block_map(values: Fields, quote: str = '"') -> str:
    return "AIGC:\n" + "".join(f"  {key}: {quote}{value}{quote}\n" for key, value in values.items())


# Products


def doubao() -> bytes:
    """Packet directly behind IHDR, doubled question mark, four empty fields."""
    return png(itxt(packet(fields(ReservedCode1="", ContentPropagator="", PropagateID=""))))


def jimeng() -> bytes:
    number = f"tos-cn-i-tb4s082cfz/{NUMBER}"
    return png(itxt(packet(fields(JIMENG, number, ContentPropagator=JIMENG_SPREAD))))


def hangzhou() -> bytes:
    """Line ends between the members, 280 characters of Base64 in both reserved codes."""
    code = "QUJDREVGR0g" * 25 + "QUJD="
    values = fields(HANGZHOU, ReservedCode1=code, ReservedCode2=code)
    assert len(code) == 280
    return png((b"tEXt", b"AIGC\0" + compact(values).replace('","', '",\n"').encode()))


def step_fun(index: int) -> bytes:
    """Markdown with an SM2 signature over the digest of the label."""
    vector = VECTORS[index]
    record = to_fields(vector.record)
    return markdown("AIGC:\n" + "".join(f"  {key}: '{value}'\n" for key, value in record.items()))


def doubao_tool() -> bytes:
    return png(text(fields("doubao")))


def doubao_phone(keyless: bool) -> bytes:
    value = compact(fields()).encode()
    if keyless:
        items = iso_files.ilst(iso_files.item(1, iso_files.data(value)))
        return iso_files.mp4(iso_files.movie(iso_files.user_data(iso_files.meta(items, kind=b"mdir"))))
    return iso_files.mp4(iso_files.movie(iso_files.quicktime_meta(*iso_files.labelled(value))))


def doubao_markdown() -> bytes:
    """A path with Chinese characters as the number, and a propagator of another service."""
    spread = DOUBAO[:22] + "28705"
    number = "thread/7493/文档/报告.md"
    values = fields(DOUBAO, number, ContentPropagator=spread, PropagateID="7493016#1757401022")
    return markdown("title: 报告\n" + block_map(values))


def byte_dance() -> bytes:
    return jpeg(segment(0xE9, b"AIGC" + compact(fields()).encode()))


def byte_dance_app() -> bytes:
    """The app's own mark, which is no label of the standard."""
    return jpeg(exif_segment('{"data":{"aigc_label_type":1,"product":"x","source_info":"y"}}'))


def kling() -> bytes:
    values = fields(KLING, "KLingMuse_3f1d9b7e-6f0c-4a3c-9e57-9d0f5b7a2c11", ReservedCode1=None, ReservedCode2=None)
    meta = iso_files.meta(*iso_files.labelled(compact(values).encode()))
    return iso_files.mp4(iso_files.movie(iso_files.user_data(meta)))


def qwen() -> bytes:
    number = "u:8a7c21/task:5d0e"
    order = ("ContentProducer", "ContentPropagator", "Label", "ProduceID", "PropagateID", "ReservedCode1")
    values = fields(QWEN, number, ReservedCode1="lPq3nV0xTz2vJt8mKc1sYw==", ReservedCode2="x")
    return png(text({name: values[name] for name in (*order, "ReservedCode2")}))


def tencent() -> bytes:
    """Wrapped, with spaces, and an object as the reserved code."""
    values = fields(TENCENT, ReservedCode1={"SecurityData": {"Type": "TC260PG", "Version": 1, "PubSD": []}})
    return jpeg(exif_segment(json.dumps({"AIGC": values})))


def tencent_cloud() -> bytes:
    return jpeg(exif_segment(described='{"ServiceProvider":"a","ServiceUser":"b","Time":"c","ContentId":"d"}'))


def pic_wish() -> bytes:
    values = quoted(compact(fields("picwish")))
    return jpeg(xmp_segment(description("", f' TC260:AIGC="{values}"').encode()))


def with_codes(one: str, two: str) -> bytes:
    return jpeg(xmp_segment(packet(fields(ReservedCode1=one, ReservedCode2=two))))


@cache
def mini_max_fields() -> dict[str, object]:
    """A signature over the label itself, and of the key its first coordinate alone."""
    key = _sm2.Sm2PrivateKey(0x1234567890ABCDEF1234567890ABCDEF)
    signature = key.sign(_sm2.message_digest(key.public_key, producer_message("1", "MiniMax", NUMBER)))
    coordinate = key.public_key.x.to_bytes(32, "big")
    return fields("MiniMax", ReservedCode1=reserved_code(signature, coordinate, algorithm=SM2_WITH_SM3))


def mini_max_song() -> bytes:
    return media_files.id3(media_files.txxx(value=compact(mini_max_fields()).encode())) + media_files.SOUND


def mini_max_film() -> bytes:
    meta = iso_files.meta(*iso_files.labelled(compact(mini_max_fields()).encode()))
    return iso_files.mp4(iso_files.movie(iso_files.user_data(meta)))


def mini_max_agent() -> bytes:
    zeros = "00000000000000000000000000000000"
    return markdown(block_map(fields("Minimax Agent AI", zeros, Label="AIGC", ReservedCode1=zeros)))


def zhipu(one_line: bool) -> bytes:
    values = fields(ZHIPU)
    return markdown(f"AIGC: {compact(values)}\n" if one_line else block_map(values))


def agents() -> bytes:
    """Other keys in front, the record's keys in the order of the alphabet, single quotes."""
    return markdown("title: 周报\ntags: [a, b]\n" + block_map(dict(sorted(fields().items())), "'"))


def unquoted() -> bytes:
    values = fields(DOUBAO, "00119111010211202234567")
    return markdown(block_map(values, ""))


def honor() -> bytes:
    nested = {"SecurityData": {"Type": " TC260PG", "Version": 1, "PubSd": []}}
    return jpeg(xmp_segment(packet(fields(HONOR, ReservedCode1=nested, ReservedCode2=nested))))


def fields_apart() -> bytes:
    """Each field a property of the namespace."""
    inside = "".join(f"<TC260:{key}>{value}</TC260:{key}>" for key, value in fields().items())
    return jpeg(xmp_segment(description(inside).encode()))


def further_properties() -> bytes:
    """Beside the record two properties more, and two fields more in it."""
    inside = f"<TC260:AIGC>{quoted(compact(fields(AIGCType='image', AIGCModel='v3')))}</TC260:AIGC>"
    return png(itxt(description(inside + "<TC260:AIGCType>image</TC260:AIGCType>", ' TC260:AIGCModel="v3"').encode()))


# Tools


def wrong_namespace() -> bytes:
    """A property of its own namespace, in attribute form."""
    values = quoted(compact(fields()))
    content = description("", f' tc:AIGC="{values}"', "http://ns.adobe.com/xap/1.0/tc/", "tc").encode()
    return jpeg(xmp_segment(content))


def under_dublin_core() -> bytes:
    inside = f"<dc:AIGC>{quoted(compact(fields()))}</dc:AIGC>"
    return jpeg(xmp_segment(description(inside, "", "http://purl.org/dc/elements/1.1/", "dc").encode()))


def python_literal() -> bytes:
    return png((b"tEXt", b"AIGC\0" + str(fields()).encode()))


def sample_of_a_kit() -> bytes:
    """The transport example of one kit: a quotation mark is missing behind the number."""
    broken = compact(fields()).replace(f'"ProduceID":"{NUMBER}"', f'"ProduceID":"{NUMBER}')
    return png((b"tEXt", b"AIGC\0" + broken.encode()))


def double_encoded() -> bytes:
    return png((b"tEXt", b"AIGC\0" + compact({"AIGC": compact(fields())}).encode()))
