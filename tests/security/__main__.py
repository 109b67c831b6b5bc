"""`python -m tests.security`: the access matrix, made from the route table.

`--roles` prints who may do what in a community; `--write` accepts both as they are now, into policies.txt and the docs.
"""

import sys
import tempfile
from pathlib import Path

from channel.app import build
from channel.settings import Settings
from tests.security.table import DOCS, TABLE, doors, roles_table, who_may, with_roles


def main() -> None:
    """Print a table, or write them down."""
    with tempfile.TemporaryDirectory() as folder:
        found = doors(build(Settings(data=Path(folder))))
    if "--write" in sys.argv:
        TABLE.write_text("".join(f"{door.line()}\n" for door in found), "utf-8")
        DOCS.write_text(with_roles(DOCS.read_text("utf-8")), "utf-8")
        return
    if "--roles" in sys.argv:
        print(roles_table())
        return
    print("| way in | who may | a token needs |\n|---|---|---|")
    for door in found:
        print(f"| `{door.name}` | {who_may(door.policy)} | {door.policy.scope if door.api else '–'} |")


if __name__ == "__main__":
    main()
