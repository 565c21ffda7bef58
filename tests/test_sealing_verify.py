"""Verifying: whatever a superuser does to one Event or seal by SQL is found, and said where."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection
from pytest_django import DjangoAssertNumQueries, Settings

from moderation.models import Event, Seal
from moderation.sealing import heads, leaves, merkle, sealer
from moderation.sealing.verifying import verify
from tests.sealing import damage, empty_trail, found, make_events, make_trail, run, seal_of, tamper

pytestmark = pytest.mark.django_db
# Events and seals by place in the trail: the first, one inside, the last of a seal, the first of the next, the last.
PLACES = [0, 4, 9, 10, 29]


@pytest.fixture
def numbers(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A trail of 30 Events in seals of ten, and what tells of them."""
    made = make_trail(monkeypatch)
    assert damage() == []
    return made


def test_a_trail_that_nobody_touched_is_as_it_was_sealed(
    numbers: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    make_events(2)
    code, said = run(capsys, "verify")
    assert code == 0
    # The last seal's own Event, and two more.
    assert "Not sealed yet: " in said
    assert said.endswith("All is as it was sealed.\n")
    report = verify()
    assert report.unsealed is not None
    assert report.events + report.unsealed.events == Event.objects.count()


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "change",
    [
        "kind = 'test.nothing'",
        "at = at + interval '1 microsecond'",
        "at = at - interval '4000 years'",
        "at = 'infinity'",
        "actor = 'person'",
        "actor_id = 1",
        "case_id = case_id + 1",
        "item_id = NULL",
        """data = data || '{"step": 0}'""",
        """data = jsonb_set(data, '{text}', '""')""",
    ],
)
def test_an_edited_event_is_found_where_it_is(numbers: list[int], place: int, change: str) -> None:
    number = numbers[place]
    tamper(f"UPDATE moderation_event SET {change} WHERE id = %(number)s", number=number)
    assert damage() == [("edited", number, seal_of(number))]


@pytest.mark.parametrize("place", PLACES)
def test_a_deleted_event_is_found_where_it_was(numbers: list[int], place: int) -> None:
    number = numbers[place]
    tamper("DELETE FROM moderation_event WHERE id = %(number)s", number=number)
    assert damage() == [("deleted", number, seal_of(number))]


INSERT = """
INSERT INTO moderation_event (id, at, kind, actor, data)
VALUES (%(number)s, now(), 'test.forged', 'system', '{}')
"""


def test_an_event_that_is_inserted_into_a_gap_is_found(
    numbers: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('moderation_event_id_seq')")  # a transaction that came to nothing
        gap = cursor.fetchone()[0]
    make_events(3)
    sealer.seal_events()
    assert damage() == []
    tamper(INSERT, number=gap)
    assert damage() == [("inserted", gap, seal_of(gap))]


def test_an_event_that_is_inserted_before_all_others_is_found(numbers: list[int]) -> None:
    tamper(INSERT, number=-5)
    assert damage() == [("inserted", -5, 1)]


def test_a_second_event_of_the_same_number_is_found(numbers: list[int]) -> None:
    tamper(INSERT, number=numbers[12])
    assert damage() == [("inserted", numbers[12], seal_of(numbers[12]))]


@pytest.mark.parametrize(("one", "other"), [(3, 4), (9, 10), (0, 29)])
def test_two_events_that_changed_places_are_found_as_that(numbers: list[int], one: int, other: int) -> None:
    tamper(
        "UPDATE moderation_event SET id = -1 WHERE id = %(one)s",
        "UPDATE moderation_event SET id = %(one)s WHERE id = %(other)s",
        "UPDATE moderation_event SET id = %(other)s WHERE id = -1",
        one=numbers[one],
        other=numbers[other],
    )
    [finding] = found()
    assert (finding.damage, finding.event) == ("moved", numbers[one])
    assert finding.words == f"Events {numbers[one]} and {numbers[other]} have changed places"


def test_an_event_under_another_number_is_found_where_it_is_and_where_it_was(numbers: list[int]) -> None:
    tamper("UPDATE moderation_event SET id = -1 WHERE id = %(number)s", number=numbers[7])
    [finding] = found()
    assert finding.words == f"Event {numbers[7]} was moved to number -1"


def test_several_damages_are_all_found(numbers: list[int]) -> None:
    tamper(
        "UPDATE moderation_event SET kind = 'x' WHERE id = %(a)s",
        "DELETE FROM moderation_event WHERE id IN (%(b)s, %(c)s)",
        a=numbers[2],
        b=numbers[3],
        c=numbers[22],
    )
    assert damage() == [
        ("edited", numbers[2], 1),
        ("deleted", numbers[3], 1),
        ("deleted", numbers[22], seal_of(numbers[22])),
    ]


@pytest.mark.parametrize(
    "change",
    [
        "sealed_at = sealed_at + interval '1 microsecond'",
        "first_event = first_event - 1",
        "last_event = last_event + 1000000",
        "event_ids[2] = event_ids[2] + 1000",
        "event_ids[2] = NULL",
        "event_ids = '{}'",
        "leaves = set_byte(leaves, 40, get_byte(leaves, 40) # 1)",
        "leaves = ''",
        "root = set_byte(root, 0, get_byte(root, 0) # 1)",
        "previous = set_byte(sha256(''), 0, 1)",
        "head = set_byte(head, 0, get_byte(head, 0) # 1)",
    ],
)
@pytest.mark.parametrize("seal", [1, 2, 3])
def test_a_changed_seal_is_found_and_its_events_are_not_blamed(
    numbers: list[int], change: str, seal: int
) -> None:
    tamper(f"UPDATE moderation_seal SET {change} WHERE number = %(seal)s", seal=seal)
    assert [each for each in damage() if each[0] not in ("seal changed", "edited", "deleted")] == []
    assert ("seal changed", None, seal) in damage()
    if "root" not in change:
        assert [each for each in damage() if each[0] in ("edited", "deleted")] == []


def test_a_seal_without_the_desks_signature_is_found(numbers: list[int]) -> None:
    tamper("UPDATE moderation_seal SET signature = decode(repeat('00', 64), 'hex') WHERE number = 2")
    assert damage() == [("seal not signed", None, 2)]


@pytest.mark.parametrize("seal", [1, 2, 3])
def test_a_missing_seal_is_found(numbers: list[int], seal: int) -> None:
    tamper("DELETE FROM moderation_seal WHERE number = %(seal)s", seal=seal)
    assert ("seal missing", seal) in {(kind, of) for kind, _, of in damage()}


def test_a_last_seal_that_is_missing_is_found_by_the_event_that_tells_of_it(numbers: list[int]) -> None:
    last = Seal.objects.latest("number").number
    tamper("DELETE FROM moderation_seal WHERE number = %(last)s", last=last)
    [finding] = found()
    assert (finding.damage, finding.seal) == ("seal missing", last)
    assert "tells that it was made" in finding.words


def test_a_seal_whose_event_is_missing_is_found_even_before_that_is_sealed(numbers: list[int]) -> None:
    last = Event.objects.latest("id")
    assert last.kind == "trail.sealed"
    tamper("DELETE FROM moderation_event WHERE id = %(id)s", id=last.id)
    assert damage() == [("deleted", None, Seal.objects.latest("number").number)]


def forge(seal: Seal) -> None:
    """Put the Events as they are now under the seal, with a key of the forger's."""
    rows = [line for line in leaves.lines(0, leaves.AFTER_ALL) if line.id in seal.event_ids]
    hashes = [merkle.leaf(line.content) for line in rows]
    seal.leaves, seal.root = b"".join(hashes), merkle.root(hashes)
    seal.head = heads.head_of(seal)
    seal.signature = heads.sign(seal.head, Ed25519PrivateKey.generate())
    tamper(
        "UPDATE moderation_seal SET leaves = %(leaves)s, root = %(root)s, head = %(head)s,"
        " signature = %(signature)s WHERE number = %(number)s",
        **{name: getattr(seal, name) for name in ("leaves", "root", "head", "signature", "number")},
    )


def test_who_makes_an_edited_event_a_new_seal_has_no_key_for_it(numbers: list[int]) -> None:
    tamper("UPDATE moderation_event SET kind = 'x' WHERE id = %(number)s", number=numbers[4])
    forge(Seal.objects.get(number=1))
    assert ("seal not signed", None, 1) in damage()
    assert ("chain broken", None, 2) in damage()


def test_who_has_the_key_too_is_found_by_a_head_that_was_written_down(
    numbers: list[int],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    _, line = run(capsys, "head")
    anchor = tmp_path / "heads.txt"
    anchor.write_text(f"written down on Monday:\n{line}")
    head = line.split(" head ")[1][:64]
    assert run(capsys, "verify", "--anchor", str(anchor))[0] == 0
    assert run(capsys, "verify", "--head", head)[0] == 0
    # All is taken down and built again, with another first Event.
    tamper(
        "UPDATE moderation_event SET kind = 'x' WHERE id = %(number)s",
        "DELETE FROM moderation_event WHERE kind = 'trail.sealed'",
        "DELETE FROM moderation_seal",
        number=numbers[0],
    )
    sealer.seal_events()
    assert run(capsys, "verify")[0] == 0
    for code, said in (
        run(capsys, "verify", "--anchor", str(anchor)),
        run(capsys, "verify", "--head", head),
    ):
        assert code == 1
        assert f"had the head {head}" in said


def test_a_former_key_still_verifies_and_a_foreign_one_does_not(
    numbers: list[int], settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    _, line = run(capsys, "head")
    public = line.split(" key ")[1].strip()
    before, settings.SECRET_KEY = settings.SECRET_KEY, "another key, as long as such a key should be"
    assert {each[0] for each in damage()} == {"seal not signed"}
    assert run(capsys, "verify", "--key", public)[0] == 0
    settings.SECRET_KEY_FALLBACKS = [before]
    assert damage() == []


def test_a_part_of_the_trail_is_verified_by_number_or_time(
    numbers: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    tamper("UPDATE moderation_event SET kind = 'x' WHERE id = %(number)s", number=numbers[4])
    second = Seal.objects.get(number=2)
    assert run(capsys, "verify", "--to", str(numbers[4]))[0] == 1
    code, said = run(capsys, "verify", "--from", str(numbers[10]), "--to", str(numbers[12]))
    assert code == 0
    assert "Verified 10 events of seals 2 to 2." in said
    assert "Not sealed yet" not in said
    code, said = run(capsys, "verify", "--from", second.sealed_at.isoformat())
    assert code == 0
    assert "of seals 2 to " in said
    assert run(capsys, "verify", "--to", second.sealed_at.isoformat())[0] == 1
    code, said = run(capsys, "verify", "--from", "2999-01-01")
    assert code == 0
    assert "There is no seal to verify." in said


def test_an_empty_trail_is_verified_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    empty_trail()
    code, said = run(capsys, "verify")
    assert code == 0
    assert "There is no seal to verify." in said


def test_verifying_takes_statements_by_the_page_and_not_by_the_event(
    monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_trail(monkeypatch, events=400, batch=100)
    # The seal before, two pages of seals, one of Events, what is not sealed yet, and what that tells.
    with django_assert_num_queries(6):
        verify()


def test_the_command_ends_with_one_where_something_is_wrong(
    numbers: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    tamper("DELETE FROM moderation_event WHERE id = %(number)s", number=numbers[5])
    code, said = run(capsys, "verify")
    assert code == 1
    assert f"DELETED: Event {numbers[5]} was deleted after seal 1 was made." in said
    assert said.endswith("The trail is not as it was sealed.\n")
