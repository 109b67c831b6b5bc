"""Older versions of Channel, taken from the history of the checkout."""

import importlib.metadata
import re
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
STEPS = "channel/storage/migrations/versions"
LAST = ("log", "-1", "--first-parent", "-m", "--format=%H")  # a merge counts for what it brought
LINE = ("log", "--first-parent", "--format=%H")


class NoHistory(Exception):
    """This is no checkout with the whole history, so there are no older versions here."""


def oldest_of_this_schema() -> str:
    """The first commit that runs here and whose schema is the newest one: what may run beside the version at hand."""
    came = _git(*LAST, "--", STEPS)
    return _first_that_runs([came, *_git(*LINE, "--reverse", f"{came}..HEAD").split()])


def last_of_the_schema_before() -> str:
    """The last commit that runs here before the newest step of the schema came."""
    newest = max(path.name for path in (ROOT / STEPS).glob("[0-9]*.py"))
    came = _git(*LAST, "--diff-filter=A", "--", f"{STEPS}/{newest}")
    return _first_that_runs(_git(*LINE, f"{came}^").split())


def _first_that_runs(commits: list[str]) -> str:
    """A version that needs a package which was dropped since cannot be run with what is installed now."""
    for commit in commits:
        wanted = tomllib.loads(_git("show", f"{commit}:pyproject.toml"))["project"]["dependencies"]
        if all(_installed(re.split(r"[^\w.-]", one, maxsplit=1)[0]) for one in wanted):
            return commit
    raise NoHistory("All older versions need packages that are not installed.")


def _installed(package: str) -> bool:
    try:
        importlib.metadata.distribution(package)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def unpack(commit: str, folder: Path) -> Path:
    """The program as it was, for PYTHONPATH. Raises NoHistory."""
    folder.mkdir()
    packed = folder / "version.tar"
    _git("archive", "-o", str(packed), commit, "channel", "static")
    subprocess.run(["tar", "xf", packed.name], cwd=folder, check=True)
    packed.unlink()
    return folder


def _git(*arguments: str) -> str:
    """Raises NoHistory where git is missing, or has only the newest commit."""
    try:
        if _said("rev-parse", "--is-shallow-repository") != "false":
            raise NoHistory("This is a shallow clone.")
        if not (said := _said(*arguments)) and arguments[: len(LAST)] == LAST:
            raise NoHistory("The files of the schema are not in the history.")
    except (OSError, subprocess.CalledProcessError) as error:
        raise NoHistory(f"git cannot say: {error}") from error
    return said


def _said(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()
