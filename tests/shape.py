"""The house rules that a machine can hold. Each failure names the place and the rule."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "channel"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "migrations/versions" not in path.as_posix())
TEMPLATES = sorted((PACKAGE / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static" / "js").rglob("*.js"))
STYLES = sorted((ROOT / "static" / "css").rglob("*.css"))

MAX_FILE_LINES = 400
MAX_BODY_LINES = 40
MAX_POSITIONAL = 6  # tx and five more; what is keyword-only does not count
MAX_DOOR_NAMES = 10
LONG_BY_NATURE = {"static/css/hues.css", "static/css/guilloche.css"}
CLOCK_AND_ENVIRONMENT = {
    "channel/storage/database.py", "channel/settings.py", "channel/web/middleware.py", "channel/live/routes.py",
    "channel/limiter.py", "channel/demo/build.py", "channel/logs.py", "channel/server", "channel/cli.py",
}  # fmt: skip
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "base"}


def trees() -> Iterator[tuple[str, ast.Module]]:
    for path in MODULES:
        yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text("utf-8"))


def complaints(found: Iterator[str]) -> None:
    told = list(found)
    assert not told, "\n" + "\n".join(told)


def test_files_are_short() -> None:
    def look() -> Iterator[str]:
        for path in [*MODULES, *TEMPLATES, *SCRIPTS, *STYLES]:
            name = path.relative_to(ROOT).as_posix()
            lines = len(path.read_text("utf-8").splitlines())
            if lines > MAX_FILE_LINES and name not in LONG_BY_NATURE:
                yield f"{name}: {lines} lines; two stories in one file?"

    complaints(look())


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_functions_are_short() -> None:
    def look() -> Iterator[str]:
        for name, tree in trees():
            for function in functions(tree):
                body = function.body[1:] if ast.get_docstring(function) else function.body
                lines = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
                if lines > MAX_BODY_LINES:
                    yield f"{name}:{function.lineno} {function.name}: {lines} lines of body"

    complaints(look())


def test_functions_take_few_arguments() -> None:
    def look() -> Iterator[str]:
        for name, tree in trees():
            for function in functions(tree):
                given = [
                    a
                    for a in (*function.args.posonlyargs, *function.args.args)
                    if a.arg not in ("self", "cls")
                ]
                if len(given) > MAX_POSITIONAL:
                    yield f"{name}:{function.lineno} {function.name}: {len(given)} positional arguments"

    complaints(look())


def test_the_clock_and_the_environment_are_read_in_few_places() -> None:
    def look() -> Iterator[str]:
        for name, tree in trees():
            if any(name.startswith(allowed) for allowed in CLOCK_AND_ENVIRONMENT):
                continue
            for node in ast.walk(tree):
                if isinstance(node, ast.Attribute) and ast.unparse(node) in (
                    "datetime.now", "datetime.utcnow", "time.time", "time.time_ns", "os.environ", "date.today",
                ):  # fmt: skip
                    yield f"{name}:{node.lineno}: {ast.unparse(node)}; take tx.now or Settings"

    complaints(look())


def _swallows(handler: ast.ExceptHandler) -> bool:
    silent = [type(statement) for statement in handler.body] == [ast.Pass]
    return silent and handler.type is not None and ast.unparse(handler.type) in ("Exception", "BaseException")


def test_nothing_is_swallowed_and_everything_is_bounded() -> None:
    def look() -> Iterator[str]:
        for name, tree in trees():
            for node in ast.walk(tree):
                if isinstance(node, ast.ExceptHandler) and node.type is None:
                    yield f"{name}:{node.lineno}: bare except"
                if isinstance(node, ast.ExceptHandler) and _swallows(node):
                    yield f"{name}:{node.lineno}: except Exception: pass"
                if isinstance(node, ast.Call):
                    called = ast.unparse(node.func)
                    if called in ("asyncio.Queue", "queue.Queue") and not (node.args or node.keywords):
                        yield f"{name}:{node.lineno}: a queue without a size"
                    if (
                        called in ("asyncio.create_task", "asyncio.ensure_future")
                        and name != "channel/storage/postgres.py"
                    ):
                        yield f"{name}:{node.lineno}: {called}; a TaskGroup holds tasks"
                    if called in (
                        "pickle.loads",
                        "pickle.load",
                        "marshal.loads",
                        "yaml.load",
                        "eval",
                        "exec",
                    ):
                        yield f"{name}:{node.lineno}: {called}"

    complaints(look())


def test_no_vague_names() -> None:
    def look() -> Iterator[str]:
        for path in PACKAGE.rglob("*"):
            if path.stem in VAGUE:
                yield f"{path.relative_to(ROOT)}: name it for what it knows"

    complaints(look())


def test_doors_are_small() -> None:
    def look() -> Iterator[str]:
        for path in PACKAGE.rglob("__init__.py"):
            tree = ast.parse(path.read_text("utf-8"))
            for node in tree.body:
                if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
                    names = [ast.literal_eval(item) for item in node.value.elts]  # type: ignore[attr-defined]
                    own = [n for n in names if not (path.parent / f"{n}.py").exists()]
                    if len(own) > MAX_DOOR_NAMES:
                        yield f"{path.relative_to(ROOT)}: {len(own)} names"

    complaints(look())


def test_mocks_stay_out() -> None:
    def look() -> Iterator[str]:
        for path in (ROOT / "tests").rglob("*.py"):
            if (
                "unittest.mock" in path.read_text("utf-8")
                and path != Path(__file__)
                and "contract" not in path.parts
            ):
                yield f"{path.relative_to(ROOT)}: a fake instead of a mock"

    complaints(look())


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_bring_no_inline_code(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"\sstyle=", text), "inline style"
    assert not re.search(r"\son[a-z]+=", text), "inline handler"
    assert not re.search(r"<script(?![^>]*(src=|type=\"application/json\"))", text), "inline script"
    assert not re.search(r"hx-on|js:", text), "htmx evaluates this"
    assert not re.search(r"(?:href|src|action)=\"https?://", text), "an address elsewhere"


def test_fragments_ask_nobody() -> None:
    """Fragments print Views: no viewer, no permission, no query."""
    for path in (PACKAGE / "templates" / "fragments").rglob("post*.html"):
        words = re.sub(r"\{#.*?#\}", "", path.read_text("utf-8"), flags=re.DOTALL)
        assert not re.search(r"\bviewer\b|\bmay\(|entitlement", words), path


def test_scripts_make_no_html_of_strings() -> None:
    def look() -> Iterator[str]:
        for path in SCRIPTS:
            for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
                if re.search(
                    r"\.outerHTML\s*=(?!=)|document\.write|\beval\(|new Function|insertAdjacentHTML", line
                ):
                    yield f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
                if re.search(r"\.innerHTML\s*=", line) and "template" not in line and "holder" not in line:
                    yield f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"

    complaints(look())


def test_no_secret_places_or_leftovers() -> None:
    def look() -> Iterator[str]:
        for path in [*MODULES, *TEMPLATES, *SCRIPTS]:
            for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
                if re.search(r"\b(TODO|FIXME|XXX)\b", line):
                    yield f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"

    complaints(look())
