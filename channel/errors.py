"""The ways a request can fail that are not bugs. Raised in the domain, mapped to a transport once.

Their text is shown to people, so it must be safe to show and say what to do. Anything else that escapes is a bug.
"""

from typing import ClassVar


class ChannelError(Exception):
    """Root of all expected failures. `code` is stable and part of the public contract."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "error"

    def __init__(self, detail: str, *, code: str | None = None, **facts: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.facts = facts
        if code is not None:
            self.code = code  # type: ignore[misc]


class NotFound(ChannelError):
    """Does not exist, or the caller may not know that it exists."""

    status = 404
    code = "not_found"

    def __init__(
        self, detail: str = "There is nothing here.", *, code: str | None = None, **facts: object
    ) -> None:
        super().__init__(detail, code=code, **facts)


class Unauthorized(ChannelError):
    """No credentials, or none that are still good."""

    status = 401
    code = "unauthorized"

    def __init__(self, detail: str = "Sign in first.", *, code: str | None = None, **facts: object) -> None:
        super().__init__(detail, code=code, **facts)


class Forbidden(ChannelError):
    """Known to the caller, but beyond their rights."""

    status = 403
    code = "forbidden"


class Conflict(ChannelError):
    """The world moved on: taken, already done, not in this state."""

    status = 409
    code = "conflict"


class Gone(ChannelError):
    """Was here and will not come back (a used up invite)."""

    status = 410
    code = "gone"


class Invalid(ChannelError):
    """Input that cannot be accepted. One sentence per field, each naming the remedy.

    `Invalid(text="Write something first.")`; a field name with a dot or clash goes through `fields=`.
    """

    status = 422
    code = "invalid"

    def __init__(self, fields: dict[str, str] | None = None, **more: str) -> None:
        self.fields: dict[str, str] = {**(fields or {}), **more}
        super().__init__(next(iter(self.fields.values()), "Something in the input is not right."))


class UnknownHost(ChannelError):
    """Asked by a host name that this server does not answer for."""

    status = 400
    code = "unknown_host"


class TooMany(ChannelError):
    """A limit on how often. `retry_after_s` seconds from now it may work again."""

    status = 429
    code = "too_many"

    def __init__(self, detail: str, *, retry_after_s: int, code: str | None = None) -> None:
        super().__init__(detail, code=code)
        self.retry_after_s = max(1, retry_after_s)


class Unavailable(ChannelError):
    """Not now: the database is gone, the server drains. Nothing was acknowledged."""

    status = 503
    code = "unavailable"

    def __init__(self, detail: str, *, retry_after_s: int = 5) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class TooSlow(Unavailable):
    """It took longer than what it may take (Tx.within)."""

    code = "too_slow"


class DiskFull(Unavailable):
    """The disk has no room for another write. Reading goes on; writing returns by itself once there is room."""

    status = 507
    code = "disk_full"
