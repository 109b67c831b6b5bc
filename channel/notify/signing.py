"""Signs what leaves as mail (DKIM: RFC 6376 and 8463) for the domain of its sender, so that receivers know whose it is.

What is signed and how that is spelt is dkimpy's, the arithmetic is ours: dkimpy's own RSA reckons with Python's integers,
and meanwhile nobody else on this server gets anything; its Ed25519 needs a second library of cryptography.
"""

import base64
import hashlib
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from channel.errors import Unavailable
from channel.settings import NO_DKIM
from channel.values import Dkim

Kind = Literal["rsa", "ed25519"]
FEWEST_BITS: Final = 2048  # RFC 8301
MOST_BITS: Final = 4096
# Signed where they are there; and once more, so that nobody adds a second one below our signature.
SIGNED: Final = (
    b"from", b"to", b"subject", b"date", b"message-id", b"reply-to", b"list-id", b"list-unsubscribe",
    b"list-unsubscribe-post", b"mime-version", b"content-type",
)  # fmt: skip
STRING_CHARS: Final = 255  # of which a TXT record is made


class Key(Protocol):
    """What signs a digest of SHA-256. `kind` is the name of RFC 6376 for it."""

    kind: Kind

    def sign(self, digest: bytes) -> "Signature": ...

    def public(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Signature:
    """As dkimpy takes it from a key."""

    signature: bytes


class _Rsa:
    kind: Kind = "rsa"

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        self._key = key

    def sign(self, digest: bytes) -> Signature:
        return Signature(self._key.sign(digest, padding.PKCS1v15(), utils.Prehashed(hashes.SHA256())))

    def public(self) -> bytes:
        return self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )


class _Ed25519:
    kind: Kind = "ed25519"

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    def sign(self, digest: bytes) -> Signature:
        return Signature(self._key.sign(digest))

    def public(self) -> bytes:
        return self._key.public_key().public_bytes_raw()


class Signer:
    """Puts a signature before the words of a letter. `clock`: epoch ms."""

    def __init__(self, given: Dkim, key: Key, clock: Callable[[], int]) -> None:
        self._domain = given.domain.encode()
        self._selector = given.selector.encode()
        self._key = key
        self._clock = clock
        self._dkim: Any = _library()

    @classmethod
    def load(cls, given: Dkim, clock: Callable[[], int]) -> "Signer":
        """Raises Unavailable with the setting and what to do, when the library or a usable key is missing."""
        return cls(given, load_key(given.key), clock)

    @property
    def algorithm(self) -> str:
        return f"{self._key.kind}-sha256"

    def __call__(self, words: bytes) -> bytes:
        """The letter with its signature. It has lines of ASCII that end with CRLF, as it is handed over: a relay that
        has to recode it breaks what is signed."""
        letter = self._dkim.DKIM(words)
        letter.hasher = hashlib.sha256
        # The one of dkimpy's ways that asks the key itself, whatever it is; which it is, `a` says.
        letter.signature_algorithm = b"ed25519-sha256"
        policy = self._dkim.CanonicalizationPolicy.from_c_value(b"relaxed/relaxed")
        there = {name.lower() for name, _ in letter.headers}
        names = [name for name in SIGNED if name in there for _ in (1, 2)]
        body = hashlib.sha256(policy.canonicalize_body(letter.body)).digest()
        fields = [
            (b"v", b"1"),
            (b"a", self.algorithm.encode()),
            (b"c", b"relaxed/relaxed"),
            (b"d", self._domain),
            (b"s", self._selector),
            (b"t", str(self._clock() // 1000).encode()),
            (b"h", b" : ".join(names)),
            (b"bh", base64.b64encode(body)),
            (b"b", b"0" * 60),  # dkimpy puts it on a line of its own
        ]
        made: bytes = letter.gen_header(fields, names, policy, b"DKIM-Signature", self._key)
        return b"DKIM-Signature: " + made + words


def _library() -> Any:
    try:
        import dkim  # the extra [dkim]
    except ImportError as error:
        raise Unavailable(NO_DKIM) from error
    return dkim


def load_key(path: Path) -> Key:
    """Raises Unavailable when there is none, or none that receivers would believe."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Unavailable(
            f"CHANNEL_DKIM_KEY: {path} cannot be read ({error.strerror}). Check the path and its rights, or make a key "
            "with: channel mail dkim FILE"
        ) from error
    try:
        key = serialization.load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:  # TypeError: closed with a password
        raise Unavailable(
            f"CHANNEL_DKIM_KEY: {path} holds no private key (PEM, without a password). Make one with: channel mail dkim FILE"
        ) from error
    if isinstance(key, Ed25519PrivateKey):
        return _Ed25519(key)
    if isinstance(key, rsa.RSAPrivateKey) and FEWEST_BITS <= key.key_size <= MOST_BITS:
        return _Rsa(key)
    raise Unavailable(
        f"CHANNEL_DKIM_KEY: the key in {path} is neither RSA of {FEWEST_BITS} to {MOST_BITS} bits nor Ed25519. "
        "Make one with: channel mail dkim FILE"
    )


def seen_by_others(path: Path) -> bool:
    """Whether anybody but its owner may read the key."""
    return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


def make_key(path: Path, kind: Kind) -> None:
    """Write a new key for this user alone (mode 0600). Raises Unavailable; what is there stays."""
    made = (
        Ed25519PrivateKey.generate() if kind == "ed25519" else rsa.generate_private_key(65_537, FEWEST_BITS)
    )
    content = made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as writer:
            writer.write(content)
            writer.flush()
            os.fsync(writer.fileno())
    except OSError as error:
        raise Unavailable(f"{path} cannot be written ({error.strerror}). Choose another place.") from error


def record(key: Key) -> str:
    """What the DNS says under SELECTOR._domainkey.DOMAIN, as one text."""
    return f"v=DKIM1; k={key.kind}; p={base64.b64encode(key.public()).decode()}"


def in_zone_file(text: str) -> str:
    """A TXT record is made of strings of at most 255 characters, which receivers join."""
    pieces = [text[start : start + STRING_CHARS] for start in range(0, len(text), STRING_CHARS)]
    return " ".join(f'"{piece}"' for piece in pieces)
