"""What content credentials say, as far as we tell it: strangers' words, cut short, without what cannot be seen. Pure."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

import msgspec

# valid: signed by somebody on the list of known signers; untrusted: signed by somebody else. invalid: broken, or made for
# another file. elsewhere: the file names an address, which we do not ask. not_checked: nobody could look.
State = Literal["valid", "untrusted", "invalid", "elsewhere", "none", "not_checked"]
Use = Literal["none", "assisted", "generated"]  # of AI, in the words of posts
STATES: Final[tuple[State, ...]] = get_args(State)
NOT_CHECKED: Final[State] = "not_checked"
SHOWN: Final = frozenset({"valid", "untrusted", "invalid", "elsewhere"})

MAX_WORD_CHARS = 120
MAX_STEPS = 40
MAX_TIME_MS = 253_402_300_799_000  # the end of the year 9999
MAX_STORE_BYTES = 8 * 1024 * 1024  # of the credentials themselves; larger ones are told of, and not kept

Word = str


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done. `action` and `source` are words of the standard; `at`: epoch ms, as the file says."""

    action: Word
    agent: Word = ""
    source: Word = ""
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Credentials:
    """`signer` and `organization`: whom the certificate names. `signed_at`: epoch ms, where a time stamp says it.

    `steps`: oldest first, at most MAX_STEPS. `ingredients`: how many other files are in it. What is invalid names nobody.
    """

    state: State
    ai: Use = "none"
    signer: Word = ""
    organization: Word = ""
    signed_at: int | None = None
    made_with: Word = ""
    steps: Sequence[Step] = field(default=())
    ingredients: int = 0


def encoded(found: Credentials) -> str:
    """As it is stored."""
    return msgspec.json.encode(found).decode()


def decoded(text: str | bytes) -> Credentials:
    """What was stored, or what a child said, which has handled a stranger's bytes. Raises ValueError.

    Whatever it says, the answer is short, plain text.
    """
    return cleaned(msgspec.json.decode(text, type=Credentials))


def cleaned(one: Credentials) -> Credentials:
    """The same in short, visible words; of what is invalid only how AI was used, for nobody has signed that."""
    if one.state not in ("valid", "untrusted"):
        return Credentials(one.state, one.ai if one.state == "invalid" else "none")
    return Credentials(
        one.state,
        one.ai,
        plain(one.signer),
        plain(one.organization),
        moment(one.signed_at),
        plain(one.made_with),
        tuple(_step(step) for step in one.steps[:MAX_STEPS]),
        max(0, min(one.ingredients, 9_999)),
    )


def _step(one: Step) -> Step:
    return Step(plain(one.action), plain(one.agent), plain(one.source), moment(one.at))


def moment(at: int | None) -> int | None:
    """None for what is no time of ours."""
    return at if at is not None and 0 <= at <= MAX_TIME_MS else None


def plain(text: Any) -> str:
    """One line of at most 120 characters, without control and formatting characters; "" for what is no text."""
    if not isinstance(text, str):
        return ""
    seen = "".join(" " if char.isspace() else char for char in text[: 8 * MAX_WORD_CHARS] if _visible(char))
    line = " ".join(seen.split())
    return line if len(line) <= MAX_WORD_CHARS else line[: MAX_WORD_CHARS - 1] + "…"


def _visible(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
