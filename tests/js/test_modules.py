"""The scripts of the pages, tested in the browser they run in: no Node, no build.

Each `*.test.mjs` is imported by an empty page, which runs its sentences and hands back what went wrong; those of
`*.page.test.mjs` touch the page and get a fresh one each.
"""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
CHROMIUM = "/usr/bin/chromium"
FILES = sorted(path.name for path in HERE.glob("*.test.mjs"))
NAMES = "async (file) => { await import(`./${file}`); return (await import('./harness.mjs')).names() }"
RUN = (
    "async ([file, only]) => { await import(`./${file}`); return (await import('./harness.mjs')).run(only) }"
)


class _Files(SimpleHTTPRequestHandler):
    """The repository as it lies there; scripts get the type that modules need."""

    extensions_map = SimpleHTTPRequestHandler.extensions_map | {
        ".mjs": "text/javascript",
        ".js": "text/javascript",
    }

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: pytest prints enough."""

    def end_headers(self) -> None:
        self.send_header("cache-control", "no-store")
        super().end_headers()


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=ROOT))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = CHROMIUM if Path(CHROMIUM).exists() else None
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


def _ask(browser: Browser, origin: str, script: str, argument: object) -> list[Any]:
    """Run a script in an empty page. Fails on any error nobody caught."""
    page = browser.new_page(viewport={"width": 800, "height": 600})
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    try:
        page.goto(f"{origin}/tests/js/page.html")
        answer: list[Any] = page.evaluate(script, argument)
    finally:
        page.close()
    assert not faults, faults
    return answer


@pytest.mark.parametrize("file", FILES)
def test_the_scripts_do_what_their_tests_say(browser: Browser, origin: str, file: str) -> None:
    names: list[str | None] = [None]
    if file.endswith(".page.test.mjs"):
        names = _ask(browser, origin, NAMES, file)
    results = [one for name in names for one in _ask(browser, origin, RUN, [file, name])]
    failed = [f"{one['name']}\n{one['problem']}" for one in results if one["problem"]]
    assert results, f"{file} holds no test"
    assert not failed, "\n\n".join(failed)


def test_every_script_stays_small_and_parses(browser: Browser, origin: str) -> None:
    names = sorted(path.name for path in (ROOT / "static/js").glob("*.js"))
    too_long = {name for name in names if len((ROOT / "static/js" / name).read_text().splitlines()) > 300}
    assert not too_long, f"split these: {too_long}"
    script = "async (names) => { for (const name of names) await import(`/static/js/${name}`); return names }"
    assert _ask(browser, origin, script, [name for name in names if name != "app.js"])
