"""A bucket of an S3 store: what an operator says of it, and the addresses that follow from that. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_NAME = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])((?:/[A-Za-z0-9._-]+)*)/?")
_ENDPOINT = re.compile(r"https?://(?:[A-Za-z0-9.-]+|\[[0-9a-f:]+\])(?::[0-9]{1,5})?(?:/[A-Za-z0-9._/-]*)?")
_REGION = re.compile(r"[a-z0-9-]{1,40}")
_PARTS = ("s3_endpoint", "s3_region", "s3_key_id", "s3_secret")
DEFAULT_REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where objects lie. `folder` in it without slashes at its ends, or ""; `endpoint` "" is that of AWS."""

    name: str
    folder: str
    endpoint: str
    region: str
    key_id: str = field(repr=False)
    secret: str = field(repr=False)

    @classmethod
    def parse(cls, raw: Mapping[str, str], problems: list[str]) -> "Bucket | None":
        """Of the settings, checked together. Adds a sentence to `problems` for each fault."""
        given = {name: raw[name].strip() for name in _PARTS if raw.get(name, "").strip()}
        value = raw.get("storage", "").strip()
        if not value:
            problems += [
                f"{_variable(name)}: it belongs to a bucket. Set CHANNEL_STORAGE=s3://BUCKET, or remove the setting."
                for name in given
            ]
            return None
        found = _NAME.fullmatch(value)
        if found is None or ".." in value:
            problems.append(
                f"CHANNEL_STORAGE: {value!r} is no bucket. Write it like s3://my-bucket or s3://my-bucket/folder."
            )
            return None
        endpoint, region = given.get("s3_endpoint", ""), given.get("s3_region", DEFAULT_REGION)
        if endpoint and not _ENDPOINT.fullmatch(endpoint):
            problems.append(
                f"CHANNEL_S3_ENDPOINT: {endpoint!r} is no address. Write it like https://s3.example.org."
            )
        if not _REGION.fullmatch(region):
            problems.append(f"CHANNEL_S3_REGION: {region!r} is no region. Write it like eu-central-1.")
        problems += [
            f"{_variable(name)}: the bucket needs it. Set it, or {_variable(name)}_FILE to a file that holds it."
            for name in ("s3_key_id", "s3_secret")
            if name not in given
        ]
        keys = given.get("s3_key_id", ""), given.get("s3_secret", "")
        return cls(found[1], found[2].strip("/"), endpoint.rstrip("/"), region, *keys)

    @property
    def address(self) -> str:
        """Base of the addresses of its objects, without a slash at the end."""
        if self.endpoint:
            return f"{self.endpoint}/{self.name}"
        if "." in self.name:  # no certificate fits one label more
            return f"https://s3.{self.region}.amazonaws.com/{self.name}"
        return f"https://{self.name}.s3.{self.region}.amazonaws.com"

    @property
    def origin(self) -> str:
        """As a Content-Security-Policy names it."""
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc}"


def _variable(name: str) -> str:
    return f"CHANNEL_{name.upper()}"
