"""Random worlds for tests/test_eligibility.py, as hypothesis draws them.

Drawn from few values each, so that languages that are near each other, waits that are a step's to the second, equal
priorities and shifts that end just now come up again and again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar

from hypothesis import strategies as st

from tests.eligibility_reference import (
    CaseOf,
    GrantOf,
    Person,
    QueueOf,
    ShiftOf,
    SkillOf,
    StepOf,
    World,
)

Drawn = TypeVar("Drawn")
Draw = Callable[[st.SearchStrategy[Any]], Any]

# Languages that matching might mix up, with the scripts that a skill in them may name.
FAMILIES: tuple[dict[str, tuple[str, ...]], ...] = (
    {"de": ("Latn",), "lb": ("Latn",)},  # who reads the second reads the first, and not the other way round
    {"pt-BR": ("Latn",), "pt-PT": ("Latn",), "es": ("Latn",)},
    {"zh-Hans": ("Hans", "Hant"), "zh-Hant-TW": ("Hant", "Hans"), "zh-Hant-HK": ("Hant",)},
    {"sr": ("Cyrl", "Latn"), "hr": ("Latn",), "bs": ("Latn", "Cyrl")},
    {"id": ("Latn",), "ms": ("Latn", "Arab")},
    {"uk": ("Cyrl",), "ru": ("Cyrl", "Latn")},
    {"pa": ("Guru", "Arab"), "ur": ("Arab",)},
    {"nb": ("Latn",), "nn": ("Latn",), "da": ("Latn",)},
    {"uz": ("Latn", "Cyrl"), "hi-Latn": ("Latn", "Deva")},
    {"th": ("Thai",), "ar": ("Arab",), "arz": ("Arab",)},
)
WIDTH = ("language", "close", "any")
SPECIAL = ("und", "mul", "zxx")
CLEARANCES = ("child_safety", "terrorism")
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland")
ACTIONS = ("no_violation", "escalate")
AFTER = (0, 10, 30, 60)
# Of those a second before, at and after the moment at which some step opens.
WAITED = (0, 599, 600, 1799, 1800, 3599, 3600, 86_400)
# Around both changes of the clock in Berlin and in New York, and somewhere plain.
DAYS = (date(2026, 3, 8), date(2026, 3, 29), date(2026, 6, 17), date(2026, 10, 25), date(2026, 11, 1))
HOURS = tuple(time(hour, minute) for hour in (0, 2, 3, 8, 16, 22) for minute in (0, 30))


# Every strategy is made once and draws places in lists, not what is there: making them anew for each world, because
# its cases are in its languages, would take longer than the world itself.
FAMILY = st.sampled_from(FAMILIES)
OTHER_FAMILY = st.sampled_from(({}, {}, *FAMILIES[:5]))
PLACE = st.integers(0, 5)
LEVEL = st.integers(1, 5)
HOUR = st.sampled_from(HOURS)


def some_of(values: tuple[Drawn, ...], most: int) -> st.SearchStrategy[tuple[Drawn, ...]]:
    """Up to ``most`` different ones of these."""
    return st.lists(st.sampled_from(values), max_size=most, unique=True).map(tuple)


def steps_of(drawn: tuple[list[int], list[tuple[str, int]], bool]) -> tuple[StepOf, ...]:
    """Steps that the product takes: each later than the one before it, and letting in somebody whom none before did."""
    afters, readers, widening = drawn
    if widening:  # as people write them; otherwise most of what is drawn lets in nobody
        readers = sorted(readers, key=lambda each: (WIDTH.index(each[0]), -each[1]))
    kept: list[StepOf] = []
    for after, (reads, drawn_level) in zip(sorted(afters), readers, strict=False):
        level = 1 if reads == "any" else drawn_level
        if not any(WIDTH.index(each.reads) >= WIDTH.index(reads) and each.level <= level for each in kept):
            kept.append(StepOf(after, level, reads, ACTIONS if reads == "any" else ()))
    return tuple(kept)


def steps(least: int) -> st.SearchStrategy[tuple[StepOf, ...]]:
    return st.tuples(
        st.lists(st.sampled_from(AFTER), min_size=least, max_size=3, unique=True),
        st.lists(st.tuples(st.sampled_from(("language", *WIDTH)), LEVEL), min_size=3, max_size=3),
        st.booleans(),
    ).map(steps_of)


# Mostly nothing, or nobody would be given anything.
REQUIRED: tuple[tuple[str, ...], ...] = ((), (), (), *((each,) for each in CLEARANCES))
SKILL = st.tuples(
    PLACE,
    LEVEL,
    st.sampled_from(((), (), (0,), (1,), (0, 1))),
    st.sampled_from((None, None, None, -1, 0, 1)),
)
PERSON = st.tuples(
    st.lists(SKILL, min_size=1, max_size=3, unique_by=lambda skill: skill[0]),
    st.sampled_from((CLEARANCES, CLEARANCES, *REQUIRED)).map(frozenset),
    some_of((0, 1, 2), 2).map(frozenset),
    st.sampled_from(ZONES),
    st.lists(
        st.tuples(st.sampled_from((-1, 0, 1)), HOUR, HOUR), max_size=2, unique_by=lambda shift: shift[:2]
    ),
    st.sampled_from((None, None, None, (-60, 60), (-60, 0), (0, 60), (60, 120))),
    st.sampled_from((True,) * 7 + (False,)),
)
QUEUE = st.builds(
    QueueOf,
    steps(1),
    st.sampled_from(REQUIRED).map(frozenset),
    st.sampled_from((False, False, False, True)),
    st.sampled_from((False,) * 7 + (True,)),
)
CASE = st.tuples(
    PLACE,
    st.integers(0, 12),
    st.sampled_from((100, 200)),
    st.sampled_from((-60, 60, 120)),
    st.sampled_from(WAITED),
    st.sampled_from(("queued",) * 8 + ("claimed", "decided")),
    st.booleans(),
    st.dictionaries(PLACE, st.sampled_from((None, -1, 0, 60)), max_size=1),
)
GRANT = st.tuples(PLACE, PLACE, LEVEL, st.sampled_from((None, None, 0, 1, 2)))
ASKED = st.tuples(
    st.sampled_from(REQUIRED).map(frozenset), steps(0), st.sampled_from((None, None, None, 0, 1, 2))
)


@st.composite
def worlds(draw: Draw) -> World:
    """Two or three moderators, up to three queues, up to nine cases in a few languages."""
    languages = draw(FAMILY) | draw(OTHER_FAMILY)
    tags = tuple(languages)
    content = (*tags, *tags, draw(st.sampled_from(SPECIAL)))
    moment = datetime.combine(draw(st.sampled_from(DAYS)), draw(HOUR), UTC)
    queues = draw(st.lists(QUEUE, min_size=1, max_size=3))
    people = draw(st.lists(PERSON, min_size=2, max_size=3))
    asked = draw(ASKED)
    cases = draw(st.lists(CASE, min_size=3, max_size=9))
    grants = draw(st.lists(GRANT, max_size=3))
    return World(
        moment,
        tuple(_person(drawn, moment, languages, len(queues)) for drawn in people),
        tuple(queues),
        tuple(
            CaseOf(
                queue % len(queues),
                content[language % len(content)],
                priority,
                due_in,
                waited,
                status,
                asked[0] if asks else frozenset(),
                asked[1] if asks else (),
                (tags[asked[2] % len(tags)],) if asks and asked[2] is not None else (),
                {place % len(people): lasts for place, lasts in excluded.items()},
            )
            for queue, language, priority, due_in, waited, status, asks, excluded in cases
        ),
        tuple(
            {
                (reads % len(tags), takes % len(tags), whose): GrantOf(
                    tags[reads % len(tags)], tags[takes % len(tags)], most_level, whose
                )
                for reads, takes, most_level, whose in grants
                if whose is None or whose < len(people)
            }.values()
        ),
        draw(st.booleans()),
    )


def _person(drawn: Any, moment: datetime, languages: dict[str, tuple[str, ...]], queues: int) -> Person:
    skills, clearances, member_of, zone, shifts, away, active = drawn
    tags = tuple(languages)
    read = {
        (tag := tags[place % len(tags)]): SkillOf(
            tag,
            level,
            tuple(script for n, script in enumerate(languages[tag]) if n in scripts),
            None if days is None else moment.date() + timedelta(days=days),
        )
        for place, level, scripts, days in skills
    }
    return Person(
        tuple(read.values()),
        clearances,
        frozenset(place for place in member_of if place < queues),
        zone,
        tuple(ShiftOf((moment.weekday() + days) % 7, starts, ends) for days, starts, ends in shifts),
        ((moment + timedelta(minutes=away[0]), moment + timedelta(minutes=away[1])),) if away else (),
        active,
    )
