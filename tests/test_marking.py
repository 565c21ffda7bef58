"""Untrusted text, marked: nothing added, nothing lost, nothing torn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.console.marking import Piece, defang, mark

SPANS = st.lists(st.tuples(st.integers(-5, 60), st.integers(-5, 60), st.integers(1, 9)), max_size=8)


@given(st.text(max_size=50), SPANS)
def test_the_pieces_joined_are_the_text(text: str, spans: list[tuple[int, int, int]]) -> None:
    assert "".join(piece.text for piece in mark(text, spans).pieces) == text


@given(st.text(alphabet=st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=50), SPANS)
def test_each_letter_is_marked_by_the_spans_that_cover_it(
    text: str, spans: list[tuple[int, int, int]]
) -> None:
    by_letter = [piece.flags for piece in mark(text, spans).pieces for _ in piece.text]
    within = [span for span in spans if 0 <= span[0] < span[1] <= len(text)]
    for place, flags in enumerate(by_letter):
        assert flags == tuple(sorted({number for start, end, number in within if start <= place < end}))


def test_overlapping_spans_are_marked_where_they_overlap() -> None:
    assert mark("abcdef", [(1, 4, 1), (3, 5, 2)]).pieces == [
        Piece("a"),
        Piece("bc", (1,)),
        Piece("d", (1, 2)),
        Piece("e", (2,)),
        Piece("f"),
    ]


def test_offsets_count_code_points_also_after_an_emoji() -> None:
    text = "👩‍👩‍👧 hate"
    start = text.index("hate")
    assert mark(text, [(start, start + 4, 1)]).pieces[-1] == Piece("hate", (1,))


def test_a_thai_vowel_is_never_torn_from_its_letter() -> None:
    # The span ends between ก and the mark above it.
    assert mark("กิน", [(0, 1, 1)]).pieces == [Piece("กิ", (1,)), Piece("น")]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("pay\u202egpj.exe", ["RIGHT-TO-LEFT OVERRIDE"]),
        ("hi\u200bdden", ["ZERO WIDTH SPACE"]),
        ("pаypal", ["CYRILLIC SMALL LETTER A"]),
        ("𝐡𝐚𝐭𝐞", [f"MATHEMATICAL BOLD SMALL {letter}" for letter in "HATE"]),
        ("a\u200db", ["ZERO WIDTH JOINER"]),
        ("tag\U000e0041", ["TAG LATIN CAPITAL LETTER A"]),
    ],
)
def test_characters_that_hide_or_pretend_are_named(text: str, names: list[str]) -> None:
    assert [name for name, _ in mark(text).odd] == names


@pytest.mark.parametrize(
    "text",
    [
        "می‌خواهم",  # Persian needs its non-joiner
        "क्‍ष",  # and Hindi its joiner
        "👨‍👩‍👧 🏳️‍🌈",
        "Привет, как дела",
        "Ελληνικά και English",
        "日本語 ไทย العربية",
        "naïve café",
    ],
)
def test_honest_writing_is_not_suspected(text: str) -> None:
    assert mark(text).odd == []


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://evil.example/a.b?c=http://x.y", "hxxps://evil[.]example/a.b?c=http://x.y"),
        ("http://evil.example", "hxxp://evil[.]example"),
        ("evil.example", "evil[.]example"),
    ],
)
def test_no_program_takes_a_defanged_address_for_one(url: str, safe: str) -> None:
    assert defang(url) == safe
