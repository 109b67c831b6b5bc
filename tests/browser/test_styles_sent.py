"""Style sheets are sent without what only people read; to a browser they say what the files say."""

import re

import pytest
from playwright.async_api import Browser

from channel.web.static import Assets, static_folder

pytestmark = pytest.mark.browser
READ = """(text) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  return [...sheet.cssRules].map((rule) => rule.cssText).join("\\n");
}"""
TOGETHER = {"app.css": "order.txt", "desk.css": "desk.txt"}


def written(path: str) -> str:
    """What lies in the files."""
    styles = static_folder() / "css"
    names = (styles / TOGETHER[path]).read_text("utf-8").split() if path in TOGETHER else [path[4:]]
    return "\n".join((styles / name).read_text("utf-8") for name in names)


async def test_a_browser_reads_in_what_is_sent_what_stands_in_the_files(browser: Browser) -> None:
    assets = Assets(static_folder())
    sheets = [path for path in assets.paths if path.endswith(".css")]
    assert {"app.css", "desk.css", "css/embed.css", "css/viewer.css"} <= set(sheets)
    page = await browser.new_page()
    try:
        for path in sheets:
            sent, whole = assets.content(path).decode(), written(path)
            told, meant = [re.sub(r"\s+", " ", await page.evaluate(READ, one)) for one in (sent, whole)]
            assert len(meant) > 100, path
            assert told == meant, path
            assert len(sent) < len(whole), path
            assert "/*" not in sent, path
    finally:
        await page.close()
