"""What axe finds wrong with a page as it stands."""

from pathlib import Path
from typing import Any

from playwright.async_api import Page

VENDOR = Path(__file__).parent / "vendor"
AXE = (VENDOR / "axe.min.js").read_text("utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async (only) => {
  const found = await axe.run(document, { runOnly: only, resultTypes: ["violations"] });
  return found.violations.flatMap(({ id, help, nodes }) => nodes.map((node) =>
    `${id} (${help}) at ${node.target.join(" ")}: ${(node.any[0] ?? node.all[0] ?? node.none[0] ?? {}).message ?? ""}`));
}"""
# Posts scroll under the glass of their room: what it covers now is free a moment later.
LIFT_GLASS = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(".room-head, .room-foot, .day.glass, .tabs.glass { display: none !important }");
  document.adoptedStyleSheets.push(sheet);
}"""


async def violations(page: Page) -> list[str]:
    """A line for each fault: rule, what it asks, where, why."""
    await page.evaluate(AXE)
    found = await _run(page, {"type": "tag", "values": RULES})
    covered = [one for one in found if "partially obscured" in one]
    if covered:
        await page.evaluate(LIFT_GLASS)
        found = [one for one in found if one not in covered]
        found += await _run(page, {"type": "rule", "values": ["target-size"]})
    return found


async def _run(page: Page, only: dict[str, Any]) -> list[str]:
    found: list[Any] = await page.evaluate(RUN, only)
    return [str(one) for one in found]
