"""Our own detectors: terms found as people write them, and bulk messaging seen without a word of content."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import pytest
from django.utils import timezone
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from moderation.detectors import keywords
from moderation.detectors.bulk_messaging import SIGNALS, BulkMessaging, Stage, UnknownSignal
from moderation.detectors.interface import Finding, check
from moderation.detectors.keywords import Keywords
from moderation.detectors.normalised import normalise
from moderation.detectors.terms import NothingToLookFor, Terms, read
from moderation.models import BulkMessagingLimits, Keyword, KeywordList, Snapshot
from tests.factories import make_item, make_policy


def found(text: str, *terms: str) -> list[str]:
    """What of the original text was found."""
    return [text[match.start : match.end] for match in Terms(terms).find(text, normalise(text))]


# Terms


@pytest.mark.parametrize(
    ("text", "term", "passages"),
    [
        ("Buy now, BUY NOW!", "buy now", ["Buy now", "BUY NOW"]),
        ("ＢＵＹ ｎｏｗ", "buy now", ["ＢＵＹ ｎｏｗ"]),
        ("b\u200bu\u00ady\u2060 n\u202eow", "buy now", ["b\u200bu\u00ady\u2060 n\u202eow"]),
        ("buy  \n now", "buy now", ["buy  \n now"]),
        ("buy\u00a0now", "buy   now", ["buy\u00a0now"]),
        ("𝐛𝐮𝐲 𝓷𝓸𝔀", "buy now", ["𝐛𝐮𝐲 𝓷𝓸𝔀"]),
        ("STRASSE und Straße", "straße", ["STRASSE", "Straße"]),
        ("ﬁne", "fine", ["ﬁne"]),
        ("cafe\u0301 caf\u00e9", "café", ["cafe\u0301", "caf\u00e9"]),
        ("İSTANBUL ısparta ISPARTA", "istanbul", ["İSTANBUL"]),
        ("İSTANBUL ısparta ISPARTA", "ısparta", ["ısparta", "ISPARTA"]),
        ("محـــمد مُحَمَّد", "محمد", ["محـــمد", "مُحَمَّد"]),
        ("كلب", "کلب", ["كلب"]),
        ("ﾊﾞｶ バカ", "ばか", []),
        ("ﾊﾞｶ バカ", "バカ", ["ﾊﾞｶ", "バカ"]),
    ],
)
def test_a_term_is_found_however_it_is_written(text: str, term: str, passages: list[str]) -> None:
    assert found(text, term) == passages


@pytest.mark.parametrize(
    ("text", "term", "passages"),
    [
        ("the class of classics", "class", ["class"]),
        ("Scunthorpe", "cunt", []),
        ("born in 1988", "88", []),
        ("14/88!", "88", ["88"]),
        ("snake_case kill_them_all", "kill_them_all", ["kill_them_all"]),
        ("#killall and @killall", "killall", ["killall", "killall"]),
        ("spamไทย", "spam", ["spam"]),
        ("cafés", "cafe", []),
        ("café", "cafe", []),
        ("грязные векслинги", "грязные", ["грязные"]),
        ("безгрязные", "грязные", []),
        ("don't", "don", ["don"]),
    ],
)
def test_where_words_are_parted_by_spaces_a_term_is_a_word(text: str, term: str, passages: list[str]) -> None:
    assert found(text, term) == passages


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("เขาเป็นควายจริงๆ", "ควาย"),
        ("我讨厌垃圾人们", "垃圾人"),
        ("あいつはばかだね", "ばか"),
        ("អ្នកជាឆ្កែណា", "ឆ្កែ"),
        ("မင်းခွေးပဲ", "ခွေး"),
        ("ເຈົ້າໝາແທ້", "ໝາ"),
        ("야 바보야", "바보"),
        ("BTS는 최고", "bts"),
    ],
)
def test_where_they_are_not_a_term_is_found_inside_running_text(text: str, term: str) -> None:
    assert len(found(text, term)) == 1


@pytest.mark.parametrize(
    ("text", "term"),
    [("ควายี", "ควาย"), ("काली", "काल"), ("각", "가"), ("바보", "보")],
)
def test_a_term_never_ends_or_starts_inside_a_letter_or_word(text: str, term: str) -> None:
    assert found(text, term) == []


@pytest.mark.parametrize(
    ("text", "term", "passages"),
    [
        ("look 🐵🍌 here", "🐵🍌", ["🐵🍌"]),
        ("I ❤️ it", "❤", ["❤️"]),
        ("I ❤ it", "❤️", ["❤"]),
        ("👨‍👩‍👧", "👨‍👩‍👧", ["👨‍👩‍👧"]),
        ("👌🏻", "👌", ["👌"]),
        ("👌🏿", "👌🏻", []),
        ("🇦🇩🇪🇸", "🇩🇪", []),
        ("🇩🇪🇦🇩", "🇩🇪", ["🇩🇪"]),
        ("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "🏴", []),
        ("buy\U000e0062\U000e0061 now", "buy now", ["buy\U000e0062\U000e0061 now"]),
        ("spam💰💰💰spam", "💰💰💰", ["💰💰💰"]),
    ],
)
def test_emoji_and_their_sequences_are_terms(text: str, term: str, passages: list[str]) -> None:
    assert found(text, term) == passages


def test_a_star_lets_the_word_go_on_and_nothing_else_is_a_pattern() -> None:
    assert found("kitaplar kitap mektupkitap", "kitap*") == ["kitap", "kitap"]
    assert found("والكتاب كتاب", "*كتاب") == ["كتاب", "كتاب"]
    assert found("a.c abc a*c", "a.c") == ["a.c"]
    assert found("a.c abc a*c", "a*c") == ["a*c"]
    assert found("x(y|z) [ab]+", "[ab]+", "x(y|z)") == ["x(y|z)", "[ab]+"]


def test_the_longest_of_overlapping_terms_is_shown() -> None:
    assert found("you are a total waste of space", "waste", "total waste of space", "total") == [
        "total waste of space"
    ]
    # Where the longest is no word here, a shorter one that is still counts.
    assert found("total wastes", "total", "total waste") == ["total"]


@pytest.mark.parametrize("term", ["", "  ", "*", "\u200b", "* \ufe0f *"])
def test_a_term_with_nothing_to_look_for_is_refused(term: str) -> None:
    with pytest.raises(NothingToLookFor):
        read(term)


@settings(max_examples=300, deadline=None)
@given(
    st.text(max_size=12),
    st.sampled_from(["Ärger", "bad word", "ควาย", "垃圾", "🐵🍌", "각", "İ", "caf\u00e9"]),
    st.text(max_size=12),
)
def test_whatever_stands_around_it_a_match_is_where_the_term_is(before: str, term: str, after: str) -> None:
    text = f"{before} {term} {after}"
    sought = read(term).sought
    matches = Terms([term]).find(text, normalise(text))
    assert matches
    for match in matches:
        assert 0 <= match.start < match.end <= len(text)
        assert normalise(text[match.start : match.end]).text == sought


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(), max_size=40))
@example("Ù\U00011235")  # a mark that goes before the one that the letter before it is made of
def test_normalising_keeps_the_place_of_every_character(text: str) -> None:
    it = normalise(text)
    assert len(it.text) == len(it.offsets)
    assert list(it.offsets) == sorted(it.offsets)
    assert all(0 <= offset < len(text) for offset in it.offsets)


# Keyword lists


def make_list(
    slug: str, *terms: str, language: str = "", policy: str = "hate-speech", **changes: Any
) -> KeywordList:
    made = KeywordList.objects.create(
        slug=slug, name=slug, language=language, policy=make_policy(policy), **changes
    )
    Keyword.objects.bulk_create(Keyword(keyword_list=made, term=term) for term in terms)
    return made


def screened(text: str, **snapshot: Any) -> Finding | None:
    detector = Keywords()
    detector.version()
    finding = detector.screen(make_item(text=text, **snapshot).snapshots.get())
    return finding if finding is None else check(finding)


@pytest.mark.django_db
def test_a_list_flags_its_policy_with_its_score() -> None:
    make_list("hate-en", "filthy vexlings", language="en", score=0.85)
    finding = screened("You ﬁlthy vexlings, all of you", language="en")
    assert finding is not None
    (flag,) = finding.flags
    assert (flag.policy, flag.score) == ("hate-speech", 0.85)


@pytest.mark.django_db
def test_evidence_says_term_place_and_list() -> None:
    make_list("hate-en", "filthy vexlings", language="en")
    text = "👋 you FILTHY\u00a0vexlings!"
    finding = screened(text, language="en")
    assert finding is not None
    assert finding.flags[0].evidence == {
        "matches": [{"term": "filthy vexlings", "start": 6, "end": 21, "list": "hate-en"}]
    }
    assert text[6:21] == "FILTHY\u00a0vexlings"
    assert finding.saw == {"language": "en", "lists": {"hate-en": {"version": 1, "matches": 1}}}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("list_language", "declared", "applies"),
    [
        ("", "th", True),
        ("th", "th", True),
        ("th", "en", False),
        ("pt", "pt-BR", True),
        ("zh-Hans", "zh-Hant", False),
        ("en", "und", True),
        ("en", "mul", True),
        ("en", "", True),  # identified from the text
        ("th", "", False),
    ],
)
def test_a_list_applies_to_texts_that_its_readers_read_and_where_nobody_knows(
    list_language: str, declared: str, applies: bool
) -> None:
    make_list("list", "weather", language=list_language)
    finding = screened("I do not know what you said about the weather yesterday.", language=declared)
    assert bool(finding and finding.flags) is applies


@pytest.mark.django_db
def test_lists_of_one_policy_make_one_flag_and_other_policies_their_own() -> None:
    make_list("a", "apple", score=0.4)
    make_list("b", "pear", score=0.9)
    make_list("c", "pear", policy="spam", score=0.3)
    make_list("off", "apple", policy="violence", enabled=False)
    finding = screened("a pear and an apple", language="en")
    assert finding is not None
    by_policy = {flag.policy: flag for flag in finding.flags}
    assert set(by_policy) == {"hate-speech", "spam"}
    assert by_policy["hate-speech"].score == 0.9
    assert [match["term"] for match in by_policy["hate-speech"].evidence["matches"]] == ["pear", "apple"]


@pytest.mark.django_db
def test_a_change_of_a_list_shows_at_once_and_in_the_version() -> None:
    made = make_list("a", "apple")
    detector = Keywords()
    first = detector.version()
    snapshot = make_item(text="a pear", language="en").snapshots.get()
    finding = detector.screen(snapshot)
    assert finding is not None
    assert not finding.flags

    Keyword.objects.create(keyword_list=made, term="pear")
    KeywordList.objects.filter(pk=made.pk).update(version=2)
    second = detector.version()
    assert second != first
    finding = detector.screen(snapshot)
    assert finding is not None
    assert finding.flags


@pytest.mark.django_db
def test_a_known_version_is_not_read_again(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    make_list("a", "apple")
    keywords.warm()
    detector = Keywords()
    snapshot = make_item(text="an apple", language="en").snapshots.get()
    with django_assert_num_queries(1):
        detector.version()
        detector.screen(snapshot)


@pytest.mark.django_db
def test_a_text_that_is_nothing_but_matches_is_shown_with_its_first() -> None:
    make_list("a", "bad")
    finding = screened("bad " * 1000, language="en")
    assert finding is not None
    assert len(finding.flags[0].evidence["matches"]) == keywords.MOST_MATCHES
    assert finding.saw["lists"]["a"]["matches"] == 1000


@pytest.mark.django_db
def test_without_text_or_lists_there_is_nothing_to_look_at() -> None:
    assert screened("some text") is None
    make_list("a", "apple")
    assert screened("") is None


# Bulk messaging

MACHINE = {
    "account_age_minutes": 5,
    "messages_sent_1h": 1200,
    "recipients_1h": 900,
    "non_contact_share": 0.99,
    "typing_share": 0.0,
    "emulator": True,
    "blocks_24h": 60,
    "linked_accounts": [{"id": f"acct-{n}", "by": "device"} for n in range(30)],
}
PERSON = {
    "account_age_minutes": 900_000,
    "messages_sent_1h": 40,
    "recipients_1h": 6,
    "non_contact_share": 0.0,
    "typing_share": 0.97,
    "emulator": False,
    "blocks_24h": 0,
    "linked_accounts": 1,
}
LIMITS = {
    "account_age_minutes": {"limit": 60, "weight": 0.1},
    "messages_sent_1h": {"limit": 300, "weight": 0.2},
    "recipients_1h": {"limit": 200, "weight": 0.2},
    "non_contact_share": {"limit": 0.7, "weight": 0.2},
    "typing_share": {"limit": 0.05, "weight": 0.1},
    "emulator": {"limit": 0, "weight": 0.1},
    "blocks_24h": {"limit": 15, "weight": 0.2},
    "linked_accounts": {"limit": 5, "weight": 0.1},
    "country_mismatch": {"limit": 0, "weight": 0.05},
}


@pytest.fixture
def limits(db: None) -> BulkMessagingLimits:
    return BulkMessagingLimits.objects.create(policy=make_policy("bulk-messaging"), signals=LIMITS, version=7)


def account(metadata: dict[str, Any], **snapshot: Any) -> Snapshot:
    fields = {"text": "", "disclosure": "metadata_only", "metadata": metadata} | snapshot
    return make_item(kind="account", **fields).snapshots.get()


def looked_at(snapshot: Snapshot) -> Finding | None:
    detector = BulkMessaging()
    detector.version()
    finding = detector.screen(snapshot)
    return finding if finding is None else check(finding)


@pytest.mark.django_db
def test_an_account_that_sends_like_a_machine_is_flagged(limits: BulkMessagingLimits) -> None:
    finding = looked_at(account(MACHINE))
    assert finding is not None
    (flag,) = finding.flags
    assert (flag.policy, flag.score) == ("bulk-messaging", 1.0)
    assert flag.evidence["threshold"] == 0.5
    assert len(flag.evidence["linked_accounts"]) == 20
    rows = {row["signal"]: row for row in flag.evidence["signals"]}
    assert rows["messages_sent_1h"] == {
        "signal": "messages_sent_1h",
        "stage": "activity",
        "window": "1 hour",
        "words": "messages sent",
        "value": 1200,
        "limit": 300,
        "over": "above",
        "weight": 0.2,
        "exceeded": True,
    }
    assert (rows["typing_share"]["over"], rows["linked_accounts"]["value"]) == ("below", 30)
    stages = [row["stage"] for row in flag.evidence["signals"]]
    assert stages == sorted(stages, key=list(Stage).index)


@pytest.mark.django_db
def test_an_account_that_sends_like_a_person_is_not_flagged_and_it_is_kept_why(
    limits: BulkMessagingLimits,
) -> None:
    finding = looked_at(account(PERSON))
    assert finding is not None
    assert not finding.flags
    assert {row["signal"] for row in finding.saw["signals"]} == set(PERSON)
    assert finding.saw["score"] == 0


@pytest.mark.django_db
def test_the_score_is_the_sum_of_the_weights_exceeded_and_flags_from_the_threshold_on(
    limits: BulkMessagingLimits,
) -> None:
    finding = looked_at(account({"messages_sent_1h": 301, "recipients_1h": 201, "emulator": True}))
    assert finding is not None
    assert finding.flags[0].score == 0.5
    finding = looked_at(account({"messages_sent_1h": 301, "recipients_1h": 200, "emulator": True}))
    assert finding is not None
    assert (finding.saw["score"], finding.flags) == (0.3, ())


@pytest.mark.django_db
def test_age_and_country_are_worked_out_from_what_is_known(limits: BulkMessagingLimits) -> None:
    now = timezone.now()
    finding = looked_at(account({"ip_country": "nl"}, created_at=now - timedelta(minutes=10), country="TH"))
    assert finding is not None
    values = {row["signal"]: row["value"] for row in finding.saw["signals"]}
    assert values["country_mismatch"] is True
    assert values["account_age_minutes"] == pytest.approx(10, abs=1)


@pytest.mark.django_db
@pytest.mark.parametrize("value", ["many", None, -3, {"a": 1}, [], float("1e400")])
def test_values_that_cannot_be_read_are_left_out(limits: BulkMessagingLimits, value: Any) -> None:
    from moderation.detectors.bulk_messaging import measured

    assert "messages_sent_1h" not in measured({"messages_sent_1h": value}, "", None, timezone.now())


@pytest.mark.django_db
def test_only_accounts_are_looked_at_and_only_once_there_are_limits(limits: BulkMessagingLimits) -> None:
    assert looked_at(make_item(metadata=MACHINE).snapshots.get()) is None
    assert looked_at(account({})) is None
    limits.delete()
    assert looked_at(account(MACHINE)) is None


class Sealed:
    """A snapshot whose content nobody may touch."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def __getattr__(self, name: str) -> Any:
        assert name not in {"text", "media", "display_name", "url", "language"}, f"{name} was read"
        return getattr(self._snapshot, name)


@pytest.mark.django_db
def test_no_content_is_ever_looked_at(limits: BulkMessagingLimits) -> None:
    sealed = cast(Snapshot, Sealed(account(MACHINE)))
    with pytest.raises(AssertionError):
        _ = sealed.text
    finding = looked_at(sealed)
    assert finding is not None
    assert finding.flags


@pytest.mark.django_db
@pytest.mark.parametrize(
    "signals",
    [
        {"colour": {"limit": 1, "weight": 0.5}},
        {"emulator": {"limit": 0}},
        {"emulator": {"limit": "none", "weight": 0.5}},
        {"emulator": {"limit": True, "weight": 0.5}},
    ],
)
def test_limits_that_nobody_can_measure_are_said_and_not_passed_over(
    limits: BulkMessagingLimits, signals: dict[str, Any]
) -> None:
    BulkMessagingLimits.objects.update(signals=signals)
    with pytest.raises(UnknownSignal):
        looked_at(account(MACHINE))


def test_every_stage_has_signals() -> None:
    assert {signal.stage for signal in SIGNALS.values()} == set(Stage)


@pytest.mark.django_db
def test_the_version_is_that_of_the_limits(limits: BulkMessagingLimits) -> None:
    assert BulkMessaging().version() == "limits 7"
