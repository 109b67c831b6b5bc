"""Codes that people type from a card or a bank form. Pure.

Crockford's base 32 without letters that look alike; case, spaces and hyphens do not matter.
"""

import secrets
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
GIFT_CHARS: Final = 26  # 130 bit
REFERENCE_CHARS: Final = 8  # found among the open dues of one community, so it need not be unguessable
_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V", "-": None, " ": None})


def new_code(chars: int = GIFT_CHARS) -> str:
    """An unguessable code, without its hyphens."""
    return "".join(secrets.choice(ALPHABET) for _ in range(chars))


def parse_code(typed: str) -> str:
    """The code as it is stored, whatever way it was written down."""
    written = typed.upper().translate(_ALIKE)[:100]
    return "".join(char for char in written if char in ALPHABET)


def shown(code: str, group: int = 5) -> str:
    """The code in groups, as it is printed."""
    return "-".join(code[at : at + group] for at in range(0, len(code), group))
