"""`python -I launch.py ORDER PROGRAM ARGUMENT…`: give up rights as ORDER (JSON) says, then become the program."""

import importlib
import json
import os
import sys
from pathlib import Path
from types import ModuleType

ABOVE = ("channel", "channel.media", "channel.media.children")


def main() -> None:
    folder = Path(__file__).resolve().parents[2]
    for name in ABOVE:  # names only: see pictures/child.py
        module = ModuleType(name)
        module.__path__ = [str(folder.joinpath(*name.split(".")[1:]))]
        sys.modules[name] = module
    confine = importlib.import_module("channel.media.children.confine")
    landlock = importlib.import_module("channel.media.children.landlock")
    order = json.loads(sys.argv[1])
    confine.confine(confine.Limits(**order["limits"]))
    landlock.close_files(order["readable"], order["writable"])
    os.execv(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    main()
