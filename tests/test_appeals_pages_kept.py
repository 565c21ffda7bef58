"""The form keeps whatever is sent to it: words and files, by each of its buttons and by its script."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from appeals.drafting import version_of
from appeals.models import Appeal, AppealDraft, AppealFile
from tests.appealing import WHY, Told, appealed, make_told
from tests.evidence_files import PDF, photo

pytestmark = pytest.mark.django_db


@pytest.fixture
def told() -> Told:
    return make_told()


@pytest.fixture
def person() -> Client:
    """A browser without cookies that were set before, which refuses forged forms."""
    return Client(enforce_csrf_checks=True)


def file(name: str = "photo.jpg", content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, photo() if content is None else content)


def names() -> list[str]:
    return list(AppealFile.objects.order_by("pk").values_list("name", flat=True))


def test_several_files_come_at_once_the_good_are_kept_and_each_other_says_why(
    person: Client, told: Told, settings: Settings
) -> None:
    settings.APPEAL_FILE_BYTES = 50_000
    files = [file(), file("page.png", b"<html>"), file("empty.pdf", b""), file("letter.pdf", PDF)]
    files.append(file("large.jpg", photo() + b"\0" * 50_000))
    page = person.post(told.path, {"text": WHY, "add_files": "1", "files": files})
    assert page.status_code == 422
    assert names() == ["photo.jpg", "letter.pdf"]
    for why, name in (
        ("We cannot take this kind of file. Please send a picture or a PDF.", "page.png"),
        ("This file is empty.", "empty.pdf"),
        ("This file is too large. The largest size is 50 kB.", "large.jpg"),
    ):
        assert f'{why} <bdi class="file-name">{name}</bdi>' in page.text
    assert WHY in page.text
    assert AppealDraft.objects.get().text == WHY
    assert 'aria-describedby="files-help files-error-1 files-error-2 files-error-3"' in page.text


def test_files_can_be_added_and_taken_away_without_losing_a_word(person: Client, told: Told) -> None:
    sent = person.post(told.path, {"text": "Half", "background": "b", "add_files": "1", "files": [file()]})
    assert sent.headers["Location"] == f"{told.path}?kept=files#files"
    page = person.get(told.path).text
    assert "photo.jpg" in page
    assert ">\nHalf</textarea>" in page
    added = AppealFile.objects.get()
    assert f'name="remove_file" value="{added.pk}"' in page
    sent = person.post(told.path, {"text": "Half a thought", "remove_file": str(added.pk)})
    assert (sent.status_code, names()) == (303, [])
    assert AppealDraft.objects.get().text == "Half a thought"


def test_a_file_of_somebody_else_cannot_be_taken_away(person: Client, told: Told) -> None:
    other = make_told()
    person.post(other.path, {"add_files": "1", "files": [file()]})
    for number in (str(AppealFile.objects.get().pk), "-1", "x", "9" * 30):
        assert person.post(told.path, {"text": "-", "remove_file": number}).status_code == 303
    assert names() == ["photo.jpg"]


def test_files_still_chosen_go_with_the_appeal_and_nothing_is_sent_while_one_is_refused(
    person: Client, told: Told
) -> None:
    page = person.post(told.path, {"text": WHY, "files": [file(), file("page.png", b"<html>")]})
    assert page.status_code == 422
    assert not Appeal.objects.exists()
    assert WHY in page.text
    assert person.post(told.path, {"text": WHY, "files": [file("letter.pdf", PDF)]}).status_code == 303
    assert [each.name for each in Appeal.objects.get().files.order_by("pk")] == ["photo.jpg", "letter.pdf"]
    assert not AppealDraft.objects.exists()


def test_there_are_only_so_many_files(person: Client, told: Told, settings: Settings) -> None:
    settings.APPEAL_FILES = 2
    files = [file(f"{n}.pdf", PDF + b"%d" % n) for n in range(3)]
    page = person.post(told.path, {"files": files, "add_files": "1"})
    assert "There are too many files. You can add 2 at most." in page.text
    assert names() == ["0.pdf", "1.pdf"]
    # There is nowhere to choose more.
    assert 'type="file"' not in page.text
    assert person.post(told.path, {"files": [file("9.pdf", PDF)], "text": ""}).status_code == 422


def test_nothing_is_kept_of_a_form_with_nothing_in_it(person: Client, told: Told) -> None:
    for button in ({}, {"save": "1"}, {"add_files": "1"}, {"change_language": "1"}, {"keep": "1"}):
        person.post(told.path, {"text": " \n\0", "background": "", **button})
    assert not AppealDraft.objects.exists()


def test_save_for_later_says_until_when_and_another_device_finds_it_in_the_same_language(
    person: Client, told: Told
) -> None:
    sent = person.post(told.path, {"text": "Halb", "save": "1", "language": "de"})
    assert sent.headers["Location"] == f"{told.path}?kept=words#kept"
    assert "Wir haben gespeichert, was Sie geschrieben haben." in person.get(sent.headers["Location"]).text
    elsewhere = Client().get(told.path)
    assert "Wir haben gefunden, was Sie" in elsewhere.text
    assert ">\nHalb</textarea>" in elsewhere.text
    assert Appeal.objects.count() == 0


def test_words_that_are_refused_are_kept_too(person: Client, told: Told, settings: Settings) -> None:
    settings.EMAIL_URL = "filemail:///nowhere"
    page = person.post(told.path, {"text": WHY, "contact": "noor at example"})
    assert page.status_code == 422
    assert "This does not look like an e-mail address. Please check it." in page.text
    assert 'value="noor at example"' in Client().get(told.path).text
    assert person.post(told.path, {"text": WHY, "contact": " \u200enoor@example.org. "}).status_code == 303
    assert Appeal.objects.get().contact == "noor@example.org"


def test_where_the_desk_sends_no_mail_nobody_is_asked_for_an_address(person: Client, told: Told) -> None:
    assert "How can we reach you?" not in person.get(told.path).text
    person.post(told.path, {"text": WHY, "contact": "noor@example.org"})
    assert Appeal.objects.get().contact == ""


def by_itself(person: Client, told: Told, text: str, **typed: Any) -> dict[str, Any]:
    """What the page's script sends while she types."""
    answer: dict[str, Any] = person.post(told.path, {"keep": "1", "text": text} | typed).json()
    return answer


def test_the_script_is_told_what_is_kept_and_gets_newer_words_back(person: Client, told: Told) -> None:
    first = by_itself(person, told, "one", device="phone", revision=1, age=300)
    assert first == {"seen": version_of(AppealDraft.objects.get())}
    second = by_itself(person, told, "two", device="library", revision=5, age=0, seen=first["seen"])
    old = by_itself(person, told, "an hour ago", device="phone", revision=9, age=3_600_000)
    assert old == {"seen": second["seen"], "typed": {"text": "two", "background": "", "contact": ""}}
    assert AppealDraft.objects.get().text == "two"
    page = person.get(told.path).text
    assert f'data-seen="{second["seen"]}" data-device="library" data-revision="5"' in page


@pytest.mark.parametrize("nonsense", ["", "-1", "x", "9" * 40, "1e9", "٣"])
def test_a_script_that_says_nonsense_loses_nobody_her_words(
    person: Client, told: Told, nonsense: str
) -> None:
    typed = {"device": "d" * 99, "revision": nonsense, "age": nonsense, "seen": nonsense}
    by_itself(person, told, "words", **typed)
    assert AppealDraft.objects.get().text == "words"


def test_what_comes_after_the_appeal_was_sent_starts_no_draft(person: Client, told: Told) -> None:
    appealed(told)
    answer = person.post(told.path, {"keep": "1", "text": "late", "device": "phone", "revision": "3"})
    assert answer.headers["Location"] == told.status_path
    assert not AppealDraft.objects.exists()


def test_a_draft_begun_in_time_goes_on_being_kept_for_as_long_as_it_can_be_sent(
    person: Client, told: Told
) -> None:
    by_itself(person, told, "begun")
    AppealDraft.objects.update(began_at=timezone.now() - timedelta(days=5))
    type(told.statement).objects.update(appeal_until=timezone.now() - timedelta(days=1))
    by_itself(person, told, "going on")
    assert AppealDraft.objects.get().text == "going on"
