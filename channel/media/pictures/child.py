"""What the server starts for a picture: `python -I …/pictures/child.py`, or `python -m channel.media.pictures.child`.

The packages above are entered as names only: their doors would bring the database and more, which takes longer than
preparing the photo.
"""

import importlib
import sys
from pathlib import Path
from types import ModuleType

ABOVE = ("channel", "channel.media", "channel.media.children", "channel.media.pictures")


def main() -> None:
    folder = Path(__file__).resolve().parents[2]
    for name in ABOVE:
        if name not in sys.modules:
            module = ModuleType(name)
            module.__path__ = [str(folder.joinpath(*name.split(".")[1:]))]
            sys.modules[name] = module
    importlib.import_module("channel.media.pictures.work").main()


if __name__ == "__main__":
    main()
