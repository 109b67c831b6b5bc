"""What the server starts to read the credentials of one file: `python -I …/credentials/child.py`.

The packages above are entered as names only: see pictures/child.py.
"""

import importlib
import sys
from pathlib import Path
from types import ModuleType

ABOVE = ("channel", "channel.media", "channel.media.children", "channel.media.credentials")


def main() -> None:
    folder = Path(__file__).resolve().parents[2]
    for name in ABOVE:
        if name not in sys.modules:
            module = ModuleType(name)
            module.__path__ = [str(folder.joinpath(*name.split(".")[1:]))]
            sys.modules[name] = module
    importlib.import_module("channel.media.credentials.work").main()


if __name__ == "__main__":
    main()
