"""The sixty languages that are offered by name: matched exactly as far as their readers read, kept as they were sent.

Who reads what is CLDR's language distance from the reader to the content; the pairs named here were measured.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations

import langcodes
import pytest

from accounts.models import LanguageSkill, Platform, User
from moderation import conditions, languages
from moderation.eligibility.desk import Access, Desk, LaneKey, QueueSetup
from moderation.eligibility.loading import skill_of
from moderation.eligibility.people import Grant, Moderator, Skill
from moderation.eligibility.steps import Step
from moderation.known_languages import OFFERED
from moderation.models import Lane
from moderation.queueing.lanes import open_lanes
from moderation.templatetags.desk import language as shown
from tests.factories import NOW_FOR_ALL, make_queue
from tests.sixty_languages import ALIASES, ENDONYMS, RIGHT_TO_LEFT, TAGS

# The only ones of the sixty that are near enough to each other to be one language for a reader.
TWINS = {
    ("pt-BR", "pt-PT"),
    ("pt-PT", "pt-BR"),
    ("zh-Hant-TW", "zh-Hant-HK"),
    ("zh-Hant-HK", "zh-Hant-TW"),
}
# "Speakers may cope", which is not enough to judge by: (reader, content).
COPING = {
    *[("id", "ms"), ("da", "nb"), ("nb", "da"), ("ca", "es"), ("cs", "sk"), ("sk", "cs")],
    *[("af", "nl"), ("uk", "ru"), ("ga", "en")],
}
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_the_desk_offers_these_sixty_under_their_own_names() -> None:
    assert len(TAGS) == 60
    assert {each.tag: each.endonym for each in OFFERED} == ENDONYMS
    assert {each.tag for each in OFFERED if each.direction == "rtl"} == RIGHT_TO_LEFT


def test_of_all_pairs_of_the_sixty_only_two_pairs_of_twins_read_each_other() -> None:
    assert {pair for pair in permutations(TAGS, 2) if languages.readable(*pair)} == TWINS
    assert all(languages.readable(tag, tag) for tag in TAGS)


def test_whoever_may_only_cope_needs_a_grant_and_a_step_that_takes_it() -> None:
    assert {pair for pair in permutations(TAGS, 2) if 10 < langcodes.tag_distance(*pair) <= 25} == COPING
    for reads, content in COPING:
        reader = Moderator(1, "Reader", skills=(Skill(reads, 5, (reads,)),))
        lane = LaneKey(1, content)

        grant = Grant(reads, content, 3)
        for step, grants, may in (
            (Step(0, 1, "close"), (), False),
            (Step(0, 1), (grant,), False),
            (Step(0, 3, "close"), (grant,), True),
        ):
            queue = QueueSetup(1, "general", "General", (step,))
            access = Desk(NOON, {1: reader}, {1: queue}, (lane,), grants).access(reader, lane)
            assert isinstance(access, Access) is may, (reads, content)


@pytest.mark.parametrize(
    ("skill", "content", "reads"),
    [
        # Regional variants
        *[("pt", "pt-BR", True), ("pt", "pt-PT", True), ("es-MX", "es", True), ("es", "es-MX", True)],
        *[("en", "en-GB", True), ("zh-Hant-HK", "zh-Hant", True), ("nb", "nb-NO", True)],
        # One language under several names
        *[(a, b, True) for a, b in permutations(("bs", "hr", "sr-Latn"), 2)],
        # Scripts
        *[("zh-Hans", "zh-Hant-TW", False), ("zh-Hant-HK", "zh-Hans", False), ("hi-Latn", "hi", False)],
        *[("uz-Cyrl", "uz", False), ("pa-Arab", "pa", False), ("pa", "pa-Arab", False)],
        *[("hr", "sr-Cyrl", False), ("hr", "sr", False), ("bs-Cyrl", "bs", False)],
        # Readers of Serbian read both of its scripts.
        *[("sr-Cyrl", "sr-Latn", True), ("sr-Latn", "sr-Cyrl", True)],
        # This way round
        *[("de", "lb", False), ("lb", "de", True), ("de", "gsw", False), ("gsw", "de", True)],
        *[("uk", "ru", False), ("ru", "uk", False), ("id", "ms", False), ("ms", "id", False)],
        # From one language to the wider one, and not back
        *[("arz", "ar", True), ("ar", "arz", False), ("nn", "nb", False), ("yue", "zh-Hant-HK", True)],
        *[("zh-Hant-HK", "yue", False)],
    ],
)
def test_neighbours_match_as_far_as_their_readers_read(skill: str, content: str, reads: bool) -> None:
    assert languages.normalise(skill) == skill
    assert languages.normalise(content) == content
    assert languages.readable(skill, content) is reads


@pytest.mark.parametrize(
    ("tag", "scripts", "reads", "reads_not"),
    [
        ("zh-Hans", ["Hans", "Hant"], ["zh-Hans", "zh-Hant", "zh-Hant-TW"], []),
        ("zh-Hant-TW", [], ["zh-Hant-TW", "zh-Hant-HK"], ["zh-Hans"]),
        ("sr", ["Cyrl"], ["sr", "sr-Latn"], ["hr"]),
        ("pa", ["Arab"], ["pa-Arab"], ["pa"]),
        ("pa", ["Arab", "Guru"], ["pa-Arab", "pa"], []),
        ("uz", ["Latn", "Cyrl"], ["uz", "uz-Cyrl"], ["uz-Arab"]),
    ],
)
def test_a_skill_counts_in_each_of_its_scripts_and_in_no_other(
    tag: str, scripts: list[str], reads: list[str], reads_not: list[str]
) -> None:
    skill = skill_of(LanguageSkill(tag=tag, scripts=scripts, level=5))

    def does(content: str) -> bool:
        return any(languages.readable(each, content) for each in skill.tags)

    assert [content for content in reads if not does(content)] == []
    assert [content for content in reads_not if does(content)] == []


@pytest.mark.parametrize(("sent", "kept"), [*ALIASES.items(), *((tag, tag) for tag in TAGS)])
def test_every_spelling_of_a_language_is_kept_as_one(sent: str, kept: str) -> None:
    assert languages.normalise(sent) == kept
    assert languages.normalise(kept) == kept
    assert languages.normalise(f" {sent.upper().replace('-', '_')} ") == kept


def test_text_of_unknown_language_is_nobodys_whatever_its_script() -> None:
    """A tag that names a script alone is near to whatever is likely written in it, by distance."""
    assert all(
        languages.normalise(tag) in languages.SPECIAL
        for tag in ("und-Latn", "und-Arab", "und-BR", "mul-Latn")
    )


@pytest.mark.parametrize("tag", TAGS)
def test_a_name_stands_in_its_own_language_and_direction(tag: str) -> None:
    direction = "rtl" if tag in RIGHT_TO_LEFT else "ltr"
    html = shown(tag)
    assert html.startswith(f'<bdi lang="{tag}" dir="{direction}">')
    assert html.endswith("</bdi>")
    assert languages.endonym(tag) in html


def test_a_rule_for_chinese_catches_every_spelling_of_it() -> None:
    for sent in ("zh", "zh_tw", "zh-Hant-HK", "cmn", "cmn-Hant", "zh-CN"):
        assert conditions.in_range(languages.normalise(sent), "zh-*")


@pytest.mark.django_db
def test_a_reader_of_each_is_given_its_cases_and_those_of_its_twin_alone(platform: Platform) -> None:
    """Sixty readers of one language each, sixty lanes, und, mul and zxx beside them."""
    queue = make_queue(steps=NOW_FOR_ALL)
    readers = User.objects.bulk_create(User(username=f"reads-{tag}") for tag in TAGS)
    LanguageSkill.objects.bulk_create(
        LanguageSkill(moderator=reader, tag=tag, level=3) for reader, tag in zip(readers, TAGS, strict=True)
    )
    Lane.objects.bulk_create(Lane(queue=queue, language=tag) for tag in (*TAGS, *languages.SPECIAL))
    expected = {tag: {tag, *languages.SPECIAL} for tag in TAGS}
    for skill, content in TWINS:
        expected[skill].add(content)
    assert {
        tag: {lane.language for lane in open_lanes(reader)} for reader, tag in zip(readers, TAGS, strict=True)
    } == expected
