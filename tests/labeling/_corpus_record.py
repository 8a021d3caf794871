"""What the files of the corpus say, in the words of somebody who has read the standard and not this package."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.sax.saxutils import escape, quoteattr

from labeling.model import AigcRecord

#: What most files say. The reserved code makes each tool escape what its format wants escaped.
RECORD = AigcRecord(
    label="1",
    content_producer="001191110102MACQD9K64010000",
    produce_id="cross-check/1",
    reserved_code1="""{"k":"<&'>;=#%(1)"}""",
    content_propagator="00119144030008867405X220001",
    propagate_id="cross-check/2",
    reserved_code2="",
)
#: A company's name where the code is meant: outside the charset of Annex E j), seen in real files, hard on encodings.
NAMED = replace(RECORD, content_producer="某某（北京）科技有限公司", reserved_code1="")
#: Stands in every file that holds a record and in no other.
MARK = b"cross-check/1"


def fields(record: AigcRecord = RECORD) -> dict[str, str]:
    """The keys of Annex E b)."""
    return {
        "Label": record.label,
        "ContentProducer": record.content_producer,
        "ProduceID": record.produce_id,
        "ReservedCode1": record.reserved_code1,
        "ContentPropagator": record.content_propagator,
        "PropagateID": record.propagate_id,
        "ReservedCode2": record.reserved_code2,
    }


def bare(record: AigcRecord = RECORD) -> str:
    """The record as the value of a key of its own."""
    return json.dumps(fields(record), ensure_ascii=False, separators=(",", ":"))


def wrapped(record: AigcRecord = RECORD) -> str:
    """The record under the key word, as Annex E b) shows it."""
    return f'{{"AIGC":{bare(record)}}}'


BARE, WRAPPED = bare(), wrapped()

_PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    'xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/"{}</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)


def element(record: AigcRecord = RECORD) -> bytes:
    """An XMP packet with the property as an element."""
    return _PACKET.format(f"><TC260:AIGC>{escape(bare(record))}</TC260:AIGC></rdf:Description>").encode()


def attribute(record: AigcRecord = RECORD) -> bytes:
    """An XMP packet with the property as an attribute."""
    return _PACKET.format(f" TC260:AIGC={quoteattr(bare(record))}/>").encode()
