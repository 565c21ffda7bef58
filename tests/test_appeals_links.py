"""The way in without an account: links that cannot be forged, codes that can be typed."""

from __future__ import annotations

import contextlib
import secrets
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appeals import links
from moderation.models import Statement
from tests.appealing import make_told

values = st.lists(st.integers(0, len(links.ALPHABET) - 1), min_size=9, max_size=9)


@pytest.fixture
def code(db: None) -> str:
    return links.new_code()


def test_a_link_leads_back_to_its_decision_and_no_changed_link_leads_anywhere() -> None:
    token = links.token_for(4711)
    assert links.opened_by(token) == (4711, None)
    decision, signature = token.split(".")
    for forged in (
        token[:-1],
        token + "A",
        f"4712.{signature}",
        f"{decision}.",
        f".{signature}",
        signature,
        "",
        "4711",
        token.swapcase(),
    ):
        with pytest.raises(links.BadLink):
            links.opened_by(forged)


def test_a_link_says_nothing_of_when_it_was_made() -> None:
    assert links.token_for(1) == links.token_for(1)


def test_a_link_signed_for_something_else_does_not_open_an_appeal() -> None:
    from django.core import signing

    with pytest.raises(links.BadLink):
        links.opened_by(signing.Signer(salt="another", sep=".").sign("1"))


def test_a_code_is_read_however_it_is_typed(code: str) -> None:
    plain = code.replace("-", "")
    assert len(plain) == links.CODE_LENGTH
    for typed in (
        code,
        code.lower(),
        plain,
        f"  {plain[:3]} {plain[3:6]} {plain[6:]} ",
        f"\u2068{code}\u2069",
        code.replace("-", "–"),
    ):
        assert links.read_code(typed) == code


@pytest.mark.parametrize(
    ("printed", "typed"), [("0", "O"), ("1", "I"), ("1", "l"), ("5", "S"), ("2", "Z"), ("8", "b"), ("V", "U")]
)
def test_a_look_alike_is_read_as_what_it_looks_like(printed: str, typed: str) -> None:
    assert printed in links.ALPHABET
    assert typed.upper() not in links.ALPHABET
    body = [links.ALPHABET.index(printed)] * 9
    code = _with_check(body)
    assert links.read_code(code.replace(printed, typed)) == links.read_code(code)


@pytest.mark.parametrize("zero", ["٠", "০", "०", "๐", "０"])
def test_digits_of_any_script_are_read(zero: str) -> None:
    code = _with_check([0, 1, 2, 3, 4, 5, 6, 7, 8])
    theirs = "".join(chr(ord(zero) + int(each)) if each.isdigit() else each for each in code)
    assert theirs != code
    assert links.read_code(theirs) == links.read_code(code)


@given(values, st.integers(0, 9), st.integers(1, len(links.ALPHABET) - 1))
def test_one_wrong_character_is_always_noticed(body: list[int], at: int, off: int) -> None:
    code = _with_check(body)
    wrong = links.ALPHABET[(links.ALPHABET.index(code[at]) + off) % len(links.ALPHABET)]
    with pytest.raises(links.BadCode):
        links.read_code(code[:at] + wrong + code[at + 1 :])


@given(values, st.integers(0, 9), st.integers(0, 9))
def test_two_characters_that_changed_places_are_always_noticed(body: list[int], one: int, other: int) -> None:
    code = list(_with_check(body))
    if code[one] == code[other]:
        return
    code[one], code[other] = code[other], code[one]
    with pytest.raises(links.BadCode):
        links.read_code("".join(code))


@given(st.text(max_size=40))
def test_whatever_is_typed_is_read_or_refused_and_never_breaks(typed: str) -> None:
    with contextlib.suppress(links.BadCode):
        assert len(links.read_code(typed)) == links.CODE_LENGTH + 1


def end(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("decided", "until"),
    [
        (datetime(2026, 11, 21, 9, 30, tzinfo=UTC), end(2027, 5, 22)),
        (datetime(2026, 6, 30, tzinfo=UTC), end(2026, 12, 31)),
        # There is no 31 February: the last day of the month, and a day.
        (datetime(2026, 8, 31, tzinfo=UTC), end(2027, 3, 1)),
        (datetime(2027, 8, 31, tzinfo=UTC), end(2028, 3, 1)),
        (datetime(2026, 12, 31, tzinfo=UTC), end(2027, 7, 1)),
    ],
)
def test_she_has_six_months_and_a_day_to_its_end(decided: datetime, until: datetime) -> None:
    assert links.appeal_until(decided) == until


@pytest.mark.django_db
def test_the_statement_of_a_decision_carries_link_code_and_date() -> None:
    told = make_told()
    assert links.link_for(told.decision.pk) in told.statement.text
    assert told.statement.appeal_code in told.statement.text
    assert links.read_code(told.statement.appeal_code) == told.statement.appeal_code
    # From the moment at which it was written, which is after the decision itself.
    late = told.statement.appeal_until - links.appeal_until(told.decision.decided_at)
    assert timedelta(0) <= late < timedelta(minutes=1)


@pytest.mark.django_db
def test_a_code_that_a_statement_has_is_not_given_again(monkeypatch: pytest.MonkeyPatch) -> None:
    told = make_told()
    taken = told.statement.appeal_code.replace("-", "")
    drawn = iter([*(links.ALPHABET.index(each) for each in taken[:-1]), *[7] * 9])
    monkeypatch.setattr(secrets, "randbelow", lambda _: next(drawn))
    assert links.new_code() != told.statement.appeal_code
    assert Statement.objects.count() == 1


def _with_check(body: list[int]) -> str:
    """The ten characters for nine values."""
    for last in links.ALPHABET:
        code = "".join(links.ALPHABET[value] for value in body) + last
        try:
            links.read_code(code)
        except links.BadCode:
            continue
        return code
    raise AssertionError("One of the characters must fit")
