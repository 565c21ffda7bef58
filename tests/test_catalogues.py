"""The translations: whole, unbroken, and kept up with the sources, for everything that a person affected reads."""

from __future__ import annotations

import gettext
import io
import re
from pathlib import Path

import pytest
from babel.messages import Message
from babel.messages.mofile import write_mo
from django.conf import settings
from django.core.management import call_command

from config import catalogues

LOCALES = catalogues.locales()
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")
TAG = re.compile(r"<[^>]+>")


def forms(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def ids(message: Message) -> list[str]:
    return [message.id] if isinstance(message.id, str) else list(message.id)


def test_every_language_that_can_be_chosen_has_a_catalogue() -> None:
    assert {catalogues.path_of(locale).parent.parent.name for locale in LOCALES} == {
        path.parent.parent.name for path in Path(settings.LOCALE_PATHS[0]).glob("*/LC_MESSAGES/django.po")
    }
    assert len(LOCALES) == len(settings.LANGUAGES) - 1


@pytest.mark.parametrize("locale", LOCALES)
def test_nothing_that_a_person_affected_reads_is_missing_or_doubtful(locale: str) -> None:
    assert catalogues.shortfalls(locale) == []


@pytest.mark.parametrize("locale", LOCALES)
def test_placeholders_and_tags_are_those_of_the_source(locale: str) -> None:
    for message in catalogues.read(locale):
        if not message.id:
            continue
        # "Last day" needs no number, "Last %(n)s days" does: a form may be like either.
        wanted = [sorted(PLACEHOLDER.findall(text)) for text in ids(message)]
        tags = sorted(TAG.findall(ids(message)[-1]))
        for form in filter(None, forms(message)):
            assert sorted(PLACEHOLDER.findall(form)) in wanted, form
            assert sorted(TAG.findall(form)) == tags, form
            assert form == form.strip(), form


@pytest.mark.parametrize("locale", LOCALES)
def test_the_compiled_catalogue_can_be_read_with_its_plurals(locale: str) -> None:
    """Compiling alone does not notice a broken header: reading does."""
    compiled = io.BytesIO()
    write_mo(compiled, catalogues.read(locale))
    compiled.seek(0)
    loaded = gettext.GNUTranslations(compiled)
    one = "This is too long. Please make it shorter by %(count)d character."
    many = "This is too long. Please make it shorter by %(count)d characters."
    for count in (0, 1, 2, 3, 5, 11, 21, 100, 102, 1_000_000):
        said = loaded.ngettext(one, many, count)
        assert said not in (one, many)
        assert str(count) in said % {"count": count}


@pytest.mark.parametrize("locale", LOCALES)
def test_a_catalogue_is_written_in_its_languages_own_script(locale: str) -> None:
    """A text left in English, or one that slipped in from another file, would not be."""
    own = {
        "ar": "؀-ۿ",
        "bn": "ঀ-৿",
        "hi": "ऀ-ॿ",
        "ja": "぀-ヿ一-鿿",
        "ru": "Ѐ-ӿ",
        "th": "฀-๿",
        "zh_Hans": "一-鿿",
    }
    if locale not in own:
        return
    for message in catalogues.read(locale):
        for form in forms(message) if message.id else ():
            assert not form or re.search(f"[{own[locale]}]", form), form


def test_a_text_that_is_missing_broken_or_doubtful_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    po = catalogues.path_of("de").read_text()
    monkeypatch.setattr(catalogues, "path_of", lambda locale: tmp_path / "django.po")
    code = "Ihr Code für diese Entscheidung: %(code)s"
    for good, bad, why in (
        ('msgstr "Absenden"', 'msgstr ""', "not translated"),
        ('msgid "Send"', '#, fuzzy\nmsgid "Send"', "marked as doubtful"),
        ('msgid "Send"', 'msgid "Sent"', "not in the catalogue"),
        (code, code.replace("%(code)s", "%(cod)s"), "placeholder"),
    ):
        assert good in po
        (tmp_path / "django.po").write_text(po.replace(good, bad))
        found = catalogues.shortfalls("de")
        assert len(found) == 1, (why, found)
        assert why in found[0].why


def test_updating_keeps_what_is_translated_and_changes_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    po = tmp_path / "django.po"
    po.write_bytes(catalogues.path_of("ru").read_bytes())
    monkeypatch.setattr(catalogues, "path_of", lambda locale: po)
    catalogues.update("ru")
    assert catalogues.shortfalls("ru") == []
    once = po.read_bytes()
    catalogues.update("ru")
    assert po.read_bytes() == once
    assert b"Project-Id-Version" not in once


def test_every_public_page_is_among_what_a_person_reads() -> None:
    """A new page that extends the public shell must be translated, or be kept for the desk on purpose."""
    for path in (settings.BASE_DIR / "templates/appeals").glob("*.html"):
        name = path.relative_to(settings.BASE_DIR).as_posix()
        if "appeals/base.html" in path.read_text() or path.name == "base.html":
            assert name in catalogues.PERSON_FACING
    for name in catalogues.PERSON_FACING:
        assert (settings.BASE_DIR / name).is_file(), name


def test_marked_texts_are_found_in_python_and_in_templates() -> None:
    found = {tuple(ids(message)) for message in catalogues.texts(catalogues.PERSON_FACING)}
    assert {
        ("Please type the code.",),  # gettext_lazy
        ("We removed your content.",),  # gettext
        ("This is about your account with the reference %(id)s.",),  # gettext_noop
        ("You can do this until %(date)s.",),  # blocktranslate
        ("Send",),  # translate
        (
            "This is too long. Please make it shorter by %(count)d character.",
            "This is too long. Please make it shorter by %(count)d characters.",
        ),
    } <= found
    assert ("how",) not in found  # a key inside a marked call is no text


def test_the_command_prints_every_language(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("catalogues")
    printed = capsys.readouterr().out
    assert printed.count("complete") == len(LOCALES)
