"""Translation of flagged content for a moderator who does not read it, by whatever plugin provides one.

Fairlead has none of its own. Without one, the language step ``any`` never opens: nobody is asked to judge what she
cannot read.
"""

from __future__ import annotations

from moderation import plugins


def available() -> bool:
    """Whether a plugin implements the hook ``translate``."""
    return bool(plugins.manager().hook.translate.get_hookimpls())


def translate(text: str, source: str, target: str) -> str | None:
    """A text in another language, both BCP 47; None where no plugin can. Raises whatever the plugin raises."""
    translated: str | None = plugins.manager().hook.translate(text=text, source=source, target=target)
    return translated
