"""Addresses of a bucket that are good for minutes: AWS Signature Version 4 in the query, with the answer's headers in it.

Whoever changes a header, the object or the end of it has an address that the store refuses. Pure.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote, urlsplit

from channel.bucket import Bucket

LIFE_S: Final = 300
# The same address for so long: a browser that asks twice finds the first answer in its cache.
STEP_S: Final = 60
_ALGORITHM: Final = "AWS4-HMAC-SHA256"


def presigned(bucket: Bucket, path: str, answer: Mapping[str, str], now_ms: int) -> str:
    """GET `path` of the bucket within 4 to 5 minutes. `answer`: response-content-type and the like."""
    at = datetime.fromtimestamp(now_ms // 1000 // STEP_S * STEP_S, UTC)
    stamp, day = at.strftime("%Y%m%dT%H%M%SZ"), at.strftime("%Y%m%d")
    scope = f"{day}/{bucket.region}/s3/aws4_request"
    base = urlsplit(f"{bucket.address}/{path}")
    asked = dict(answer) | {
        "X-Amz-Algorithm": _ALGORITHM,
        "X-Amz-Credential": f"{bucket.key_id}/{scope}",
        "X-Amz-Date": stamp,
        "X-Amz-Expires": str(LIFE_S),
        "X-Amz-SignedHeaders": "host",
    }
    query = "&".join(sorted(f"{_coded(name)}={_coded(value)}" for name, value in asked.items()))
    request = "\n".join(
        ("GET", quote(base.path, safe="/-._~"), query, f"host:{base.netloc}\n", "host", "UNSIGNED-PAYLOAD")
    )
    digest = hashlib.sha256(request.encode()).hexdigest()
    signature = _sign(_key(bucket, day), "\n".join((_ALGORITHM, stamp, scope, digest))).hex()
    return (
        f"{base.scheme}://{base.netloc}{quote(base.path, safe='/-._~')}?{query}&X-Amz-Signature={signature}"
    )


def _coded(text: str) -> str:
    return quote(text, safe="-._~")


def _key(bucket: Bucket, day: str) -> bytes:
    key = _sign(f"AWS4{bucket.secret}".encode(), day)
    for part in (bucket.region, "s3", "aws4_request"):
        key = _sign(key, part)
    return key


def _sign(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
