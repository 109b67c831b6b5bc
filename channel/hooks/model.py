"""What a hook is, which events there are to hear of, and when a message is tried again. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from channel.accounts.model import clean_line
from channel.errors import Invalid
from channel.hooks.kinds import KINDS

# webhook: events, signed, for a program. The others are mirrors: posts as everybody may read them.
Kind = Literal["webhook", "telegram", "discord", "mastodon", "generic"]
KIND_WORDS: Final[tuple[Kind, ...]] = get_args(Kind)
MIRRORS: Final[tuple[Kind, ...]] = KIND_WORDS[1:]
SIGNED: Final[tuple[Kind, ...]] = ("webhook", "generic")
Content = Literal["full", "teaser"]
CONTENTS: Final[tuple[Content, ...]] = get_args(Content)
State = Literal["active", "paused", "stopped"]
Sent = Literal["waiting", "sent", "failed", "cancelled"]

MAX_HOOKS: Final = 20  # of one community
MAX_INCOMING: Final = 20
MAX_NAME_CHARS: Final = 60
MAX_KINDS: Final = 60
AT_ONCE: Final = 1_000  # messages that are sent again by one click
DAY_MS: Final = 24 * 3600 * 1000
OVERLAP_MS: Final = DAY_MS  # for so long both secrets sign, the new one and the one before
# Waits after the first try, the second one and so on, as Standard Webhooks proposes: three days and a bit in all.
SCHEDULE_S: Final = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
MAX_TRIES: Final = len(SCHEDULE_S) + 1
LONGEST_WAIT_S: Final = 86_400  # whatever a receiver asks for
KEPT_MS: Final = 14 * DAY_MS
TEST: Final = "hook.test"
TAKE_BACK: Final = "mirror.delete"  # of a mirror: what it shows there is open to everybody no more
LOOK_AGAIN: Final = "post.edited"  # what makes a mirror look at a post as it is now
# What a mirror hears of.
MIRRORED: Final = ("post.published", "post.edited", "post.opened", "post.deleted")


@dataclass(frozen=True, slots=True)
class Target:
    """Where it goes: an address, and what the other side wants besides. Kept encrypted as a whole.

    `url`: of the receiver, of Discord's webhook, or of the Mastodon server. `token`: of the Telegram bot or of the
    Mastodon application. `chat`: the Telegram channel.
    """

    url: str = ""
    token: str = ""
    chat: str = ""


@dataclass(frozen=True, slots=True)
class Hook:
    """A hook as its makers see it. `where`: the host it goes to, which is all that is shown of the target.

    `secret`: of a signed one, None where it was sealed with another key. `problem`: of the last try, or why it was
    stopped; empty when all is well.
    """

    id: str
    community_id: str
    owner_id: str
    kind: Kind
    name: str
    where: str
    kinds: tuple[str, ...]
    room_id: str | None
    content: Content
    invite_id: str | None
    state: State
    problem: str
    failing_since: int | None
    success_at: int | None
    old_until: int | None
    created_at: int

    @property
    def mirrors(self) -> bool:
        return self.kind in MIRRORS

    def hears(self, kind: str, room_id: str | None) -> bool:
        """Whether it wants to be told of this. `room_id` None: of no room."""
        if self.room_id is not None and self.room_id != room_id:
            return False
        return any(one in ("*", kind) or one == f"{kind.partition('.')[0]}.*" for one in self.kinds)


@dataclass(frozen=True, slots=True)
class Try:
    """One attempt: when, which status was answered (0: nobody answered), and how long it took."""

    at: int
    status: int
    ms: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message for one hook. `id` is its webhook-id, the same at every try."""

    id: str
    hook_id: str
    kind: str
    state: Sent
    status: int | None
    problem: str
    tries: int
    due_at: int
    created_at: int
    settled_at: int | None
    log: tuple[Try, ...]


@dataclass(frozen=True, slots=True)
class Incoming:
    """An address that posts to a room come in by. `bot_id` is the account under whose name they stand.

    `secret` None: it was sealed with another key, or is not told to whoever asked.
    """

    id: str
    community_id: str
    room_id: str
    bot_id: str
    owner_id: str
    name: str
    state: Literal["active", "revoked"]
    posts: int
    used_at: int | None
    created_at: int
    secret: str | None = None


def parse_name(text: str) -> str:
    """A name for oneself and one's team. Raises Invalid (name)."""
    name = clean_line(text, "name")
    if not name or len(name) > MAX_NAME_CHARS:
        raise Invalid(name="Give it a name of at most 60 characters.")
    return name


def parse_kinds(given: Sequence[str]) -> tuple[str, ...]:
    """Kinds of events, groups of them (`post.*`), or all (`*`). Raises Invalid (kinds) naming the first unknown one."""
    wanted = tuple(dict.fromkeys(given))
    groups = {f"{kind.partition('.')[0]}.*" for kind in KINDS}
    for one in wanted:
        if one != "*" and one not in KINDS and one not in groups:
            raise Invalid(
                kinds=f"There is no event {one[:40]!r}. See the table of events in the documentation."
            )
    if not wanted:
        raise Invalid(kinds="Choose at least one kind of event.")
    if len(wanted) > MAX_KINDS:
        raise Invalid(kinds="Choose at most 60 kinds of events, or all of them.")
    return wanted


def wait_ms(tries: int, spread: float, asked_s: int | None = None) -> int | None:
    """How long after try number `tries` (from 1) the next one comes; None: there is none.

    `spread` of 0 to 1 makes it up to a tenth longer, so that not all come at once. `asked_s`: what the receiver asked
    for (Retry-After), which counts when it is more.
    """
    if tries > len(SCHEDULE_S):
        return None
    wait_s = SCHEDULE_S[tries - 1] * (1 + spread / 10)
    return int(1000 * max(wait_s, min(asked_s or 0, LONGEST_WAIT_S)))
