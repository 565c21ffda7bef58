"""The languages that are offered by name."""

from __future__ import annotations

import pytest

from moderation import languages
from moderation.known_languages import OFFERED, Offered
from moderation.staffing import reading


def test_sixty_languages_are_offered_each_under_its_normalised_tag() -> None:
    assert len({each.tag for each in OFFERED}) == 60
    assert [each.tag for each in OFFERED] == [languages.normalise(each.tag) for each in OFFERED]


def test_the_direction_of_each_is_that_of_its_script() -> None:
    assert {each.tag for each in OFFERED if each.direction == "rtl"} == {"he", "ar", "fa", "ur"}
    assert all(each.direction == languages.direction(each.tag) for each in OFFERED)


def test_each_has_the_same_names_everywhere() -> None:
    for each in OFFERED:
        assert languages.endonym(each.tag) == each.endonym
        assert languages.english_name(each.tag) == each.english


@pytest.mark.parametrize("offered", OFFERED, ids=lambda each: each.tag)
def test_a_language_is_found_by_its_tag_and_by_either_name(offered: Offered) -> None:
    tag, endonym, english, _ = offered
    assert (
        reading.language(tag) == reading.language(f" {endonym} ") == reading.language(english.upper()) == tag
    )


def test_any_other_tag_can_be_typed_and_nonsense_is_refused() -> None:
    assert reading.language("quz") == "quz"
    assert reading.language("iw") == "he"
    with pytest.raises(reading.Unreadable):
        reading.language("klingonish")
