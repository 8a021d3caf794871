"""Keys that can sign a C2PA claim, and signatures in the form that COSE wants."""

from __future__ import annotations

from collections.abc import Iterator

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from labeling._signing_problems import Problem, ProblemCode

PublicKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey
PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey

MINIMUM_RSA_BITS = 2048

#: C2PA, digital signatures: the algorithms, by the curve of the key.
_EC_ALGORITHMS = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}
_RSA_ALGORITHMS = ("ps256", "ps384", "ps512")
_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "es256": hashes.SHA256,
    "es384": hashes.SHA384,
    "es512": hashes.SHA512,
    "ps256": hashes.SHA256,
    "ps384": hashes.SHA384,
    "ps512": hashes.SHA512,
    "ed25519": hashes.SHA512,
}


def algorithm_for(key: PublicKey) -> str:
    """The C2PA algorithm for a key that `check_chain` passed: by its curve, Ed25519, or PS256 for RSA."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return _EC_ALGORITHMS[key.curve.name]
    return "ed25519" if isinstance(key, ed25519.Ed25519PublicKey) else "ps256"


def public_key_of(certificate: x509.Certificate) -> PublicKey | None:
    """The certificate's key where it is of a kind that C2PA knows."""
    try:
        key = certificate.public_key()
    except (UnsupportedAlgorithm, ValueError):
        return None
    return key if isinstance(key, PublicKey) else None


def read_private_key(key_pem: bytes) -> PrivateKey | Problem:
    """The private key of a PEM text without a password, or what is wrong with it."""
    try:
        key = load_pem_private_key(key_pem, password=None)
    except TypeError:
        return Problem(ProblemCode.KEY_ENCRYPTED, "the private key is encrypted; give it without a password")
    except (ValueError, UnsupportedAlgorithm):
        return Problem(ProblemCode.KEY_UNREADABLE, "the private key is not readable PEM")
    if isinstance(key, PrivateKey):
        return key
    return Problem(ProblemCode.KEY_UNSUPPORTED, "the private key is not EC, Ed25519 or RSA")


def key_form_problems(key_pem: bytes | None) -> Iterator[Problem]:
    key = read_private_key(key_pem) if key_pem is not None else None
    if isinstance(key, Problem):
        yield key


def key_match_problems(leaf: x509.Certificate, key_pem: bytes | None) -> Iterator[Problem]:
    key = read_private_key(key_pem) if key_pem is not None else None
    if isinstance(key, PrivateKey) and key.public_key() != public_key_of(leaf):
        yield Problem(ProblemCode.KEY_MISMATCH, "the private key does not belong to the certificate")


def key_kind_problems(leaf: x509.Certificate, algorithm: str | None) -> Iterator[Problem]:
    key = public_key_of(leaf)
    match key:
        case None:
            yield Problem(ProblemCode.KEY_UNSUPPORTED, "the certificate's key is not EC, Ed25519 or RSA")
            return
        case ec.EllipticCurvePublicKey() if key.curve.name not in _EC_ALGORITHMS:
            detail = f"the curve {key.curve.name} is not allowed, only {', '.join(_EC_ALGORITHMS)}"
            yield Problem(
                ProblemCode.CURVE_UNSUPPORTED, detail, {"found": key.curve.name, "allowed": [*_EC_ALGORITHMS]}
            )
            return
        case rsa.RSAPublicKey() if key.key_size < MINIMUM_RSA_BITS:
            detail = f"the RSA key has {key.key_size} bits, at least {MINIMUM_RSA_BITS} are needed"
            yield Problem(ProblemCode.KEY_WEAK, detail, {"bits": key.key_size, "minimum": MINIMUM_RSA_BITS})
    fitting = _RSA_ALGORITHMS if isinstance(key, rsa.RSAPublicKey) else (algorithm_for(key),)
    if algorithm is not None and algorithm not in fitting:
        detail = f"the algorithm {algorithm} does not fit the certificate, whose key signs with {' or '.join(fitting)}"
        yield Problem(ProblemCode.ALGORITHM_MISMATCH, detail, {"wanted": algorithm, "fitting": [*fitting]})


def cose_signature(signature: bytes, message: bytes, key: PublicKey, algorithm: str) -> bytes:
    """A caller's signature in COSE form, after it was verified with the certificate's key.

    ECDSA may come as DER (what most key services and libraries give) or as r || s (what COSE wants, RFC 9053, 2.1);
    RSA is PSS with a salt as long as the hash (RFC 8230, 2). Raises InvalidSignature where it does not verify.
    """
    digest = _HASHES[algorithm]()
    if isinstance(key, ec.EllipticCurvePublicKey):
        size = (key.curve.key_size + 7) // 8
        der = _as_der(signature, size)
        key.verify(der, message, ec.ECDSA(digest))
        return b"".join(number.to_bytes(size, "big") for number in decode_dss_signature(der))
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, message, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
    else:
        key.verify(signature, message)
    return signature


def _as_der(signature: bytes, size: int) -> bytes:
    try:
        return encode_dss_signature(*decode_dss_signature(signature))
    except ValueError:
        if len(signature) != 2 * size:
            raise InvalidSignature("neither DER nor r || s") from None
        return encode_dss_signature(int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big"))
