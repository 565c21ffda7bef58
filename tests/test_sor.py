"""The payload for the DSA Transparency Database: what each word of ours is in its words, and what never goes in."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from moderation import audit, dsa_categories, enforcement, languages
from moderation.decisions import JudgedAction, decide
from moderation.known_languages import OFFERED
from moderation.models import Case, Enforcement, Flag, Item, Policy, Snapshot
from moderation.policies import change_policy, fields_of
from tests.deciding import REASONS, decided, hold, judgement
from tests.factories import make_flag, make_item, make_policy
from tests.test_sor_matrix import VALIDATOR
from transparency.sor import Facts, Restriction, compose, payload
from transparency.sor.mapping import LANGUAGES, SCHEMA, TERRITORIES, content_language
from transparency.sor.words import cut

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
STRICT = SCHEMA["$defs"]["statement"]["properties"]


def told(*restrictions: Restriction, **more: Any) -> dict[str, Any]:
    """The payload of these restrictions; it is valid whatever is asked of it."""
    found = compose(facts(*restrictions, **more))
    assert found is not None
    VALIDATOR.validate(found)
    return found


def facts(*restrictions: Restriction, **more: Any) -> Facts:
    given: dict[str, Any] = {
        "puid": "puid-1",
        "service": "Harbour",
        "kind": Item.Kind.CONTENT,
        "snapshot": Snapshot(text="Some text", captured_at=NOW, created_at=NOW),
        "language": "en",
        "terms": Policy(
            name="Hate speech",
            dsa_category="STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH",
            public_texts={"en": "Do not attack people."},
        ),
        "ground": "terms",
        "legal_ground": "",
        "sources": frozenset({Flag.Source.DETECTOR}),
        "automated": False,
        "approved": False,
        "applies_from": NOW,
        "restrictions": restrictions or [restriction("remove")],
    }
    return Facts(**given | more)


def restriction(action: str, how: str = "", *territories: str, **more: Any) -> Restriction:
    kind = Item.Kind.ACCOUNT if action.endswith("_account") else Item.Kind.CONTENT
    return Restriction(action, kind, {"how": how} if how else {}, territories, **more)


@pytest.mark.parametrize(
    ("done", "code"),
    [
        (restriction("remove"), "CONTENT_REMOVED"),
        # Still there for others: access is disabled.
        (restriction("remove", "", "DE"), "CONTENT_DISABLED"),
        (restriction("restrict", "geo_block", "DE"), "CONTENT_DISABLED"),
        (restriction("restrict", "demote"), "CONTENT_DEMOTED"),
        (restriction("restrict", "age_gate"), "CONTENT_AGE_RESTRICTED"),
        (restriction("restrict", "label"), "CONTENT_LABELLED"),
        (restriction("restrict", "disable_interaction"), "CONTENT_INTERACTION_RESTRICTED"),
        (restriction("restrict", "limit_visibility"), "OTHER"),
        (restriction("somebody_elses"), "OTHER"),
    ],
)
def test_each_way_to_restrict_has_its_word(done: Restriction, code: str) -> None:
    found = told(done)
    assert found["decision_visibility"] == [f"DECISION_VISIBILITY_{code}"]
    assert ("decision_visibility_other" in found) == (code == "OTHER")


def test_money_and_accounts_have_words_of_their_own() -> None:
    later = NOW + timedelta(days=30)
    found = told(restriction("demonetise", ends_at=later))
    assert found["decision_monetary"] == "DECISION_MONETARY_SUSPENSION"
    assert found["end_date_monetary_restriction"] == "2026-12-21"
    assert told(restriction("demonetise"))["decision_monetary"] == "DECISION_MONETARY_TERMINATION"
    locked = told(restriction("lock_account", ends_at=later))
    assert locked["decision_account"] == "DECISION_ACCOUNT_SUSPENDED"
    assert locked["end_date_account_restriction"] == "2026-12-21"
    assert told(restriction("lock_account"))["decision_account"] == "DECISION_ACCOUNT_SUSPENDED"
    both = told(restriction("lock_account", ends_at=later), restriction("terminate_account"))
    assert both["decision_account"] == "DECISION_ACCOUNT_TERMINATED"
    assert "end_date_account_restriction" not in both
    assert "decision_visibility" not in both


def test_a_warning_restricts_nothing() -> None:
    assert compose(facts(restriction("warn"))) is None
    assert "decision_visibility" not in told(restriction("warn"), restriction("lock_account"))
    assert compose(replace(facts(), restrictions=[])) is None


def test_the_end_is_the_last_one_and_never_before_the_beginning() -> None:
    def end(*ends: datetime | None) -> str | None:
        ways = ("demote", "age_gate", "label")
        done = [restriction("restrict", way, ends_at=at) for way, at in zip(ways, ends, strict=False)]
        found: str | None = told(*done).get("end_date_visibility_restriction")
        return found

    assert end(NOW + timedelta(days=1), NOW + timedelta(days=9)) == "2026-11-30"
    assert end(NOW + timedelta(days=1), None) is None
    # It ended before its statement was written: an approval that took long.
    assert end(NOW - timedelta(days=4)) == "2026-11-21"
    # Later than any date that the database takes is as good as without an end.
    assert end(datetime(2038, 1, 1, tzinfo=UTC)) == "2038-01-01"
    assert end(datetime(2038, 1, 2, tzinfo=UTC)) is None
    assert end(datetime(2099, 1, 1, tzinfo=UTC)) is None


def test_countries_are_those_of_the_union_and_the_eea_alone() -> None:
    found = told(restriction("restrict", "geo_block", "DE", "TH", "GB", "GR", "NO"))
    assert found["territorial_scope"] == ["DE", "GR", "NO"]
    assert "Germany, United Kingdom, Greece, Norway, and Thailand" in found["decision_facts"]
    assert "territorial_scope" not in told(restriction("restrict", "geo_block", "TH"))
    assert "territorial_scope" not in told(
        restriction("restrict", "geo_block", "DE"), restriction("restrict", "demote")
    )
    assert len(TERRITORIES) == 30


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("en-GB", "EN"),
        ("fil", "TL"),
        ("tl", "TL"),
        ("no", "NB"),
        ("nn", "NN"),
        ("zh-Hans", "ZH"),
        ("zh-Hant-HK", "ZH"),
        ("yue", "ZH"),
        ("cmn", "ZH"),
        ("iw", "HE"),
        ("prs", "FA"),
        ("ckb", "KU"),
        ("arz", "AR"),
        ("sr-Latn", "SR"),
        ("el", "EL"),
        ("und", None),
        ("mul", None),
        ("zxx", None),
        ("haw", None),
        ("", None),
        ("not a tag", None),
    ],
)
def test_a_language_is_two_letters_or_left_out(tag: str, code: str | None) -> None:
    assert content_language(tag) == code
    assert told(language=tag).get("content_language") == code


def test_every_language_that_the_desk_offers_has_a_code() -> None:
    without = {each.tag for each in OFFERED if content_language(each.tag) is None}
    assert without == set()
    assert {content_language(each.tag) for each in OFFERED} <= LANGUAGES
    assert content_language(languages.normalise("zh")) == "ZH"


def test_dates_of_content_stay_in_bounds() -> None:
    def date(created: datetime | None) -> str:
        snapshot = Snapshot(text="x", captured_at=NOW - timedelta(days=1), created_at=created)
        return str(told(snapshot=snapshot)["content_date"])

    assert date(datetime(2020, 5, 1, tzinfo=UTC)) == "2020-05-01"
    assert date(datetime(1999, 5, 1, tzinfo=UTC)) == "2000-01-01"
    assert date(None) == "2026-11-20"
    # A clock that is wrong: nothing is restricted before it is there.
    assert date(NOW + timedelta(days=400)) == "2026-11-21"


@pytest.mark.parametrize(
    ("kind", "text", "mimes", "types", "other"),
    [
        ("content", "words", [], ["TEXT"], ""),
        ("content", "words", ["image/png", "video/mp4", "image/gif"], ["IMAGE", "TEXT", "VIDEO"], ""),
        ("content", "", ["audio/ogg; codecs=opus"], ["AUDIO"], ""),
        ("content", "", ["application/vnd.android.package-archive"], ["APP"], ""),
        ("content", "", ["application/pdf"], ["OTHER"], "File of another type"),
        ("content", "words", [None], ["OTHER", "TEXT"], "File of another type"),
        ("content", "  ", [], ["OTHER"], "Content of which only technical data is known"),
        ("ad", "", [], ["OTHER"], "Advertisement of which only technical data is known"),
        ("account", "A profile", ["image/png"], ["OTHER"], "Account"),
    ],
)
def test_of_what_it_consists(
    kind: str, text: str, mimes: list[str | None], types: list[str], other: str
) -> None:
    snapshot = Snapshot(
        text=text, captured_at=NOW, media=[{"url": "https://x.example/1", "mime": mime} for mime in mimes]
    )
    found = told(snapshot=snapshot, kind=Item.Kind(kind))
    assert found["content_type"] == [f"CONTENT_TYPE_{each}" for each in types]
    assert found.get("content_type_other", "") == other


def test_what_was_purged_says_so() -> None:
    snapshot = Snapshot(text="", captured_at=NOW, purged_at=NOW)
    assert told(snapshot=snapshot)["content_type_other"] == "Content no copy of which is kept"


@pytest.mark.parametrize(
    ("sources", "code", "detection"),
    [
        ({"detector"}, "VOLUNTARY", "Yes"),
        ({"own_initiative"}, "VOLUNTARY", "No"),
        (set(), "VOLUNTARY", "No"),
        ({"user_notice", "detector"}, "ARTICLE_16", "Yes"),
        ({"authority"}, "TYPE_OTHER_NOTIFICATION", "No"),
        ({"authority", "user_notice"}, "ARTICLE_16", "No"),
        ({"trusted_flagger", "authority", "user_notice", "detector"}, "TRUSTED_FLAGGER", "Yes"),
    ],
)
def test_who_raised_it(sources: set[str], code: str, detection: str) -> None:
    found = told(sources=frozenset(map(Flag.Source, sources)))
    assert (found["source_type"], found["automated_detection"]) == (f"SOURCE_{code}", detection)
    assert "source_identity" not in found


@pytest.mark.parametrize(
    ("automated", "approved", "code"),
    [
        (False, False, "NOT_AUTOMATED"),
        (False, True, "NOT_AUTOMATED"),
        (True, False, "FULLY"),
        (True, True, "PARTIALLY"),
    ],
)
def test_how_automated_the_decision_was(automated: bool, approved: bool, code: str) -> None:
    found = told(automated=automated, approved=approved)
    assert found["automated_decision"] == f"AUTOMATED_DECISION_{code}"


def test_a_law_is_named_and_terms_are_named_and_never_both() -> None:
    law = told(ground="law", legal_ground="Section 130 of the German Criminal Code")
    assert law["illegal_content_legal_ground"] == "Section 130 of the German Criminal Code"
    assert "Do not attack people." in law["illegal_content_explanation"]
    assert not [name for name in law if name.startswith("incompatible")]
    terms = told()
    assert terms["incompatible_content_ground"] == "Rule “Hate speech”"
    assert not [name for name in terms if name.startswith("illegal")]


def test_placeholders_name_nobody() -> None:
    terms = facts().terms
    terms.public_texts = {
        "en": "{account} may not do {item} on {service} until {until} in {countries}. {{x}}"
    }
    found = told(terms=terms)["incompatible_content_explanation"]
    assert found.endswith(
        "this account may not do this content on Harbour until the end of the restriction in the countries of the "
        "restriction. {x}"
    )


def test_long_texts_are_cut_after_a_word() -> None:
    assert cut("one two three", 13) == "one two three"
    assert cut("one two three", 12) == "one two…"
    assert cut("onetwothree", 6) == "onetw…"
    assert cut("a\n b\t c", 20) == "a b c"
    terms = Policy(
        name="N" * 120,
        dsa_category="STATEMENT_CATEGORY_VIOLENCE",
        public_texts={"en": "word " * 900},
    )
    law = told(terms=terms, ground="law", legal_ground="§ " * 250, service="S" * 400)
    assert len(law["illegal_content_explanation"]) <= 2000
    assert law["illegal_content_explanation"].endswith("word…")
    assert len(law["illegal_content_legal_ground"]) <= 500


def test_the_keyword_goes_with_its_category() -> None:
    assert "category_specification" not in told()
    terms = facts().terms
    terms.dsa_keyword = "KEYWORD_HATE_SPEECH"
    assert told(terms=terms)["category_specification"] == ["KEYWORD_HATE_SPEECH"]


def test_categories_and_keywords_are_those_of_the_database() -> None:
    assert set(dsa_categories.CATEGORIES) == set(STRICT["category"]["enum"])
    ours = [each for keywords in dsa_categories.KEYWORDS.values() for each in keywords]
    theirs = set(STRICT["category_specification"]["anyOf"][0]["items"]["enum"])
    assert len(ours) == len(set(ours))
    assert set(ours) == theirs - {"KEYWORD_OTHER", "KEYWORD_STALKING"}
    assert set(dsa_categories.KEYWORDS) == set(dsa_categories.CATEGORIES)


@pytest.mark.django_db
def test_nothing_of_a_person_goes_in() -> None:
    author = make_item(kind="account", text="", display_name="Somchai Jaidee")
    item = make_item(author=author, text="I live at 12 Quay Street", url="https://harbour.example/p/1")
    case, moderator, token = hold(item=item)
    make_flag(case, source=Flag.Source.USER_NOTICE, detector="", metadata={"name": "Jo Snitch"})
    asked = judgement("remove", "lock_account", reasoning=f"Somchai wrote it. {REASONS}", note="ask Jo")
    decision = decide(case.pk, moderator, token, asked)
    found = payload(decision.statement)
    VALIDATOR.validate(found)
    said = json.dumps(found, ensure_ascii=False)
    for personal in ("Somchai", "Quay", "harbour.example", "Snitch", "Jo", REASONS, item.external_id):
        assert personal not in said
    for personal in (author.external_id, moderator.username, decision.statement.appeal_code):
        assert personal not in said


@pytest.mark.django_db
def test_it_tells_what_the_statement_told_under_the_policy_of_then() -> None:
    case, moderator, token = hold(policy=make_policy(allowed_actions=["remove", "warn", "terminate_account"]))
    decision = decide(case.pk, moderator, token, judgement("remove", "warn", "terminate_account"))
    fields = replace(fields_of(decision.policy), name="Renamed")
    change_policy(decision.policy_id, 1, fields, audit.SYSTEM)
    decision.refresh_from_db()
    found = payload(decision.statement)
    assert found is not None
    assert found["puid"] == str(decision.statement.puid)
    assert found["decision_visibility"] == ["DECISION_VISIBILITY_CONTENT_REMOVED"]
    # It waits for a second person: nobody was told of it yet.
    assert "decision_account" not in found
    assert found["incompatible_content_ground"] == "Rule “Hate speech”"


@pytest.mark.django_db
def test_what_never_came_into_force_is_not_told() -> None:
    decision = decided("remove")
    assert payload(decision.statement) is not None
    enforcement.withdraw(decision.enforcements.all(), Enforcement.Ended.UNDONE, audit.SYSTEM)
    assert payload(decision.statement) is None
    gone = decided("remove")
    gone.enforcements.update(status=Enforcement.Status.ALREADY_GONE)
    assert payload(gone.statement) is None


@pytest.mark.django_db
def test_what_is_over_was_still_told() -> None:
    decision = decided(JudgedAction("restrict", {"how": "demote", "until": "2036-01-01T00:00:00Z"}))
    decision.enforcements.update(status=Enforcement.Status.REVERSED)
    found = payload(decision.statement)
    assert found is not None
    assert found["end_date_visibility_restriction"] == "2036-01-01"
    assert found["application_date"] == timezone.now().date().isoformat()
    assert Case.objects.get().language == "en"
