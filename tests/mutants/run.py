"""`make mutants`: plant each bug in a copy of the tree and see whether the tests that should notice it do.

    python tests/mutants/run.py [--only NN …]

First all named tests run on the copy as it is: a test that is red anyway catches nothing. Then, for each mutant, the
tests it names run alone, and each of them has to fail.
"""

import argparse
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.mutants.patches import DoesNotApply, Mutant, every  # noqa: E402

LONGEST_S = 180
CRASH_POINTS = "20"  # of the power-loss test: a mutant loses at nearly every one of them
NOT_COPIED = {".git", ".venv", "data", "node_modules", "screenshots", "__pycache__"}
NOT_GREEN = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One line of the table. `word`: caught, SURVIVED, HUNG, BROKEN or does not apply."""

    mutant: Mutant
    word: str
    took_s: float
    detail: str = ""

    @property
    def good(self) -> bool:
        return self.word == "caught"


@dataclass(frozen=True, slots=True)
class Run:
    """What a pytest run said: the tests that were not green. `code` None: it did not end."""

    code: int | None
    red: tuple[str, ...]
    said: str

    def is_red(self, test: str) -> bool:
        return any(one == test or one.startswith(f"{test}[") for one in self.red)


def files() -> Iterator[Path]:
    """What belongs to the project, below ROOT."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        told = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    except (OSError, subprocess.CalledProcessError):
        for folder, folders, names in os.walk(ROOT):
            folders[:] = [name for name in folders if name not in NOT_COPIED]
            yield from ((Path(folder) / name).relative_to(ROOT) for name in names)
        return
    yield from (Path(name) for name in told.split("\0") if name)


def copy_tree(tree: Path) -> None:
    for path in files():
        if (ROOT / path).is_file():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, tree / path)


def forget_bytecode(path: Path) -> None:
    """Python trusts the time and size of a source; two versions of one second and one length look the same."""
    Path(importlib.util.cache_from_source(str(path))).unlink(missing_ok=True)


@contextmanager
def planted(mutant: Mutant, tree: Path) -> Iterator[None]:
    """The tree with the bug in it. Raises DoesNotApply."""
    texts = mutant.texts(tree)
    before = {path: path.read_text("utf-8") for path in texts}
    try:
        for path, text in texts.items():
            path.write_text(text, "utf-8")
            forget_bytecode(path)
        yield
    finally:
        for path, text in before.items():
            path.write_text(text, "utf-8")
            forget_bytecode(path)


def pytest_run(tree: Path, tests: Sequence[str], longest_s: float) -> Run:
    """Run these tests in `tree`, and nothing of the checkout."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CHANNEL_")}
    environment = {**clean, "PYTHONPATH": str(tree), "CHANNEL_CRASH_POINTS": CRASH_POINTS}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--tb=line", "-rfE", *tests]
    process = subprocess.Popen(
        command, cwd=tree, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip
    try:
        said, _ = process.communicate(timeout=longest_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        said, _ = process.communicate()
        return Run(None, (), said)
    return Run(process.returncode, tuple(NOT_GREEN.findall(said)), said)


def judge(mutant: Mutant, tree: Path) -> Outcome:
    started_s = time.monotonic()

    def outcome(word: str, detail: str = "") -> Outcome:
        return Outcome(mutant, word, time.monotonic() - started_s, detail)

    try:
        with planted(mutant, tree):
            run = pytest_run(tree, mutant.breaks, LONGEST_S)
    except DoesNotApply as why:
        return outcome("does not apply", str(why))
    if run.code is None:
        return outcome("HUNG", f"no end within {LONGEST_S} s")
    if run.code not in (0, 1):  # nothing was tested: a missing test, or a bug that cannot even be imported
        return outcome("BROKEN", run.said.strip()[-400:])
    green = [test for test in mutant.breaks if not run.is_red(test)]
    return outcome("SURVIVED", f"green: {', '.join(green)}") if green else outcome("caught")


def red_already(mutants: Sequence[Mutant], tree: Path) -> str:
    """What is wrong with the named tests before any bug is planted; empty when they are all green."""
    tests = sorted({test for mutant in mutants for test in mutant.breaks})
    run = pytest_run(tree, tests, LONGEST_S * 3)
    if run.code == 0:
        return ""
    return "\n".join(run.red) or run.said.strip()[-1000:]


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="run.py", description="Each bug planted on purpose must turn a test red."
    )
    parser.add_argument(
        "--only", action="append", default=[], metavar="NN", help="this number; may be repeated"
    )
    return parser.parse_args()


def main() -> int:
    only = {number.zfill(2) for number in parsed().only}
    mutants = [mutant for mutant in every() if not only or mutant.number in only]
    if not mutants:
        print(f"there is no mutant {', '.join(sorted(only))}")
        return 1
    with tempfile.TemporaryDirectory(prefix="channel-mutants-") as folder:
        tree = Path(folder)
        copy_tree(tree)
        if problem := red_already(mutants, tree):
            print(f"These tests are red without any bug planted, so they can prove nothing:\n{problem}")
            return 1
        outcomes = [show(judge(mutant, tree)) for mutant in mutants]
    caught = sum(outcome.good for outcome in outcomes)
    print(f"{caught} of {len(outcomes)} caught in {sum(outcome.took_s for outcome in outcomes):.0f} s")
    return 0 if caught == len(outcomes) else 1


def show(outcome: Outcome) -> Outcome:
    print(f"{outcome.word:<14}  {outcome.took_s:5.1f} s  {outcome.mutant.name}", flush=True)
    if not outcome.good:
        print(f"                {outcome.detail}", flush=True)
    return outcome


if __name__ == "__main__":
    sys.exit(main())
