"""Every kind of Event that the code can record, read from the code itself.

A call of ``audit.record`` or ``record_many`` names its kind as a text, or takes it from a parameter of the function
around it: that function's callers are then looked at in the same way. Where a kind comes from anything else (a table,
a variable) every text of the module that looks like a kind counts, and what is none is named in ``NOT_KINDS``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from moderation.lifecycle import TRANSITIONS

ROOT = Path(__file__).resolve().parent.parent
SOURCES = [
    path
    for app in ("config", "transparency", "appeals", "moderation", "accounts")
    for path in (ROOT / app).rglob("*.py")
    if "migrations" not in path.parts
]
KIND = re.compile(r"[a-z_]+\.[a-z_]+")
# Texts of that form in modules whose kinds come from a table: the platform's names for what it is told.
NOT_KINDS = {"enforcement.reverse", "enforcement.apply"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def kinds() -> set[str]:
    trees = {path: ast.parse(path.read_text()) for path in SOURCES}
    found = {kind for ways in TRANSITIONS.values() for kind in ways.values()}
    # name of a function that passes its parameter on as a kind → the parameter's place and name; in which module
    passing: dict[tuple[str, Path | None], tuple[int, str]] = {
        ("record", None): (0, "kind"),
        ("record_many", None): (0, "kind"),
    }
    while True:
        before = len(passing)
        for path, tree in trees.items():
            for function, call in calls(tree):
                found |= named(call, function, path, passing, tree)
        if len(passing) == before:
            return found - NOT_KINDS


def calls(tree: ast.AST, function: Function | None = None) -> Iterator[tuple[Function | None, ast.Call]]:
    """Every call, and the function that it stands in."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Call):
            yield function, node
        yield from calls(node, node if isinstance(node, Function) else function)


def named(
    call: ast.Call,
    function: Function | None,
    path: Path,
    passing: dict[tuple[str, Path | None], tuple[int, str]],
    tree: ast.Module,
) -> set[str]:
    name = ast.unparse(call.func).rsplit(".", 1)[-1]
    place = passing.get((name, path)) or passing.get((name, None))
    if place is None or (function is not None and function.name == name):
        return set()
    given = kind_of(call, *place)
    texts = constants(given) if given is not None else set()
    if texts:
        return texts
    if isinstance(given, ast.Name) and function is not None:
        parameters = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
        if given.id in parameters:
            private = function.name.startswith("_")
            passing[function.name, path if private else None] = (parameters.index(given.id), given.id)
            return set()
    if isinstance(given, ast.Name):
        return {each for each in constants(tree) if KIND.fullmatch(each)}
    return set()


def kind_of(call: ast.Call, place: int, parameter: str) -> ast.expr | None:
    if len(call.args) > place:
        return call.args[place]
    return next((each.value for each in call.keywords if each.arg == parameter), None)


def constants(node: ast.AST) -> set[str]:
    return {
        each.value
        for each in ast.walk(node)
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and KIND.fullmatch(each.value)
    }
