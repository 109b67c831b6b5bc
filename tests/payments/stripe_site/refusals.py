"""Stripe's errors, in its words and shape."""

from typing import Any

DOCS = "https://stripe.com/docs/error-codes/"


class Refused(Exception):
    """Becomes Stripe's error body with this status."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        self.code = code
        error: dict[str, Any] = {"message": message, "type": kind, **more}
        if param is not None:
            error["param"] = param
        if code is not None:
            error |= {"code": code, "doc_url": DOCS + code.replace("_", "-")}
        self.body = {"error": error}


class Unspoken(Exception):
    """The real Stripe knows this, the double does not. Answered 501 and counted as a fault of the test."""


def missing(what: str, identity: str, *, param: str = "id", status: int = 404) -> Refused:
    """404 for an id in the path, 400 for one in a parameter."""
    return Refused(f"No such {what}: '{identity}'", status=status, code="resource_missing", param=param)


def required(param: str) -> Refused:
    return Refused(f"Missing required param: {param}.", code="parameter_missing", param=param)


def masked(key: str) -> str:
    """As Stripe shows a key in its errors: prefix and last four."""
    shown = 8 if key[2:3] == "_" else 0
    return key[:shown] + "*" * max(len(key) - shown - 4, 0) + key[-4:]
