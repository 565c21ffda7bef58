"""What is wrong with a page as a browser shows it: cut off, beyond the edge, turned the wrong way, in English, tofu."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from typing import Final

from babel.messages import Catalog
from playwright.sync_api import Page

# Each piece of text that is cut, sticks out of the screen, or lies over its neighbour; a choice that cannot be read.
CUT: Final = """() => {
  const faults = [];
  const name = (element) => `<${element.tagName.toLowerCase()}> ${element.textContent.trim().slice(0, 60)}`;
  const width = document.documentElement.clientWidth;
  const wide = document.documentElement.scrollWidth;
  if (wide > width + 1) faults.push(`the page is ${wide} wide`);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || seen.has(element) || element.tagName === "OPTION") continue;
    seen.add(element);
    if (!element.checkVisibility({visibilityProperty: true})) continue;
    if (element.closest(".visually-hidden, .skip-link")) continue;
    const range = document.createRange();
    range.selectNodeContents(element);
    for (const box of range.getClientRects()) {
      if (box.right > width + 1 || box.left < -1) { faults.push(`sticks out: ${name(element)}`); break; }
    }
    for (let each = element; each && each !== document.body; each = each.parentElement) {
      const style = getComputedStyle(each);
      const hides = (value) => value !== "visible";
      if ((hides(style.overflowX) && each.scrollWidth > each.clientWidth + 1)
          || (hides(style.overflowY) && each.scrollHeight > each.clientHeight + 1)) {
        faults.push(`is cut off: ${name(each)}`);
        break;
      }
    }
    const own = element.getBoundingClientRect();
    if (element.tagName === "BUTTON" && (element.scrollWidth > element.clientWidth + 1
        || element.scrollHeight > element.clientHeight + 1)) faults.push(`is larger than its button: ${name(element)}`);
  }
  for (const select of document.querySelectorAll("select")) {
    const probe = document.createElement("span");
    const style = getComputedStyle(select);
    probe.style.font = style.font;
    probe.style.position = "absolute";
    probe.style.whiteSpace = "nowrap";
    probe.textContent = select.selectedOptions[0]?.textContent.trim() ?? "";
    document.body.append(probe);
    const arrow = 14;
    const room = select.clientWidth - parseFloat(style.paddingInlineStart) - parseFloat(style.paddingInlineEnd) - arrow;
    if (probe.offsetWidth > room + 1) faults.push(`is cut off in its list: ${probe.textContent}`);
    probe.remove();
  }
  return [...new Set(faults)];
}"""
TURNED: Final = """() => [document.documentElement.lang, document.documentElement.dir,
  getComputedStyle(document.body).direction]"""


def of_page(page: Page, code: str, direction: str) -> list[str]:
    """What a browser can tell of the page that it shows."""
    faults: list[str] = page.evaluate(CUT)
    turned = page.evaluate(TURNED)
    if turned != [code, direction, direction]:
        faults.append(f"turned {turned}")
    return faults


def without_a_font(catalogues: Iterable[tuple[str, Catalog]]) -> dict[str, str]:
    """By language, the characters of its texts that no installed font has."""
    has = installed_characters()
    missing = {}
    for code, catalogue in catalogues:
        strings = [message.string for message in catalogue if message.id]
        used = set("".join(each if isinstance(each, str) else "".join(each or ()) for each in strings))
        lacking = {each for each in used if ord(each) not in has and each.isprintable()}
        if lacking:
            missing[code] = "".join(sorted(lacking))
    return missing


def installed_characters() -> set[int]:
    """The code points that some font on this machine has, as fontconfig tells."""
    listed = subprocess.run(
        ["fc-list", "--format", "%{charset}\n"], capture_output=True, text=True, check=True
    ).stdout
    found: set[int] = set()
    for first, last in re.findall(r"\b([0-9a-f]+)(?:-([0-9a-f]+))?\b", listed):
        found.update(range(int(first, 16), int(last or first, 16) + 1))
    return found
