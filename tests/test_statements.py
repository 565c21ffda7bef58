"""The statement of reasons says what DSA Art. 17(3) asks for, in the language of the person affected, safely."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from moderation import languages, plugins, statements
from moderation.decisions import JudgedAction
from moderation.hookspecs import Redress
from moderation.isolates import FIRST_STRONG_ISOLATE, POP_ISOLATE, isolate
from moderation.models import Case, Flag, Item, Snapshot, Statement
from moderation.statements import language_for, preview
from tests.deciding import REASONS, account, decided, hold, judgement
from tests.factories import make_case, make_flag, make_item, make_policy

pytestmark = pytest.mark.django_db

THAI = {
    "We made a decision about your account.": "เราได้ตัดสินใจเกี่ยวกับบัญชีของคุณแล้ว",
    "We made a decision about your content.": "เราได้ตัดสินใจเกี่ยวกับเนื้อหาของคุณแล้ว",
    "We removed your content.": "เราลบเนื้อหาของคุณแล้ว",
    "You can do this until %(date)s.": "คุณทำได้จนถึงวันที่ %(date)s",
}
ARABIC = {"We made a decision about your account.": "لقد اتخذنا قرارًا بشأن حسابك."}


@pytest.fixture
def catalogues(tmp_path: Path, settings: Any) -> None:
    """Catalogues for Thai and Arabic, and for no other language."""
    for language, messages in (("th", THAI), ("ar", ARABIC)):
        catalogue = Catalog(locale=language, fuzzy=False)
        for message, translated in messages.items():
            catalogue.add(message, translated)
        file = tmp_path / language / "LC_MESSAGES" / "django.mo"
        file.parent.mkdir(parents=True)
        with file.open("wb") as output:
            write_mo(output, catalogue)
    settings.LOCALE_PATHS = [tmp_path]


def told(*actions: str | JudgedAction, **case: Any) -> str:
    """What a person is told who reads English."""
    return Statement.objects.get(decision=decided(*actions, **case)).text


def by(**snapshot: Any) -> Item:
    """Content of an author of whose account the platform says this."""
    return make_item(author=make_item(kind="account", text="", **snapshot))


def test_it_says_what_was_decided_where_and_for_how_long() -> None:
    until = "2099-03-04T15:00:00+00:00"
    text = told(
        JudgedAction("restrict", {"how": "geo_block", "until": until}, ["FR", "DE"]),
        JudgedAction("restrict", {"how": "label", "label": "Disputed"}),
        "lock_account",
        "warn",
    )
    assert text.split("\n\n")[:2] == [
        "We made a decision about your content.",
        "What we decided\n"
        "People in some countries cannot see your content.\n"
        "This ends on March 4, 2099, 3:00:00\u202fPM UTC.\n"
        "This applies in these countries: Germany and France.\n"
        "We put this label on your content: \u2068Disputed\u2069\n"
        "This has no end date.\n"
        "This applies in all countries.\n"
        "We locked your account. You cannot use it.\n"
        "This has no end date.\n"
        "We give you a warning. Please follow our rules from now on.",
    ]


@pytest.mark.parametrize("kind", ["content", "ad", "account"])
@pytest.mark.parametrize(
    ("how", "of_content", "of_account"),
    [
        ("demote", "We show your content to fewer people.", "We show your account to fewer people."),
        ("age_gate", "Only adults can see your content.", "Only adults can see your account."),
        (
            "geo_block",
            "People in some countries cannot see your content.",
            "People in some countries cannot see your account.",
        ),
        (
            "label",
            "We put this label on your content: \u2068Disputed\u2069",
            "We put this label on your account: \u2068Disputed\u2069",
        ),
        (
            "disable_interaction",
            "People cannot comment on your content or share it.",
            "People cannot comment on your posts or share them.",
        ),
    ],
)
def test_each_way_to_restrict_each_kind_of_item_is_told_in_a_sentence(
    kind: str, how: str, of_content: str, of_account: str
) -> None:
    case = make_case(item=account() if kind == "account" else make_item(kind=kind, author=account()))
    parameters = {"how": how, "label": "Disputed" if how == "label" else None}
    text = preview(case, judgement(JudgedAction("restrict", parameters, ["DE"]))).text
    assert text.split("\n\n")[1].split("\n")[1] == (of_account if kind == "account" else of_content)


def test_it_says_what_it_is_about_and_when() -> None:
    item = make_item(
        author=account(),
        text="One line\nand another " + "x" * 200,
        url="https://harbour.example/posts/1",
        created_at=datetime(2026, 11, 20, 8, tzinfo=UTC),
    )
    text = told("remove", item=item)
    assert f"This is about your content with the reference \u2068{item.external_id}\u2069." in text
    assert "Your text: \u2068One line and another xxx" in text
    assert "x" * 120 not in text
    assert "\nhttps://harbour.example/posts/1\n" in text
    assert "You posted this on November 20, 2026." in text


def test_what_was_never_read_is_not_claimed_to_have_been_read() -> None:
    item = make_item(kind="account", text="", disclosure=Snapshot.Disclosure.METADATA_ONLY)
    text = told("lock_account", item=item)
    assert "We did not read any messages. We looked only at technical data." in text
    assert "Your text" not in text


def test_it_says_how_it_was_found_and_never_by_whom() -> None:
    case = make_case()
    Flag.objects.filter(case=case).delete()
    make_flag(
        case,
        source=Flag.Source.USER_NOTICE,
        detector="",
        evidence={"by": "acct-snitch"},
        metadata={"name": "Jo Snitch"},
    )
    make_flag(
        case, source=Flag.Source.TRUSTED_FLAGGER, detector="hotline-example", detector_version="snitch-2"
    )
    text = preview(case, judgement("remove")).text
    assert "Somebody reported this to us." in text
    assert "An organisation that knows this subject reported this to us." in text
    assert "No automatic system was used to find this." in text
    assert "A person looked at this and made the decision." in text
    assert "snitch" not in text.lower()
    assert "hotline" not in text
    make_flag(case)
    text = preview(case, judgement("remove")).text
    assert "Our automatic systems found this." in text
    assert "No automatic system" not in text
    assert "keywords-test" not in text


def test_it_names_the_rule_the_reasons_and_the_ways_to_complain() -> None:
    decision = decided("remove", policy=make_policy(name="Hate speech"))
    statement = decision.statement
    text = statement.text
    assert "Our rule: \u2068Hate speech\u2069\n\u2068Do not attack people for who they are.\u2069" in text
    assert f"\u2068{REASONS}\u2069" in text
    redress = statement.text.split("What you can do\n")[1]
    assert "\nhttp://127.0.0.1:8000/appeal/" in redress
    assert f"\u2068{statement.appeal_code}\u2069" in redress
    assert f"You can do this until {statement.appeal_until:%B} {statement.appeal_until.day}," in redress
    assert "out-of-court dispute settlement" in redress
    assert "go to court" in redress


def test_the_private_note_is_not_in_it() -> None:
    case, *_ = hold()
    assert "ask legal" not in preview(case, judgement("remove", note="ask legal")).text


def test_a_preview_is_the_statement_without_the_way_to_complain() -> None:
    decision = decided("remove", "lock_account")
    case = decision.case
    shown = preview(case, judgement("remove", "lock_account"))
    text = decision.statement.text
    until = statements.day(decision.statement.appeal_until, Locale.parse("en"))
    link = next(line for line in text.split("\n") if line.startswith("http"))
    for real in (link, decision.statement.appeal_code, until):
        text = text.replace(real, "[…]")
    assert shown.text == text


def test_a_preview_of_an_unfinished_judgement_leaves_out_what_cannot_be_done() -> None:
    case = make_case()
    before = preview(case, judgement("remove", JudgedAction("restrict"), "explode", reasoning=""))
    assert "We removed your content." in before.text
    assert Case.objects.get(pk=case.pk).status == Case.Status.QUEUED


def test_the_language_is_hers_before_that_of_what_she_wrote() -> None:
    def chosen(item: Item, language: str = "de") -> str:
        case = make_case(item=item, language=language)
        return language_for(Case.objects.get(pk=case.pk))

    assert chosen(by(metadata={"language": "th"}, language="ja")) == "th"
    assert chosen(by(metadata={"language": "not a tag"}, language="ja")) == "ja"
    assert chosen(by(metadata={"language": 7})) == "de"
    assert chosen(by(metadata={"language": "und"})) == "de"
    assert chosen(by()) == "de"
    assert chosen(make_item()) == "de"
    assert chosen(by(), language="und") == "en"
    assert chosen(by(), language="zxx") == "en"
    assert chosen(make_item(kind="account", text="", metadata={"language": "zh_tw"}), "zxx") == "zh-Hant-TW"
    assert chosen(make_item(kind="account", text="", language="ar"), "zxx") == "ar"


@pytest.mark.usefixtures("catalogues")
def test_it_is_written_in_her_language_with_its_dates() -> None:
    statement = decided("remove", item=by(metadata={"language": "th"})).statement
    assert (statement.language, statement.direction) == ("th", "ltr")
    assert "เราลบเนื้อหาของคุณแล้ว" in statement.text
    assert "คุณทำได้จนถึงวันที่ " in statement.text
    month = statements.day(statement.appeal_until, Locale.parse("th")).split()[1]
    assert month in statement.text
    assert statement.text.startswith("เราได้ตัดสินใจเกี่ยวกับเนื้อหาของคุณแล้ว\n\n")


@pytest.mark.usefixtures("catalogues")
def test_it_says_so_where_her_language_is_not_there() -> None:
    somali = decided("remove", item=by(metadata={"language": "so"})).statement
    assert (somali.language, somali.direction) == ("en", "ltr")
    assert somali.text.startswith("We do not have this message in Somali. It is in English.\n\nWe made")
    # German is a language of the desk, but nobody has translated it here.
    german = preview(make_case(item=by(metadata={"language": "de"})), judgement("remove"))
    assert german.language == "en"
    assert german.text.startswith("We do not have this message in German.")
    english = preview(make_case(item=by(metadata={"language": "en-GB"})), judgement("remove"))
    assert english.text.startswith("We made a decision")


@pytest.mark.usefixtures("catalogues")
def test_right_to_left_languages_say_so() -> None:
    shown = preview(make_case(item=by(metadata={"language": "ar-EG"})), judgement("remove"))
    assert (shown.language, shown.direction) == ("ar", "rtl")


@pytest.mark.parametrize("code", [code for code, _ in settings.LANGUAGES if code != "en"])
def test_every_language_of_the_desk_says_all_of_it(code: str) -> None:
    def lines(language: str) -> set[str]:
        chosen: list[str | JudgedAction] = [
            "remove",
            "lock_account",
            "warn",
            JudgedAction("restrict", {"how": "geo_block"}, ["DE"]),
        ]
        policy = make_policy("be-kind", public_texts={code: "Be kind.", "en": "Be kind."})
        item = by(metadata={"language": language}, created_at=timezone.now())
        shown = preview(make_case(item=item, policy=policy), judgement(*chosen))
        assert (shown.language, shown.direction) == (language, languages.direction(language))
        return set(shown.text.split("\n"))

    same = lines("en") & lines(languages.normalise(code))
    # What people wrote, and what is not known yet.
    assert same <= {"", isolate("Be kind."), isolate(REASONS), "[…]"}


def test_the_rule_is_quoted_in_her_language_or_honestly_in_english() -> None:
    texts = {"en": "Be kind.", "th": "จงมีเมตตา", "pt-BR": "Seja gentil."}
    policy = make_policy(public_texts=texts)
    sorry = "We do not have this rule in your language. This is the English text:"

    def shown(language: str) -> str:
        case = make_case(item=by(metadata={"language": language}), policy=policy)
        return preview(case, judgement("remove")).text

    assert "จงมีเมตตา" in shown("th")
    assert "Seja gentil." in shown("pt-PT")
    assert f"{sorry}\n\u2068Be kind.\u2069" in shown("so")
    assert sorry not in shown("en-GB")
    policy.public_texts = {}
    policy.save()
    assert "Our rule: \u2068Hate speech\u2069\nThis rule is part of" in shown("so")


def test_the_rule_is_named_in_her_language_or_as_the_desk_names_it() -> None:
    policy = make_policy(
        "spam", name="Spam", public_names={"th": "สแปม", "pt-BR": "Spam em português", "ar": ""}
    )
    named = {tag: statements.name_of_rule(policy, tag) for tag in ("th", "pt-PT", "ar", "de")}
    assert named == {"th": "สแปม", "pt-PT": "Spam em português", "ar": "Spam", "de": "Spam"}


def test_what_people_wrote_cannot_turn_the_rest_around() -> None:
    spoof = "fine \u202egnihton\u2069\u2069\nsecond line"
    text = preview(make_case(), judgement("remove", reasoning=spoof)).text
    assert (
        f"{FIRST_STRONG_ISOLATE}fine gnihton{POP_ISOLATE}\n{FIRST_STRONG_ISOLATE}second line{POP_ISOLATE}"
        in text
    )
    assert text.count(FIRST_STRONG_ISOLATE) == text.count(POP_ISOLATE)
    assert isolate("a\n\nb") == "\u2068a\u2069\n\n\u2068b\u2069"


def test_what_people_wrote_is_never_a_placeholder() -> None:
    text = preview(make_case(), judgement("remove", reasoning="100%(id)s % off")).text
    assert "\u2068100%(id)s % off\u2069" in text


def test_content_without_an_author_is_explained_to_whoever_owns_it() -> None:
    item = make_item()
    assert decided("remove", item=item).statement.recipient == item


@contextmanager
def no_redress() -> Iterator[None]:
    """Nobody implements the hook."""
    manager = plugins.manager()
    offering = [each.plugin for each in manager.hook.redress.get_hookimpls()]
    assert offering
    for plugin in offering:
        manager.unregister(plugin)
    try:
        yield
    finally:
        for plugin in offering:
            manager.register(plugin)


def test_a_desk_without_a_way_to_complain_says_so_instead_of_deciding() -> None:
    with no_redress(), pytest.raises(ImproperlyConfigured, match="redress"):
        decided("remove")
    assert isinstance(statements.redress_for(decided("remove")), Redress)


def test_a_desk_without_a_way_to_complain_does_not_start() -> None:
    assert checks.run_checks() == []
    with no_redress():
        assert [each.id for each in checks.run_checks()] == ["fairlead.E001"]
