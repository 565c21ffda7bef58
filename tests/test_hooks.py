"""Every hook is documented: third parties have nothing else to go by."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path

import pytest
from django.conf import settings

from moderation import hookspecs
from moderation.detectors import isolation
from moderation.detectors.interface import check, check_version
from moderation.models import Snapshot
from moderation.plugins import manager

DOCUMENT = Path(settings.BASE_DIR) / "docs" / "hooks.md"


def declared() -> dict[str, list[str]]:
    """Hook → the names of its arguments, as declared."""
    return {
        name: list(inspect.signature(function).parameters)
        for name, function in vars(hookspecs).items()
        if hasattr(function, "fairlead_spec")
    }


def documented() -> dict[str, list[str]]:
    """Hook → the names of its arguments, as the headings of docs/hooks.md have them."""
    headings = re.findall(r"^## `(\w+)\((.*)\)`$", DOCUMENT.read_text(), re.MULTILINE)
    return {name: re.findall(r"\w+", arguments) for name, arguments in headings}


def test_every_hook_has_its_section_with_its_arguments_and_every_section_its_hook() -> None:
    assert {"detectors", "redress"} <= set(declared())
    assert documented() == declared()


def test_every_implementation_is_of_a_hook_that_is_declared() -> None:
    manager().check_pending()


def test_the_detector_of_the_documentation_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (DOCUMENT.parent / "detectors.md").read_text()
    (example,) = re.findall(
        r"^```python\n# (harbour_detectors).py\n(.*?)^```$", text, re.MULTILINE | re.DOTALL
    )
    (tmp_path / f"{example[0]}.py").write_text(example[1])
    monkeypatch.syspath_prepend(tmp_path)
    (detector,) = importlib.import_module(example[0]).detectors()
    assert isolation.SLUG.fullmatch(detector.slug)
    assert check_version(detector.version())
    assert check(detector.screen(Snapshot(text="EVERYTHING MUST GO, ALL OF IT, NOW"))).flags
    assert not check(detector.screen(Snapshot(text="everything must go, all of it, now"))).flags
    assert detector.screen(Snapshot(text="")) is None
