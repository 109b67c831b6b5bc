"""Collect what the interface says, keep the German catalogue in step with it, and compile it.

    python tests/check/messages.py update     add what is new, drop what is gone, compile; tells what lacks German

Three kinds of strings reach people: those marked for gettext in templates and code, the sentences of errors, which the
domain writes in plain English (i18n.translate_error finds them again), and other sentences that the code hands to
templates. Nothing of a catalogue depends on when or where it was written.
"""

import ast
import io
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "channel"
TEMPLATES = PACKAGE / "templates"
CATALOGUE = PACKAGE / "locale" / "de" / "LC_MESSAGES" / "channel.po"
COMPILED = CATALOGUE.with_suffix(".mo")

# What each mark takes, in order; `say` is what modules call gettext of a chosen language.
MARKS = {
    **dict.fromkeys(("_", "N_", "noop", "gettext", "say"), ("text",)),
    "ngettext": ("text", "plural"),
    "pgettext": ("context", "text"),
    "npgettext": ("context", "text", "plural"),
}
# What carries words to people: errors, what became of a mail, what the doctor finds.
TELLERS = frozenset(
    ["ChannelError", "NotFound", "Unauthorized", "Forbidden", "Conflict", "Gone", "Invalid", "TooMany", "Unavailable",
     "DiskFull", "Undeliverable", "Finding"]
)  # fmt: skip
# Commands, settings, logs, the HTTP API and the raw server speak to operators and builders: English, no catalogue.
ENGLISH_ONLY = (
    "api/", "bus/", "cli.py", "control/archive.py", "control/dkim.py", "control/socket.py", "control/verbs.py", "demo/", "live/door.py", "live/entrance.py", "logs.py", "running.py",
    "secret.py", "server/", "settings.py", "values.py", "storage/migrate.py", "storage/open.py",
    "watch/families.py",
)  # fmt: skip
HOLE = re.compile(r"\{\w+\}")
SENTENCE = re.compile(r"""[A-Z{@].*\s.*[.?!…]["”]?""", re.DOTALL)
FAULTS = re.compile(r"\b(log|logger|logging)\.\w+$|(Value|Runtime|Type|Assertion|Lookup)Error$")


class Message(NamedTuple):
    """What is looked up: with a plural it counts, a context tells apart what is one word in English."""

    text: str
    plural: str = ""
    context: str = ""

    @property
    def id(self) -> str | tuple[str, str]:
        return (self.text, self.plural) if self.plural else self.text


class Steady(Catalog):
    """A catalogue without dates, versions and names in its head: the same words give the same bytes."""

    def __init__(self) -> None:
        super().__init__(
            locale="de", charset="utf-8", fuzzy=False, header_comment="# What Channel says, in German."
        )

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return [
            ("Language", "de"),
            ("Plural-Forms", "nplurals=2; plural=(n != 1);"),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit\n"),
        ]


def collect() -> dict[Message, list[str]]:
    """Every message with the places (path:line) that say it."""
    found: dict[Message, list[str]] = {}
    for path in sorted(path for path in TEMPLATES.rglob("*.*") if path.suffix != ".cache"):
        for line, message in in_template(path):
            found.setdefault(message, []).append(f"{path.relative_to(ROOT).as_posix()}:{line}")
    for path in sorted(PACKAGE.rglob("*.py")):
        for line, message in in_code(path):
            found.setdefault(message, []).append(f"{path.relative_to(ROOT).as_posix()}:{line}")
    _refuse_doubles(found)
    return found


def _refuse_doubles(found: dict[Message, list[str]]) -> None:
    """gettext keeps one entry for "member" and ("member", "members"): they would hide each other."""
    seen: dict[tuple[str, str], Message] = {}
    for message in found:
        other = seen.setdefault((message.context, message.text), message)
        if other != message:
            raise SystemExit(
                f'"{message.text}" counts in two ways: {found[message][0]}, {found[other][0]}. Reword one.'
            )


def in_template(path: Path) -> Iterator[tuple[int, Message]]:
    """What one template says. Pages trim what stands in {% trans %}, mails keep it as it is."""
    options = {"silent": "false", "newstyle_gettext": "true", "trim_blocks": "true", "lstrip_blocks": "true"}
    options["trimmed"] = str("email" not in path.relative_to(TEMPLATES).parts)
    for line, mark, said, _ in babel_extract(io.BytesIO(path.read_bytes()), list(MARKS), [], options):
        texts = [text for text in (said if isinstance(said, tuple) else (said,)) if text]
        if texts:
            yield line, Message(**dict(zip(MARKS[mark], texts, strict=False)))


def in_code(path: Path) -> Iterator[tuple[int, Message]]:
    """What one module marks, and what it says to people without a mark."""
    if path.relative_to(PACKAGE).as_posix().startswith(ENGLISH_ONLY):
        return
    tree = ast.parse(path.read_text("utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    yield from _marked(calls)
    yield from ((line, Message(text)) for line, text in (*_refusals(calls), *_sentences(tree, calls)))


def _marked(calls: Iterable[ast.Call]) -> Iterator[tuple[int, Message]]:
    for call in calls:
        slots = MARKS.get(_called(call), ())
        texts = [
            arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
        ]
        if slots and len(texts) == len(slots):
            yield call.lineno, Message(**dict(zip(slots, texts, strict=True)))


def _called(call: ast.Call) -> str:
    return ast.unparse(call.func).rpartition(".")[2]


def _refusals(calls: Iterable[ast.Call]) -> Iterator[tuple[int, str]]:
    """Whatever stands in what is told, sentence or not."""
    for call in calls:
        if _called(call) not in TELLERS:
            continue
        given = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg != "code")]
        given += [value for item in given if isinstance(item, ast.Dict) for value in item.values]
        given += [way for item in given if isinstance(item, ast.IfExp) for way in (item.body, item.orelse)]
        for item in given:
            if (text := message_of(item)) and " " in text and re.search(r"[a-z]{2}", HOLE.sub("", text)):
                yield (
                    item.lineno,
                    text,
                )  # "{file}: {problem}" has nothing to translate, and would fit too much


def _sentences(tree: ast.Module, calls: Iterable[ast.Call]) -> Iterator[tuple[int, str]]:
    """Strings that read like sentences, but for docstrings, log lines and faults of the program."""
    silent = {
        id(inner) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for inner in node.values
    }
    silent |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for call in calls:
        if FAULTS.search(ast.unparse(call.func)) or _called(call) in MARKS:
            silent |= {id(inner) for inner in ast.walk(call)}
    for node in ast.walk(tree):
        if id(node) not in silent and (text := message_of(node)) and SENTENCE.fullmatch(text):
            yield node.lineno, text  # type: ignore[attr-defined]


def message_of(node: ast.AST) -> str | None:
    """The msgid of a literal; the holes of an f-string get names, as i18n.translate_error looks for them."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if not isinstance(node, ast.JoinedStr):
        return None
    names: list[str] = []
    parts = []
    for piece in node.values:
        if isinstance(piece, ast.FormattedValue):
            names.append(_fresh(_name_of(piece.value), names))
            parts.append("{" + names[-1] + "}")
        elif isinstance(piece, ast.Constant):
            parts.append(str(piece.value))
    return "".join(parts)


def _name_of(value: ast.expr) -> str:
    if isinstance(value, ast.Call) and _called(value) == "len":
        return "number"
    if isinstance(value, ast.Call) and _called(value) == "join" and value.args:
        return _name_of(value.args[0])
    if isinstance(value, ast.Name | ast.Attribute):
        name = ast.unparse(value).rpartition(".")[2].lower()
        return name if re.fullmatch(r"[a-z_][a-z0-9_]*", name) else "value"
    return "value"


def _fresh(name: str, taken: list[str]) -> str:
    return (
        name if name not in taken else next(f"{name}_{n}" for n in range(2, 99) if f"{name}_{n}" not in taken)
    )


def read_catalogue() -> Catalog:
    """The German catalogue as it lies there; an empty one at first."""
    if not CATALOGUE.exists():
        return Steady()
    with CATALOGUE.open("rb") as file:
        return read_po(file)


def german_of(catalogue: Catalog, message: Message) -> list[str]:
    """The German forms of `message`, two when it counts; empty strings where there is none."""
    forms = 2 if message.plural else 1
    known = catalogue.get(message.text, message.context or None)
    if known is None or known.fuzzy or bool(known.pluralizable) != bool(message.plural):
        return [""] * forms
    given = [known.string] if isinstance(known.string, str) else list(known.string)
    return [text or "" for text in given]


def in_step(old: Catalog) -> Steady:
    """`old` with exactly the messages that are said now; what is new has no German yet."""
    new = Steady()
    for message in collect():
        german = german_of(old, message)
        new.add(message.id, tuple(german) if message.plural else german[0], context=message.context or None)
    return new


def written(catalogue: Catalog) -> bytes:
    """The .po file, sorted, without places: it changes when words change and only then."""
    out = io.BytesIO()
    write_po(out, catalogue, width=110, no_location=True, sort_output=True, ignore_obsolete=True)
    return out.getvalue()


def compiled(catalogue: Catalog) -> bytes:
    """The .mo file."""
    out = io.BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def missing(catalogue: Catalog) -> list[Message]:
    """What is said and has no German, or not in both forms."""
    return [message for message in collect() if not all(german_of(catalogue, message))]


def update() -> int:
    """Bring both files up to date. Exit 1 while something lacks German."""
    catalogue = in_step(read_catalogue())
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    CATALOGUE.write_bytes(written(catalogue))
    COMPILED.write_bytes(compiled(catalogue))
    lacking = missing(catalogue)
    for message in lacking:
        print(f"no German for {message}")
    print(f"{len(catalogue)} messages, {len(lacking)} without German")
    return 1 if lacking else 0


if __name__ == "__main__":
    if sys.argv[1:] != ["update"]:
        sys.exit("usage: python tests/check/messages.py update")
    sys.exit(update())
