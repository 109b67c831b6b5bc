"""Signed pictures, sounds and films, as a camera or a program makes them: with a chain of certificates of our own."""

import datetime
import io
import json
from dataclasses import dataclass
from functools import cache
from typing import Any

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SIGNER, ORGANIZATION = "Mara Brandt", "Werkstatt Brandt"
SOURCES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
TRAINED, COMPOSITE = SOURCES + "trainedAlgorithmicMedia", SOURCES + "compositeWithTrainedAlgorithmicMedia"
PEM = serialization.Encoding.PEM
DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Chain:
    """`chain`: the signer's certificate and that of the root; both and `key` as PEM."""

    root: str
    chain: bytes
    key: bytes


@cache
def chain(signer: str = SIGNER, organization: str = ORGANIZATION) -> Chain:
    """Good for a year, of an authority that nobody knows."""
    now = datetime.datetime.now(datetime.UTC)
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    above, name = _name("Test Root", "Test Authority"), _name(signer, organization)
    root = _begun(above, above, root_key.public_key(), now, ca=True).sign(root_key, hashes.SHA256())
    leaf = _begun(name, above, key.public_key(), now, ca=False)
    leaf = leaf.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
    known = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())
    signed = leaf.add_extension(known, critical=False).sign(root_key, hashes.SHA256())
    private = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    top = root.public_bytes(PEM)
    return Chain(top.decode(), signed.public_bytes(PEM) + top, private)


def _name(person: str, organization: str) -> x509.Name:
    parts = [(NameOID.COUNTRY_NAME, "DE"), (NameOID.ORGANIZATION_NAME, organization), (NameOID.COMMON_NAME, person)]  # fmt: skip
    return x509.Name([x509.NameAttribute(*part) for part in parts])


def _begun(name: x509.Name, above: x509.Name, key: Any, now: datetime.datetime, *, ca: bool) -> Any:
    uses = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
            "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")  # fmt: skip
    given = {"key_cert_sign", "crl_sign"} if ca else {"digital_signature"}
    begun = x509.CertificateBuilder().subject_name(name).issuer_name(above).public_key(key)
    begun = begun.serial_number(x509.random_serial_number())
    begun = begun.not_valid_before(now - DAY).not_valid_after(now + 365 * DAY)
    begun = begun.add_extension(x509.BasicConstraints(ca, None), critical=True)
    begun = begun.add_extension(x509.KeyUsage(**{use: use in given for use in uses}), critical=True)
    return begun.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)


def action(name: str, **more: Any) -> dict[str, Any]:
    return {"action": f"c2pa.{name}", **more}


PAINTED = (
    action("created", digitalSourceType=TRAINED, softwareAgent={"name": "Painter", "version": "2"},
           when="2026-01-02T03:04:05Z"),
    action("color_adjustments", softwareAgent={"name": "Darkroom"}),
)  # fmt: skip
CAMERA = (action("created", digitalSourceType=SOURCES + "digitalCapture"),)


def signed(
    content: bytes,
    type_: str = "image/jpeg",
    *,
    actions: Any = PAINTED,
    parent: bytes = b"",
    part: bytes = b"",
    remote: str = "",
    by: Chain | None = None,
    thumbnail: bytes = b"",
    made_with: str = "Test Camera",
) -> tuple[bytes, bytes]:
    """(the file with its credentials, these alone). `parent`: what it was made of; `part`: what is in it.

    `remote`: they lie there and not in the file. `thumbnail`: of any size.
    """
    by = by or chain()
    says = [{"label": "c2pa.actions.v2", "data": {"actions": [*actions]}}]
    manifest: dict[str, Any] = {
        "claim_generator_info": [{"name": made_with, "version": "1.0"}], "assertions": says,
    }  # fmt: skip
    if thumbnail:
        manifest["thumbnail"] = {"format": "image/jpeg", "identifier": "small"}
    info = c2pa.C2paSignerInfo(alg=b"es256", sign_cert=by.chain, private_key=by.key, ta_url=None)
    context = c2pa.Context.from_dict({"verify": {"verify_after_sign": False, "remote_manifest_fetch": False}})
    builder = c2pa.Builder(json.dumps(manifest), context)
    if thumbnail:
        builder.add_resource("small", io.BytesIO(thumbnail))
    if remote:
        builder.set_no_embed()
        builder.set_remote_url(remote)
    for file, relation in ((parent, "parentOf"), (part, "componentOf")):
        if file:
            told = json.dumps({"title": relation, "relationship": relation, "instance_id": relation})
            builder.add_ingredient_from_stream(told, type_, io.BytesIO(file))
    out = io.BytesIO()
    store = builder.sign(c2pa.Signer.from_info(info), type_, io.BytesIO(content), out)
    return out.getvalue(), bytes(store)
