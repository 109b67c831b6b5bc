"""A seeded bug is a unified diff whose first lines name the tests that must turn red.

    # breaks: tests/storage/test_database.py::test_a_newer_schema_is_refused
    # Why it is a bug, in a sentence.
    --- a/channel/storage/migrate.py
    …

A hunk is found by its text, not by its line number, so that changes elsewhere in the file leave it valid; its old text
must stand there exactly once.
"""

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
BREAKS = "# breaks: "


class DoesNotApply(Exception):
    """The code is no longer what the patch was made against."""


@dataclass(frozen=True, slots=True)
class Hunk:
    """One change of one file, with the unchanged lines around it."""

    path: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Mutant:
    """One patch file."""

    name: str
    breaks: tuple[str, ...]
    why: str
    hunks: tuple[Hunk, ...]

    @property
    def number(self) -> str:
        return self.name.partition("_")[0]

    def texts(self, tree: Path) -> dict[Path, str]:
        """The files below `tree` as the bug leaves them. Raises DoesNotApply."""
        changed: dict[Path, str] = {}
        for hunk in self.hunks:
            path = tree / hunk.path
            if path not in changed:
                if not path.is_file():
                    raise DoesNotApply(f"{hunk.path} is not there")
                changed[path] = path.read_text("utf-8")
            found = changed[path].count(hunk.old)
            if found != 1:
                first = next(line for line in hunk.old.splitlines() if line.strip())
                raise DoesNotApply(f"{hunk.path}: found {found} times: {first.strip()}")
            changed[path] = changed[path].replace(hunk.old, hunk.new)
        return changed


def read(path: Path) -> Mutant:
    """Parse one patch. Raises ValueError when it is none."""
    breaks: list[str] = []
    why: list[str] = []
    hunks: list[Hunk] = []
    target = ""
    for line in path.read_text("utf-8").splitlines(keepends=True):
        if line.startswith(BREAKS):
            breaks.append(line.removeprefix(BREAKS).strip())
        elif line.startswith("#"):
            why.append(line.removeprefix("#").strip())
        elif line.startswith("--- a/"):
            target = line.removeprefix("--- a/").strip()
        elif line.startswith("@@"):
            hunks.append(Hunk(target, "", ""))
        elif hunks and line[0] in " +-" and not line.startswith("+++ b/"):
            hunks[-1] = _with_line(hunks[-1], line)
    if not breaks or not hunks or not target:
        raise ValueError(f"{path.name}: a mutant names what it breaks and changes something")
    return Mutant(path.stem, tuple(breaks), " ".join(why), tuple(hunks))


def _with_line(hunk: Hunk, line: str) -> Hunk:
    sign, rest = line[0], line[1:]
    return Hunk(
        hunk.path,
        hunk.old + (rest if sign in " -" else ""),
        hunk.new + (rest if sign in " +" else ""),
    )


def every() -> list[Mutant]:
    """All mutants, by number."""
    return [read(path) for path in sorted(FOLDER.glob("[0-9]*.patch"))]
