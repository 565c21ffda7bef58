"""The translations: which texts a person affected by a decision reads, and where each language has them.

Catalogues are Django's gettext files, ``locale/<locale>/LC_MESSAGES/django.po``. Everything in the list below is owed
to her in every language of settings.LANGUAGES; moderators' and admins' screens are English first and may be in a
catalogue as well. Reading and writing is Babel's, so that nothing needs GNU gettext to be installed.
"""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path
from typing import Final

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation import to_locale
from django.utils.translation.template import templatize

from config.languages import plurals
from moderation import languages

# Whoever is affected by a decision reads what stands in these files: patterns below the project's directory.
PERSON_FACING: Final = (
    "appeals/copying.py",
    "appeals/correct_text_page.py",
    "appeals/files/checking.py",
    "appeals/files/keeping.py",
    "appeals/form_page.py",
    "appeals/forms.py",
    "appeals/letters/writing.py",
    "appeals/outcome.py",
    "appeals/remaining.py",
    "appeals/restored.py",
    "appeals/status_page.py",
    "appeals/steps.py",
    "appeals/telling.py",
    "appeals/words.py",
    "moderation/actions/account.py",
    "moderation/actions/content.py",
    "moderation/notices/composing.py",
    "moderation/retention/sentences.py",
    "moderation/statements/composing.py",
    "moderation/statements/sentences.py",
    "templates/_document.html",
    "templates/public.html",
    "templates/404.html",
    "templates/500.html",
    "templates/appeals/_decided.html",
    "templates/appeals/_files_added.html",
    "templates/appeals/_files_own.html",
    "templates/appeals/_remaining.html",
    "templates/appeals/_unsent.html",
    "templates/appeals/_written.html",
    "templates/appeals/appeal.html",
    "templates/appeals/base.html",
    "templates/appeals/correct_text.html",
    "templates/appeals/enter.html",
    "templates/appeals/final.html",
    "templates/appeals/late.html",
    "templates/appeals/replaced.html",
    "templates/appeals/status.html",
    "templates/appeals/suspended.html",
    "templates/appeals/too_large.html",
    "templates/appeals/too_old.html",
    "templates/appeals/unknown.html",
    "templates/appeals/withdraw.html",
)
# Where texts for those who work at the desk stand. Of these a catalogue may hold some, all or none.
DESK: Final = (
    "accounts/**/*.py",
    "appeals/**/*.py",
    "moderation/**/*.py",
    "config/*.py",
    "templates/**/*.html",
)
# In these the desk's texts are kept up as well.
WITH_DESK: Final = frozenset({"ar"})

# What marks a text, and what its arguments are: c the context, 1 the text (of one), 2 its plural.
MARKS: Final = {
    "_": "1",
    "gettext": "1",
    "gettext_lazy": "1",
    "gettext_noop": "1",
    "ngettext": "12",
    "ngettext_lazy": "12",
    "pgettext": "c1",
    "pgettext_lazy": "c1",
    "npgettext": "c12",
}


def locales() -> list[str]:
    """The locale of each language but the one that the texts are written in: ``pt_BR``, ``zh_Hans``."""
    return [to_locale(code) for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


def path_of(locale: str) -> Path:
    return Path(settings.LOCALE_PATHS[0]) / locale / "LC_MESSAGES" / "django.po"


def read(locale: str) -> Catalog:
    """The catalogue as it stands; an empty one where there is none yet."""
    try:
        with path_of(locale).open("rb") as file:
            return read_po(file, locale=locale)
    except FileNotFoundError:
        return Catalog(locale=locale)


def texts(patterns: tuple[str, ...]) -> Catalog:
    """The texts marked for translation in these files, with the names of the files."""
    catalogue = Catalog()
    for path in sorted({path for pattern in patterns for path in settings.BASE_DIR.glob(pattern)}):
        name = path.relative_to(settings.BASE_DIR).as_posix()
        source = path.read_text(encoding="utf-8")
        if path.suffix == ".html":
            source = _calls_of_template(source, name)
        for text in _marked(source):
            catalogue.add(
                (text["1"], text["2"]) if "2" in text else text["1"],
                locations=[(name, 0)],
                context=text.get("c"),
            )
    return catalogue


# A call as templatize writes it: its arguments are literals of Python, and ``count`` after a plural.
CALL: Final = re.compile(r"""\b(?:n?p?gettext|_)\((?:[^()"']|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')*\)""")


def _calls_of_template(source: str, name: str) -> str:
    """The calls that a template's marked texts amount to, by Django's own reading: it blanks out all the rest."""
    return "\n".join(CALL.findall(templatize(source, origin=name)))


def _marked(source: str) -> list[dict[str, str]]:
    """The marked texts of a Python source, in order: the arguments by their letter in MARKS."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            letters = MARKS.get(name, "")
            given = [each.value for each in node.args if isinstance(each, ast.Constant)]
            arguments = {
                letter: text for letter, text in zip(letters, given, strict=False) if isinstance(text, str)
            }
            if letters and len(arguments) == len(letters):
                found.append((node.lineno, node.col_offset, arguments))
    return [arguments for _line, _column, arguments in sorted(found, key=lambda each: each[:2])]


def update(locale: str) -> None:
    """Bring a catalogue up to the sources: new texts untranslated, texts that are gone left out."""
    known = read(locale)
    catalogue = empty(locale)
    for message in texts(PERSON_FACING + DESK if locale in WITH_DESK else PERSON_FACING):
        if message.id:
            kept = known.get(message.id, message.context)
            catalogue.add(
                message.id,
                kept.string if kept else None,
                locations=message.locations,
                flags={"fuzzy"} if kept and kept.fuzzy else (),
                context=message.context,
            )
    write(locale, catalogue)


def empty(locale: str) -> Catalog:
    """A catalogue with its header and nothing in it yet."""
    comment = f"# Fairlead in {languages.english_name(locale)}."
    return _Lasting(locale=locale, header_comment=comment, charset="utf-8", fuzzy=False)


def write(locale: str, catalogue: Catalog) -> None:
    path = path_of(locale)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=110, include_lineno=False, sort_by_file=True)


class _Lasting(Catalog):
    """A catalogue whose header says only how to read it: the rest changes each time it is written, or says nothing."""

    @property
    def num_plurals(self) -> int:
        return plurals.rule_for(str(self.locale)).forms

    @property
    def plural_expr(self) -> str:
        return plurals.rule_for(str(self.locale)).expression

    @property
    def plural_forms(self) -> str:
        return plurals.rule_for(str(self.locale)).header

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        keep = {"Language", "Plural-Forms", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"}
        return [(name, value) for name, value in super().mime_headers if name in keep]


def compile_stale() -> list[str]:
    """Write the compiled files that Django reads (never committed) where they are missing or older. Which locales."""
    stale = [locale for locale in locales() if _is_stale(path_of(locale))]
    for locale in stale:
        compiled = path_of(locale).with_suffix(".mo")
        # Whole or not at all, also where two processes do it at once.
        unfinished = compiled.with_suffix(f".{os.getpid()}")
        with unfinished.open("wb") as file:
            write_mo(file, read(locale))
        unfinished.replace(compiled)
    return stale


def _is_stale(path: Path) -> bool:
    compiled = path.with_suffix(".mo")
    return not compiled.exists() or compiled.stat().st_mtime < path.stat().st_mtime
