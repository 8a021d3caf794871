"""Two labels of a real product (Markdown, 2025): signatures in ReservedCode1 that verify. Facts, not files."""

from __future__ import annotations

import json
from dataclasses import dataclass

from labeling.model import AigcRecord

PRODUCER = "001191310104MACE0YX63918020"
PUBLIC_KEY = bytes.fromhex(
    "3059301306072A8648CE3D020106082A811CCF5501822D034200045728F08C58D9C72150A705693EF7337859F8FF216E802630041AFAE5C036"
    "F0A67CB1FDF8C57F5F8B623284AE09E4E545464B7140B26BBDA51BAE965F854C57AA"
)


@dataclass(frozen=True)
class Vector:
    """One label's number and its signature (DER)."""

    produce_id: str
    signature: bytes

    @property
    def message(self) -> bytes:
        return f'"Label":"1","ContentProducer":"{PRODUCER}","ProduceID":"{self.produce_id}"'.encode()

    @property
    def reserved_code(self) -> str:
        """As the product writes it, with its own spelling of the type."""
        return reserved_code(self.signature, PUBLIC_KEY)

    @property
    def record(self) -> AigcRecord:
        return AigcRecord("1", PRODUCER, self.produce_id, self.reserved_code, PRODUCER, self.produce_id, "")


def reserved_code(signature: bytes, key: bytes, *, algorithm: str = "1.2.156.10197.1.501", **other: object) -> str:
    """SecurityData with one signature and one key; `other` replaces members of the inner object."""
    entries = [
        {
            "Type": "DS",
            "AlgID": algorithm,
            "TBSData": {"Type": "LabelMataData"},
            "Signature": signature.hex().upper(),
        },
        {"Type": "PubKey", "AlgID": algorithm, "KeyValue": key.hex().upper()},
    ]
    return json.dumps({"SecurityData": {"Type": "TC260PG", "Version": 1, "PubSD": entries} | other})


VECTORS = (
    Vector(
        "142569260085903360",
        bytes.fromhex(
            "3046022100AE6B84B3342128AE301A597596FCD9EECF3EA0FC2DB6C250BAF234E167298E9002210097223ABB647B786A90D0A1B93CB9"
            "382EA879563B2C7F025FA006BE16AE926C14"
        ),
    ),
    Vector(
        "147392816552226816",
        bytes.fromhex(
            "3045022100E816A5872275AE5414E7E0FD3D9B2C30F7B7FD68609D6486A38DF7CFAA1417B902201A510FBBE50819BAFF1FCC7B8527FF"
            "23CD40447D41A6776E6BCF1F773AE0DBBC"
        ),
    ),
)
