"""The CyberTipline's schema as XSD, made from ``tree.txt``: its outline, element by element in order.

It shares nothing with the shapes that our XML is written from. The outline gives of ``country`` and ``state`` only the
first 25 values, so these two are free.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from lxml import etree

XS: Final = "http://www.w3.org/2001/XMLSchema"
TREE: Final = Path(__file__).with_name("tree.txt")
CUT: Final = frozenset({"country", "state"})


@dataclass
class Line:
    """One line of the outline with what is indented beneath it."""

    words: str
    below: list[Line] = field(default_factory=list)


def schema() -> bytes:
    """The XSD: global elements, complex types and simple types."""
    root = etree.Element(f"{{{XS}}}schema", nsmap={"xs": XS}, elementFormDefault="qualified")
    for heading, lines in _sections():
        if heading == "complex types":
            for line in lines:
                root.append(_type(line.below, name=line.words))
        elif heading == "simple types":
            for line in lines:
                root.append(_simple(line.words))
        else:
            element = _part(root, "element", name=heading)
            element.append(_type(lines))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _sections() -> Iterator[tuple[str, list[Line]]]:
    heading, lines = "", [""]
    for text in TREE.read_text().splitlines():
        if text.startswith("# "):
            if heading:
                yield heading, _nested(lines)
            heading, lines = text[2:], []
        else:
            lines.append(text)
    yield heading, _nested(lines)


def _nested(lines: Iterable[str]) -> list[Line]:
    top = Line("")
    open_at = [(-1, top)]
    for text in filter(str.strip, lines):
        depth = len(text) - len(text.lstrip())
        while open_at[-1][0] >= depth:
            open_at.pop()
        line = Line(text.strip())
        open_at[-1][1].below.append(line)
        open_at.append((depth, line))
    return top.below


def _type(lines: list[Line], name: str = "") -> etree._Element:
    """A complex type. ``<all>`` or ``<choice>`` first say what the lines beside them are in; later, those beneath."""
    made = etree.Element(f"{{{XS}}}complexType")
    if name:
        made.set("name", name)
    attributes = [line for line in lines if line.words.startswith("@")]
    lines = [line for line in lines if not line.words.startswith("@")]
    if lines and (extended := re.fullmatch(r"\(ext (\S+)\)", lines[0].words)):
        made = _extended(made, extended[1])
        holder = made[0][0]
    else:
        _fill_group(made, lines)
        holder = made
    for line in attributes:
        _attribute(holder, line.words)
    return made


def _extended(made: etree._Element, base: str) -> etree._Element:
    content = _part(made, "simpleContent")
    _part(content, "extension", base=base)
    return made


def _fill_group(made: etree._Element, lines: list[Line]) -> None:
    if lines and lines[0].words == "<all>":
        group, lines = _part(made, "all"), lines[1:]
    elif lines and lines[0].words == "<choice>":
        group, lines = _part(made, "choice"), lines[1:]
    else:
        group = _part(made, "sequence")
    for line in lines:
        if line.words == "<choice>":
            choice = _part(group, "choice")
            for each in line.below:
                _element(choice, each)
        else:
            _element(group, line)


def _element(group: etree._Element, line: Line) -> None:
    match = re.fullmatch(r"(\w+)(?:\[(\d)\.\.([\d*])\])?(?: : (\S+))?", line.words)
    assert match, line.words
    name, least, most, type_ = match.groups()
    counts = {"minOccurs": least, "maxOccurs": "unbounded" if most == "*" else most} if least else {}
    element = _part(group, "element", name=name, **counts)
    if type_:
        element.set("type", type_)
    else:
        element.append(_type(line.below))


def _attribute(holder: etree._Element, words: str) -> None:
    match = re.fullmatch(r"@(\w+) (optional|required) : (\S+)", words)
    assert match, words
    name, use, type_ = match.groups()
    _part(holder, "attribute", name=name, use=use, type=type_)


def _simple(words: str) -> etree._Element:
    name, base, facets = words.split(" ", 2)
    made = etree.Element(f"{{{XS}}}simpleType", name=name)
    restriction = _part(made, "restriction", base=base)
    for facet, value in () if name in CUT else ast.literal_eval(facets):
        _part(restriction, facet, value=value)
    return made


def _part(parent: etree._Element, tag: str, **attributes: Any) -> etree._Element:
    return etree.SubElement(parent, f"{{{XS}}}{tag}", **attributes)
