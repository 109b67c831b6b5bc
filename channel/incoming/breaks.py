"""Where mail programs broke the lines of a text, and its writer did not. Pure, linear in its length.

A break in a comment is a break on the page: what Gmail breaks at the 76th character would stand there in two columns.
"""

import re
from typing import Final

BREAKS_AFTER: Final = 70  # characters: no mail program breaks sooner, the next word included
MOST_CHARS: Final = 80  # of a line that one broke
LEAST_CHARS: Final = 55
SIGNATURE: Final = "--"
_ENDS: Final = re.compile(r"""[.!?:;…"“”»«)\]*_`|]$""")
_BEGINS: Final = re.compile(r"""[^\W\d_]|[("„“»«]""")  # a word, and nothing that Markdown makes a list of
_MARKS: Final = re.compile(r">*")


def unflowed(text: str, *, delsp: bool) -> str:
    """A part that is `format=flowed` (RFC 3676) in lines as they were written. `delsp`: the space at the end of a line is
    not between words."""
    lines: list[str] = []
    depth, open_end = 0, False
    for raw in text.split("\n"):
        marks = len(_MARKS.match(raw)[0])  # type: ignore[index]  # it matches nothing, too
        line = raw[marks:].removeprefix(" ")
        signs = line.rstrip() == SIGNATURE
        if open_end and marks == depth and not signs:
            lines[-1] += line
        else:
            lines.append(("> " if marks else "") + line)
        depth, open_end = marks, line.endswith(" ") and not signs
        if open_end and delsp:
            lines[-1] = lines[-1][:-1]
    return "\n".join(lines)


def unbroken(text: str) -> str:
    """Lines joined that were broken because the next word did not fit, within a sentence.

    Where that cannot be told apart from a break that its writer made, it stays: at the end of a sentence, before what may
    be a list, behind lines that are shorter.
    """
    joined: list[str] = []
    before = ""  # as it stood in the mail
    for line in text.split("\n"):
        if _was_broken(before, line):
            joined[-1] += f" {line}"
        else:
            joined.append(line)
        before = line
    return "\n".join(joined)


def _was_broken(line: str, following: str) -> bool:
    if (
        not LEAST_CHARS <= len(line) <= MOST_CHARS
        or line.startswith((" ", "\t", "|", "#"))
        or _ENDS.search(line)
    ):
        return False
    word = following.partition(" ")[0]
    return bool(_BEGINS.match(following)) and len(line) + 1 + len(word) > BREAKS_AFTER
