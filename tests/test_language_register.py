"""The register of languages: a line for each, in step with the catalogues and with the guide; and their numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from babel import Locale
from django.conf import settings
from django.core.management import call_command
from django.utils import translation
from django.utils.translation import to_locale

from appeals import language_register, words
from config import catalogues
from config.languages import register
from moderation import dates_and_numbers, languages
from moderation.known_languages import OFFERED
from moderation.retention.sentences import erased_text
from tests.sixty_languages import ENDONYMS, RIGHT_TO_LEFT

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_each_language_has_its_line_and_its_texts_are_those_that_were_recorded() -> None:
    entries = language_register.read()
    assert [entry.code for entry in entries] == [code for code, _name in settings.LANGUAGES]
    assert entries == register.as_it_is("2026-11-22"), "run `make messages`"
    for entry in entries:
        assert entry.made
        assert entry.made_on
        assert (entry.endonym, entry.tag) == (
            dict(settings.LANGUAGES)[entry.code],
            languages.normalise(entry.code),
        )
    assert register.in_guide(register.GUIDE.read_text(), entries) == register.GUIDE.read_text(), (
        "make messages"
    )


def test_a_text_that_was_changed_without_recording_it_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    po = catalogues.path_of("de").read_text()
    assert 'msgstr "Absenden"' in po
    path_of = catalogues.path_of
    changed = tmp_path / "django.po"
    changed.write_text(po.replace('msgstr "Absenden"', 'msgstr "Wegschicken"'))
    monkeypatch.setattr(catalogues, "path_of", lambda locale: changed if locale == "de" else path_of(locale))
    recorded, found = language_register.read(), register.as_it_is("2030-01-01")
    assert [entry.code for entry, now in zip(recorded, found, strict=True) if entry != now] == ["de"]


def test_recording_keeps_what_people_wrote_and_begins_what_is_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = [entry for entry in language_register.read() if entry.code != "mt"]
    kept[1] = replace(kept[1], native="A. Reader, 2027-01-05", digest="old")
    monkeypatch.setattr(register, "read", lambda: kept)
    found = {entry.code: entry for entry in register.as_it_is("2030-01-01")}
    assert found[kept[1].code].native == "A. Reader, 2027-01-05"
    assert found[kept[1].code].digest != "old"
    assert found["mt"].made_on == "2030-01-01"
    assert found["mt"].native == ""
    assert "| A. Reader, 2027-01-05 |" in register.as_table(list(found.values()))


def test_the_command_prints_the_register(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("catalogues", register=True)
    printed = capsys.readouterr().out
    assert all(f"| {name} |" in printed for _code, name in settings.LANGUAGES)
    assert printed.count("nobody yet") == sum(not entry.native for entry in language_register.read()) - 1


def test_the_sixty_languages_and_maltese_can_be_chosen_under_their_own_names() -> None:
    offered = dict(settings.LANGUAGES)
    assert len(offered) == len(settings.LANGUAGES) == 61
    spoken = {languages.to_speak_to(each.tag, tuple(offered)) for each in OFFERED}
    assert spoken == set(offered) - {"mt"}
    for tag, endonym in ENDONYMS.items():
        code = words.nearest(tag)
        assert code
        assert offered[code] == endonym
        with translation.override(code):
            assert translation.get_language_bidi() == (tag in RIGHT_TO_LEFT), tag
    assert words.nearest("mt") == "mt"


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        *[("pt", "pt-br"), ("pt-PT", "pt-pt"), ("pt-AO", "pt-pt"), ("zh", "zh-hans"), ("zh-SG", "zh-hans")],
        *[("zh-TW", "zh-hant"), ("zh-Hant-TW", "zh-hant"), ("zh-HK", "zh-hk"), ("zh-Hant-HK", "zh-hk")],
        *[
            ("zh-Hant-MO", "zh-hk"),
            ("sr-Cyrl", "sr"),
            ("sr-Latn", "sr"),
            ("bs", "hr"),
            ("no", "nb"),
            ("nn", "nb"),
        ],
        *[("tl", "fil"), ("iw", "he"), ("mo", "ro"), ("es-MX", "es"), ("arz", "ar"), ("en-GB", "en")],
        # Written otherwise, or another language: better what her browser asks for.
        *[
            ("uz-Cyrl", None),
            ("pa-Arab", None),
            ("gl", None),
            ("und", None),
            ("zxx", None),
            ("?", None),
            ("", None),
        ],
    ],
)
def test_whoever_reads_a_language_is_spoken_to_in_the_nearest_that_she_reads(
    tag: str, code: str | None
) -> None:
    assert words.nearest(tag) == code


def test_what_stands_for_an_erased_text_is_in_the_language_of_the_statement() -> None:
    assert "2026年11月22日" in erased_text("zh-Hant-HK", NOON)
    assert "22 de novembro de 2026" in erased_text("pt-PT", NOON)
    assert erased_text("so", NOON).startswith("This text was deleted on November 22, 2026")


def test_days_numbers_and_sizes_are_written_as_readers_of_the_language_do() -> None:
    def written(code: str) -> tuple[str, str, str]:
        with translation.override(code):
            return words.day(NOON), words.numeral(1234.5), words.size(1_500_000)

    assert written("en") == ("November 22, 2026", "1,234.5", "1.5 MB")
    assert written("de") == ("22. November 2026", "1.234,5", "1,5 MB")
    assert written("fr") == ("22 novembre 2026", "1\u202f234,5", "1,5\u202fMo")
    assert written("pt-br") == ("22 de novembro de 2026", "1.234,5", "1,5 MB")
    assert written("zh-hk")[0] == "2026年11月22日"
    assert written("th")[0] == "22 พฤศจิกายน ค.ศ. 2026"
    assert written("hi")[0] == "22 नवंबर 2026"
    assert written("mr") == ("२२ नोव्हेंबर, २०२६", "१,२३४.५", "१.५ MB")
    assert written("bn")[0] == "২২ নভেম্বর, ২০২৬"
    assert written("fa")[:2] == ("۲۲ نوامبر ۲۰۲۶", "۱٬۲۳۴٫۵")


def test_every_language_has_its_digits_and_counts_in_them() -> None:
    for code, _name in settings.LANGUAGES:
        locale = Locale.parse(to_locale(code))
        system = locale.default_numbering_system
        assert system == "latn" or system in dates_and_numbers.ZEROS, code
        with translation.override(code):
            said = words.counted("%(count)d / %(other)s", 120)
            assert (said == "120 / %(other)s") == (system == "latn"), code
            # The year is one of the Gregorian calendar in all of them.
            assert words.numeral(2026).translate(
                {ord(each): None for each in ",. \u00a0\u202f٬’"}
            ) in words.day(NOON)
