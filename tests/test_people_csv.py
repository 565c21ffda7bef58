"""People's skills as a CSV file: out and in again the same, broken lines named, nothing saved by halves."""

from __future__ import annotations

import csv
import html
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Clearance, LanguageSkill, Role, User
from moderation.known_languages import OFFERED
from moderation.models import Event
from moderation.staffing.csv_text import MOST_BYTES, guarded, unguarded
from tests.factories import make_case, make_user

HEADING = "username,clearances,language,scripts,level,certified_by,certified_until"
YEAR = timezone.now().date().year + 1

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(make_user(role=Role.ADMIN))
    return client


@pytest.fixture
def mali() -> User:
    user = make_user(th=5, en=4)
    User.objects.filter(pk=user.pk).update(username="mali")
    return user


def sent(client: Client, content: str | bytes, mode: str = "add", **more: str) -> Any:
    file = SimpleUploadedFile("people.csv", content if isinstance(content, bytes) else content.encode())
    return client.post("/people/csv/", {"file": file, "mode": mode, "preview": "1"} | more)


def shown(answer: Any) -> dict[str, str]:
    """What the preview's form would send."""
    page = answer.content.decode()
    text = re.search(r'<textarea name="text"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    assert text, page
    fields = dict(re.findall(r'<input type="hidden" name="(mode|versions)" value="([^"]*)"', page))
    return {name: html.unescape(value) for name, value in {"text": text[1], **fields}.items()}


def saved(client: Client, preview: Any) -> Any:
    return client.post("/people/csv/", shown(preview) | {"save": "1"})


def broken(answer: Any) -> list[tuple[str, str, str]]:
    """(line, column, words) of each broken thing."""
    assert answer.status_code == 422
    page = answer.content.decode().split('id="broken"')[1].split("</table>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", page.split("<tbody>")[1], re.DOTALL)
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL) for row in rows]
    return [tuple(html.unescape(re.sub("<[^>]+>", "", cell)).strip() for cell in row) for row in cells]  # type: ignore[misc]


def skills_of(user: User) -> dict[str, int]:
    return dict(LanguageSkill.objects.filter(moderator=user).values_list("tag", "level"))


def file_of(client: Client) -> str:
    answer = client.get("/people/csv/file/")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith("\ufeff".encode())
    return answer.content.decode()


def test_all_sixty_languages_go_out_and_come_in_again_the_same(client: Client) -> None:
    reader, empty = make_user(), make_user()
    Clearance.objects.create(slug="appeals", name="Appeals")
    reader.clearances.add(Clearance.objects.get())
    LanguageSkill.objects.bulk_create(
        LanguageSkill(
            moderator=reader,
            tag=each.tag,
            level=number % 5 + 1,
            scripts=["Arab", "Latn"] if each.tag == "uz" else [],
            certified_by="Office, “Dhaka”; =1+1" if number % 2 else "",
            certified_until=f"{YEAR}-03-31" if number % 3 else None,
        )
        for number, each in enumerate(OFFERED)
    )
    before = list(LanguageSkill.objects.filter(moderator=reader).order_by("tag").values())
    taken = file_of(client)
    for each in OFFERED:
        assert each.endonym in taken
    answer = sent(client, taken, "replace")
    assert "everything in it is as it stands" in answer.content.decode()
    LanguageSkill.objects.filter(moderator=reader).delete()
    reader.clearances.clear()
    make_user_skill = LanguageSkill.objects.create(moderator=empty, tag="th", level=1)
    assert saved(client, sent(client, taken, "replace")).status_code == 302
    after = list(LanguageSkill.objects.filter(moderator=reader).order_by("tag").values())
    assert [each | {"id": 0} for each in after] == [each | {"id": 0} for each in before]
    assert [each.slug for each in reader.clearances.all()] == ["appeals"]
    assert not LanguageSkill.objects.filter(pk=make_user_skill.pk).exists()


def test_nothing_is_saved_before_it_is_confirmed(client: Client, mali: User) -> None:
    preview = sent(client, f"{HEADING}\nmali,,bn,,4,Dhaka office,{YEAR}-03-31\nmali,,th,,3,,\n")
    assert preview.status_code == 200
    page = re.sub(r"<[^>]+>", "", preview.content.decode())
    assert "1 person would change" in page
    assert f"level 4, certified by Dhaka office, until {YEAR}-03-31" in page
    assert "level 5 → 3" in page
    assert skills_of(mali) == {"th": 5, "en": 4}
    assert saved(client, preview).status_code == 302
    assert skills_of(mali) == {"th": 3, "en": 4, "bn": 4}
    assert Event.objects.get(kind="people.changed").data["how"] == "csv"


def test_what_the_file_leaves_out_stays_or_goes_as_was_chosen(client: Client, mali: User) -> None:
    mali.clearances.add(Clearance.objects.create(slug="appeals", name="Appeals"))
    content = f"{HEADING}\nmali,,th,,5,,\n"
    assert "everything in it is as it stands" in sent(client, content, "add").content.decode()
    assert saved(client, sent(client, content, "replace")).status_code == 302
    assert skills_of(mali) == {"th": 5}
    assert not mali.clearances.exists()


def test_a_column_that_is_not_in_the_file_leaves_what_it_would_say(client: Client, mali: User) -> None:
    mali.clearances.add(Clearance.objects.create(slug="appeals", name="Appeals"))
    LanguageSkill.objects.filter(moderator=mali, tag="th").update(certified_by="Office", scripts=["Thai"])
    assert saved(client, sent(client, "username;language;level\nmali;th;2\n", "replace")).status_code == 302
    kept = LanguageSkill.objects.get(moderator=mali)
    assert (kept.tag, kept.level, kept.certified_by, kept.scripts) == ("th", 2, "Office", ["Thai"])
    assert mali.clearances.count() == 1


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("mali,,klingonish,,4,,", [("2", "3 language", "is not a language tag")]),
        ("mali,,und,,4,,", [("2", "3 language", "no language that somebody reads")]),
        ("mali,,iw,,4,,\nmali,,he,,3,,", [("3", "3 language", "“he” stands in line 2 too")]),
        ("mali,nonsense,th,,4,,", [("2", "2 clearances", "no clearance “nonsense”")]),
        (
            "mali,,klingonish,Abcd,9,,soon\nmali,,bn,,4,,2020-01-01",
            [
                ("2", "3 language", "is not a language tag"),
                ("2", "4 scripts", "is not a script"),
                ("2", "5 level", "is not a level"),
                ("2", "7 certified_until", "is not a date"),
                ("3", "7 certified_until", "This date is past"),
            ],
        ),
        ("mali,,th,,9,,", [("2", "5 level", "“9” is not a level")]),
        ("mali,,th,,,,", [("2", "5 level", "A level from 1 to 5")]),
        ("mali,,th,,4.5,,", [("2", "5 level", "“4.5” is not a level")]),
        ("mali,,th,Abcd,4,,", [("2", "4 scripts", "“Abcd” is not a script")]),
        ("mali,,th,,4,,2020-01-01", [("2", "7 certified_until", "This date is past")]),
        ("mali,,th,,4,,31.3.2030", [("2", "7 certified_until", "is not a date")]),
        ("nobody,,th,,4,,", [("2", "1 username", "Nobody signs in as “nobody”")]),
        (",,th,,4,,", [("2", "1 username", "Whose line is this?")]),
        ("mali,,,,4,,", [("2", "3 language", "Which language is this about?")]),
        ("mali,,th,,4,,,surplus", [("2", "8", "a cell too many")]),
        ('mali,,th,,4,"x,', [("2", "whole line", "quotation mark")]),
        ('mali,,th,,4,"x"y,', [("2", "whole line", "quotation mark")]),
        ("", [("–", "whole line", "no line below the heading")]),
        (
            '\nmali,,th,,4,"two\nlines",\n\nmali,,xx-xx-xx,,4,,\nada,,th,,0,,',
            [("6", "3 language", "is not a language"), ("7", "1 username", "Nobody signs in")],
        ),
        (
            "mali,appeals,th,,4,,\nmali,,en,,4,,\nmali,other,bn,,4,,",
            [("4", "2 clearances", "Line 2 names other clearances")],
        ),
    ],
)
def test_each_broken_line_is_named_by_line_and_column_and_nothing_is_saved(
    client: Client, mali: User, lines: str, expected: list[tuple[str, str, str]]
) -> None:
    for slug in ("appeals", "other"):
        Clearance.objects.create(slug=slug, name=slug)
    answer = sent(client, f"{HEADING}\n{lines}")
    found = broken(answer)
    assert [each[:2] for each in found] == [each[:2] for each in expected]
    for (_, _, said), (_, _, words) in zip(found, expected, strict=True):
        assert words in said
    assert 'name="save"' not in answer.content.decode()
    # The same, sent as if it had been confirmed.
    text = f"{HEADING}\n{lines}"
    assert (
        client.post("/people/csv/", {"text": text, "mode": "add", "save": "1", "versions": "{}"}).status_code
        == 422
    )
    assert skills_of(mali) == {"th": 5, "en": 4}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"username,language\nmali,th\n", "The heading lacks: level"),
        (b"username,language,level,hobby\nmali,th,4,sea\n", "“hobby” is not a column"),
        (b"username,language,level,level\nmali,th,4,4\n", "“level” is there twice"),
        (b"username,language,level\nmali,th,4\nmal\xef,th,4\n", "not UTF-8"),
        (b"username,language,level\nmali,\0,4\n", "not a text file"),
        (b"x" * (MOST_BYTES + 1), "larger than 1 MB"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b'username,language,level\n"' + b"x" * 200_000 + b'",th,4\n', "quotation mark"),
    ],
)
def test_a_file_that_is_no_such_file_is_refused_in_words(
    client: Client, mali: User, content: bytes, words: str
) -> None:
    answer = sent(client, content)
    if content:
        ((_, _, said),) = broken(answer)
        assert words in said
    else:
        assert answer.status_code == 422
    assert skills_of(mali) == {"th": 5, "en": 4}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_what_spreadsheets_write_is_read(
    client: Client, mali: User, encoding: str, delimiter: str, newline: str
) -> None:
    text = newline.join(["username,language,level,certified_by", "mali,bn,4,ঢাকা", ""]).replace(",", delimiter)
    assert saved(client, sent(client, text.encode(encoding))).status_code == 302
    assert LanguageSkill.objects.get(moderator=mali, tag="bn").certified_by == "ঢাকা"


def test_what_changed_since_it_was_looked_at_is_not_overwritten(client: Client, mali: User) -> None:
    ada = make_user(en=5)
    content = f"{HEADING}\nmali,,bn,,4,,\n{ada.username},,de,,4,,\n"
    preview = sent(client, content)
    User.objects.filter(pk=mali.pk).update(configuration_version=2)
    answer = saved(client, preview)
    assert answer.status_code == 422
    assert "Somebody else has changed these people meanwhile" in answer.content.decode()
    assert skills_of(mali) == {"th": 5, "en": 4}
    assert skills_of(ada) == {"en": 5}
    # Looked at again, it can be saved.
    assert saved(client, answer).status_code == 302
    assert skills_of(ada) == {"en": 5, "de": 4}


@pytest.mark.parametrize("versions", ["", "[]", "{}", '{"1": "x"}', "null", '{"a": 1}', "[" * 5000])
def test_broken_versions_are_stale_ones(client: Client, mali: User, versions: str) -> None:
    form = {"text": f"{HEADING}\nmali,,bn,,4,,\n", "mode": "add", "save": "1", "versions": versions}
    assert client.post("/people/csv/", form).status_code == 422
    assert skills_of(mali) == {"th": 5, "en": 4}


def test_foresee_looks_at_the_file_and_saves_nothing(client: Client, mali: User) -> None:
    make_case(language="bn")
    preview = sent(client, f"{HEADING}\nmali,,bn,,4,,\n")
    answer = client.post("/people/csv/", shown(preview) | {"foresee": "1"})
    assert "1 lane would open" in " ".join(re.sub("<[^>]+>", " ", answer.content.decode()).split())
    assert skills_of(mali) == {"th": 5, "en": 4}


def test_no_cell_of_the_file_is_run_by_a_spreadsheet(client: Client) -> None:
    risky = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1+1", "'=1", " =1"]
    for number, words in enumerate(risky):
        user = make_user()
        User.objects.filter(pk=user.pk).update(first_name=words, username=f"=cmd{number}")
        LanguageSkill.objects.create(moderator=user, tag="th", level=4, certified_by=words)
    rows = list(csv.reader(io.StringIO(file_of(client).removeprefix("\ufeff"), newline="")))
    cells = [cell for row in rows for cell in row]
    assert not [cell for cell in cells if re.match(r"\s*[=+\-@＝\t\r]", cell)]
    assert "'=cmd0" in cells
    assert "''=1" in cells
    # And it comes in again as it was: nothing changes but what cannot stand in a line.
    assert sent(client, file_of(client)).status_code == 200


@given(st.text(max_size=12) | st.from_regex(r"'{0,3}\s{0,2}[=+@-]\w{0,3}", fullmatch=True))
def test_what_is_guarded_is_given_back_as_it_was(cell: str) -> None:
    assert unguarded(guarded(cell)) == cell


def test_a_date_that_is_past_may_come_back_as_it_stood(client: Client, mali: User) -> None:
    past = timezone.now().date() - timedelta(days=10)
    LanguageSkill.objects.filter(moderator=mali, tag="th").update(certified_until=past)
    assert "everything in it is as it stands" in sent(client, file_of(client), "replace").content.decode()


def test_two_hundred_people_are_brought_in_at_once(client: Client) -> None:
    people = [make_user(en=4) for _ in range(200)]
    lines = [f"{each.username},,{tag},,4,," for each in people for tag in ("bn", "th", "he")]
    assert saved(client, sent(client, "\n".join([HEADING, *lines]))).status_code == 302
    assert LanguageSkill.objects.count() == 800
    assert len(Event.objects.get(kind="people.changed").data["people"]) == 200
