"""The translations: whole, unbroken, and kept up with the sources, for everything that a person affected reads."""

from __future__ import annotations

import gettext
import io
import json
import re
from pathlib import Path

import pytest
from babel.messages import Message
from babel.messages.mofile import write_mo
from babel.messages.plurals import get_plural
from django.conf import settings
from django.core.management import CommandError, call_command

from config import catalogues
from config.languages import checking, plurals

LOCALES = catalogues.locales()


def ids(message: Message) -> list[str]:
    return [message.id] if isinstance(message.id, str) else list(message.id)


def test_every_language_that_can_be_chosen_has_a_catalogue() -> None:
    assert {catalogues.path_of(locale).parent.parent.name for locale in LOCALES} == {
        path.parent.parent.name for path in Path(settings.LOCALE_PATHS[0]).glob("*/LC_MESSAGES/django.po")
    }
    assert len(LOCALES) == len(settings.LANGUAGES) - 1


def test_nothing_that_a_person_affected_reads_falls_short_in_any_language() -> None:
    wanted = catalogues.texts(catalogues.PERSON_FACING)
    reports = [checking.check(locale, wanted) for locale in LOCALES]
    assert {each.locale: each.shortfalls for each in reports if each.shortfalls} == {}
    assert {(each.texts, each.translated, each.fuzzy) for each in reports} == {(reports[0].texts,) * 2 + (0,)}
    assert reports[0].texts > 240


def test_each_compiled_catalogue_can_be_read_with_its_plurals() -> None:
    """Compiling alone does not notice a broken header: reading does."""
    one = "This is too long. Please make it shorter by %(count)d character."
    many = "This is too long. Please make it shorter by %(count)d characters."
    for locale in LOCALES:
        compiled = io.BytesIO()
        write_mo(compiled, catalogues.read(locale))
        compiled.seek(0)
        loaded = gettext.GNUTranslations(compiled)
        for count in (0, 1, 2, 3, 5, 11, 21, 100, 102, 1_000_000):
            said = loaded.ngettext(one, many, count)
            assert said not in (one, many), locale
            assert str(count) in said % {"count": count}, locale


def test_numbers_take_the_form_that_cldr_gives_them() -> None:
    for locale in LOCALES:
        assert plurals.parts_as_cldr(locale, plurals.rule_for(locale)), locale
    # Babel's own rule takes 21 for many in Macedonian, and 10 for 2 in Latvian.
    for locale in ("mk", "lv"):
        babels = get_plural(locale)
        assert not plurals.parts_as_cldr(locale, plurals.Rule(babels.num_plurals, babels.plural_expr))
    assert not plurals.parts_as_cldr("de", plurals.Rule(3, "(n != 1)"))


CODE = "Ihr Code für diese Entscheidung: %(code)s"
REPORTED = "Somebody reported this to us."


@pytest.mark.parametrize(
    ("locale", "good", "bad", "why"),
    [
        ("de", 'msgstr "Absenden"', 'msgstr ""', "not translated"),
        ("de", 'msgid "Send"', '#, fuzzy\nmsgid "Send"', "marked as doubtful"),
        ("de", 'msgid "Send"', 'msgid "Sent"', "not in the catalogue"),
        ("de", CODE, CODE.replace("%(code)s", "%(cod)s"), "placeholders"),
        ("de", CODE, CODE.replace("Ihr", "100 % Ihr"), "a stray %"),
        ("de", CODE, f"{CODE} ", "spaces"),
        ("de", CODE, CODE.replace("für", "fu\u0308r"), "not in normal form C"),
        ("de", CODE, f"\u2067{CODE}", "direction marks"),
        ("de", CODE, f"\u200e{CODE}", "direction marks"),
        ("de", CODE, CODE.replace("Ihr", "Іhr"), "another script"),
        ("de", CODE, f"{CODE}.", "a full stop too many"),
        ("de", '"Absenden"', '"<b>Absenden</b>"', "tags"),
        ("de", "zum %(date)s antworten.", "zum %(date)s antworten", "does not end like"),
        ("de", "nplurals=2; plural=(n != 1)", "nplurals=2; plural=(n > 1)", "plural forms by"),
        ("ru", "msgstr[2]", "msgstr[3]", "not translated"),
        ("ru", 'удалено %(date)s"', 'удалено %(date)s."', "two full stops after a date"),
        ("zh_Hans", "举报", "舉報", "another script"),
        ("hi", 'msgstr "भेजें"', 'msgstr "Bhejen"', "another script"),
        ("sv", REPORTED, REPORTED, "left in English"),
    ],
)
def test_what_is_wrong_with_a_text_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, locale: str, good: str, bad: str, why: str
) -> None:
    po = catalogues.path_of(locale).read_text()
    assert good in po
    if good == bad:  # as its own translation
        po = re.sub(rf'(msgid "{good}"\nmsgstr ).*', rf'\1"{good}"', po)
    (tmp_path / "django.po").write_text(po.replace(good, bad))
    monkeypatch.setattr(catalogues, "path_of", lambda locale: tmp_path / "django.po")
    found = checking.check(locale).shortfalls
    assert any(why in each.why for each in found), found


def test_updating_keeps_what_is_translated_and_changes_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    po = tmp_path / "django.po"
    po.write_bytes(catalogues.path_of("ru").read_bytes())
    monkeypatch.setattr(catalogues, "path_of", lambda locale: po)
    catalogues.update("ru")
    assert checking.check("ru").shortfalls == ()
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


def test_the_command_prints_every_language_and_fails_where_one_falls_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("catalogues")
    assert capsys.readouterr().out.count("complete") == len(LOCALES)
    path_of = catalogues.path_of
    broken = tmp_path / "django.po"
    broken.write_text(path_of("de").read_text().replace('msgstr "Absenden"', 'msgstr ""'))
    monkeypatch.setattr(catalogues, "path_of", lambda locale: broken if locale == "de" else path_of(locale))
    with pytest.raises(CommandError, match="1 languages fall short"):
        call_command("catalogues", json=True)
    reports = {each["locale"]: each for each in json.loads(capsys.readouterr().out)}
    assert reports["de"]["shortfalls"] == [{"text": "Send", "why": "not translated"}]
    assert reports["de"]["translated"] == reports["de"]["texts"] - 1
    assert reports["ga"]["forms"] == 5


def test_stale_catalogues_are_compiled_and_nothing_else_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    po = tmp_path / "django.po"
    po.write_bytes(catalogues.path_of("de").read_bytes())
    monkeypatch.setattr(catalogues, "path_of", lambda locale: po)
    monkeypatch.setattr(catalogues, "locales", lambda: ["de"])
    call_command("catalogues", only_compile=True)
    with po.with_suffix(".mo").open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("Send") == "Absenden"
    assert catalogues.compile_stale() == []
    assert capsys.readouterr().out == ""
