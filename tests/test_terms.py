"""Terms of keyword lists, found as people write them, in every script."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from moderation.detectors.normalised import normalise
from moderation.detectors.terms import NothingToLookFor, Terms, read


def found(text: str, *terms: str) -> list[str]:
    """What of the original text was found."""
    return [text[match.start : match.end] for match in Terms(terms).find(text, normalise(text))]


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
