"""`python -m tests.security`: the access matrix, made from the route table. `--write` accepts it as it is now."""

import sys
import tempfile
from pathlib import Path

from channel.app import build
from channel.settings import Settings
from tests.security.table import doors, who_may
from tests.security.test_policies import TABLE


def main() -> None:
    """Print the table, or write it down."""
    with tempfile.TemporaryDirectory() as folder:
        found = doors(build(Settings(data=Path(folder))))
    if "--write" in sys.argv:
        TABLE.write_text("".join(f"{door.line()}\n" for door in found), "utf-8")
        return
    print("| way in | who may | a token needs |\n|---|---|---|")
    for door in found:
        print(f"| `{door.name}` | {who_may(door.policy)} | {door.policy.scope} |")


if __name__ == "__main__":
    main()
