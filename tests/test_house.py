"""The shape of the house (docs/architecture.md), kept by tests where a linter cannot."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = [
    path
    for app in ("config", "transparency", "appeals", "moderation", "accounts", "demo")
    for path in (ROOT / app).rglob("*.py")
    if "migrations" not in path.parts
]
VAGUE = {"utils", "helpers", "services", "managers", "signals", "tasks", "common", "misc"}


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [path for path in SOURCES if path.stem in VAGUE or VAGUE & set(path.relative_to(ROOT).parts)] == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_fits_in_a_head(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400


def sets_the_status_of_a_case(node: ast.AST) -> bool:
    """``Case.objects….update(status=…)`` or ``case.status = …``."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "update":
        named = any(keyword.arg == "status" for keyword in node.keywords)
        return named and ast.unparse(node.func).startswith("Case.objects")
    targets = node.targets if isinstance(node, ast.Assign) else []
    return any(ast.unparse(target) == "case.status" for target in targets)


def test_only_the_lifecycle_changes_the_status_of_a_case() -> None:
    writers = [
        path.relative_to(ROOT).as_posix()
        for path in SOURCES
        if any(sets_the_status_of_a_case(node) for node in ast.walk(ast.parse(path.read_text())))
    ]
    assert writers == []


def test_only_the_audit_module_writes_events_and_only_decide_makes_a_decision() -> None:
    def users_of(call: str) -> list[str]:
        return [path.relative_to(ROOT).as_posix() for path in SOURCES if call in path.read_text()]

    assert users_of("Event.objects.create") == ["moderation/audit.py"]
    assert [path.split("/")[1] for path in users_of("Decision.objects.create")] in (
        ["decisions.py"],
        ["decisions"],
    )


def test_the_migrations_say_what_the_models_say() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
