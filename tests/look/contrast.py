"""Measures every pair of colour roles for every hue in both schemes, as Chromium paints them.

Run: python tests/look/contrast.py [STEP]    (STEP degrees between measured hues; 1 by default)
Prints the worst ratio of each pair; exits 1 when one is below its target (WCAG 2.2: words 4.5, marks 3).
"""

import sys
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, sync_playwright

CSS = Path(__file__).resolve().parents[2] / "static" / "css"
CHROMIUM = Path("/usr/bin/chromium")
WORDS, MARKS = 4.5, 3.0


class Pair(NamedTuple):
    front: str
    back: str
    target: float


WORD_PAIRS = {
    "on-accent": "accent accent-hover",
    "accent-text": "surface raised stage accent-soft",
    "ink": "stage surface raised sunken accent-soft accent-mid bad-soft warn-soft good-soft",
    "ink-2": "stage surface raised sunken accent-soft",
    "surface": "ink bad",
    "good": "surface raised sunken good-soft",
    "warn": "surface warn-soft",
    "bad": "surface raised bad-soft",
}
MARK_PAIRS = {
    "accent-line": "surface raised stage sunken",
    "accent": "surface",
    "edge": "surface",
    "good": "stage",
    "bad": "stage",
}
PAIRS = [
    *(Pair(front, back, WORDS) for front, backs in WORD_PAIRS.items() for back in backs.split()),
    *(Pair(front, back, MARKS) for front, backs in MARK_PAIRS.items() for back in backs.split()),
]

# Colours are painted on a canvas and read back, so gamut mapping counts as a person sees it.
MEASURE = """([pairs, step]) => {
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const probe = document.body.appendChild(document.createElement("i"));
  const painted = (role) => {
    probe.style.color = `var(--${role})`;
    pen.fillStyle = getComputedStyle(probe).color;
    pen.fillRect(0, 0, 1, 1);
    return pen.getImageData(0, 0, 1, 1).data;
  };
  const linear = (byte) => {
    const share = byte / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const worst = pairs.map(() => [99, 0]);
  for (let hue = 0; hue < 360; hue += step) {
    document.documentElement.style.setProperty("--hue", hue);
    const seen = new Map();
    const level = (role) => seen.get(role) ?? seen.set(role, light(painted(role))).get(role);
    pairs.forEach(([front, back], at) => {
      const [low, high] = [level(front), level(back)].sort((a, b) => a - b);
      const ratio = (high + 0.05) / (low + 0.05);
      if (ratio < worst[at][0]) worst[at] = [ratio, hue];
    });
  }
  return worst;
}"""


def measure(browser: Browser, scheme: str, step_degrees: int) -> list[tuple[Pair, float, int]]:
    page = browser.new_page(color_scheme="dark" if scheme == "dark" else "light")
    page.set_content(f"<style>{(CSS / 'tokens.css').read_text()}</style>")
    pairs = [[pair.front, pair.back] for pair in PAIRS]
    worst = page.evaluate(MEASURE, [pairs, step_degrees])
    page.close()
    return [(pair, ratio, hue) for pair, (ratio, hue) in zip(PAIRS, worst, strict=True)]


def main(step_degrees: int) -> int:
    too_low = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM if CHROMIUM.exists() else None)
        for scheme in ("light", "dark"):
            for pair, ratio, hue in measure(browser, scheme, step_degrees):
                mark = "ok " if ratio >= pair.target else "BAD"
                too_low += ratio < pair.target
                print(f"{mark} {scheme:5} {pair.front:12} on {pair.back:12} {ratio:5.2f} at hue {hue:3}")
        browser.close()
    return 1 if too_low else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1))
