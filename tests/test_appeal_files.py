"""The files of an appeal: kept with the draft, sent with it, and handed out to nobody else and so that nothing runs."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from appeals import drafting, links, opening, withdrawing
from appeals.files import keeping
from appeals.files.checking import Refused
from appeals.models import AppealDraft, AppealFile
from moderation import audit
from moderation.models import Event, Exclusion
from tests import evidence_files as made
from tests.appealing import Told, appealed, claimed_by, make_reader, make_told

ONLY_STYLES = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
pytestmark = pytest.mark.django_db

RED = made.encoded(made.picture(), "PNG")
HARMLESS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@pytest.fixture
def told() -> Told:
    return make_told()


@pytest.fixture
def draft(told: Told) -> AppealDraft:
    return draft_of(told)


def draft_of(told: Told) -> AppealDraft:
    return drafting.keep(opening.affected(told.decision), {"text": "Not yet"}, "en")


def distinct(number: int) -> bytes:
    return made.PDF + b"%" + str(number).encode()


def own(told: Told, file: AppealFile) -> str:
    return reverse("appeal-file", args=[links.token_for(told.decision.pk), file.pk])


def test_a_file_is_kept_with_the_draft_and_goes_with_the_appeal(told: Told, draft: AppealDraft) -> None:
    photo = keeping.add(draft, "../at the café.jpeg", made.photo(6))
    keeping.add(draft, "invoice", made.PDF)
    assert (photo.name, photo.media_type, photo.width, photo.height) == (
        "at the café.jpg",
        "image/jpeg",
        made.HEIGHT,
        made.WIDTH,
    )
    assert made.SECRET not in bytes(photo.content or b"")
    appeal = appealed(told)
    assert [(each.name, each.draft_id) for each in appeal.files.all()] == [
        ("at the café.jpg", None),
        ("invoice.pdf", None),
    ]
    assert not AppealDraft.objects.exists()


def test_the_same_file_again_is_the_one_that_is_there(draft: AppealDraft, settings: Any) -> None:
    settings.APPEAL_FILES = 2
    first = keeping.add(draft, "a.png", RED)
    keeping.add(draft, "b.pdf", made.PDF)
    # It came, the answer was lost on the way, and she sends all of them again.
    assert keeping.add(draft, "other name.png", RED) == first
    assert draft.files.count() == 2


def test_one_more_than_there_may_be_is_refused(draft: AppealDraft) -> None:
    for number in range(5):
        keeping.add(draft, "x.pdf", distinct(number))
    with pytest.raises(Refused, match=r"^There are too many files\. You can add 5 at most\.$"):
        keeping.add(draft, "x.pdf", distinct(5))
    keeping.remove(draft, draft.files.latest("pk").pk)
    keeping.add(draft, "x.pdf", distinct(5))
    assert draft.files.count() == 5


def test_a_file_is_taken_away_from_its_own_draft_only(draft: AppealDraft) -> None:
    file = keeping.add(draft, "x.png", RED)
    keeping.remove(draft_of(make_told()), file.pk)
    assert draft.files.count() == 1
    keeping.remove(draft, file.pk)
    keeping.remove(draft, file.pk)
    assert draft.files.count() == 0


def test_what_was_sent_cannot_be_taken_away_or_added_to(told: Told, draft: AppealDraft) -> None:
    file = keeping.add(draft, "x.png", RED)
    appeal = appealed(told)
    keeping.remove(draft, file.pk)
    with pytest.raises(opening.AlreadyAppealed):
        keeping.add(draft, "late.pdf", made.PDF)
    assert [each.pk for each in appeal.files.all()] == [file.pk]


@pytest.mark.django_db(transaction=True)
def test_files_added_at_once_and_while_it_is_sent_are_all_there_or_refused(settings: Any) -> None:
    settings.APPEAL_FILES = 3
    told = make_told()
    draft = draft_of(told)
    refused: list[type[Exception]] = []
    ready = threading.Barrier(7)

    def add(number: int) -> None:
        try:
            ready.wait(10)
            keeping.add(draft, "x.pdf", distinct(number))
        except (Refused, opening.AlreadyAppealed) as error:
            refused.append(type(error))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=add, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    ready.wait(10)
    appeal = appealed(told)
    for thread in threads:
        thread.join(20)
    assert appeal.files.count() + len(refused) == 6
    assert appeal.files.count() <= 3
    assert not AppealFile.objects.exclude(appeal=appeal).exists()


def test_a_list_of_files_does_not_fetch_what_is_in_them(
    draft: AppealDraft, django_assert_num_queries: Any
) -> None:
    keeping.add(draft, "x.png", RED)
    with django_assert_num_queries(1) as asked:
        assert [each.name for each in draft.files.all()] == ["x.png"]
    assert '"content"' not in asked.captured_queries[0]["sql"]


def test_she_sees_her_own_picture_and_nothing_of_it_can_run(
    told: Told, draft: AppealDraft, client: Client
) -> None:
    file = keeping.add(draft, "кафе.gif", made.gif_and_script())
    answer = client.get(own(told, file))
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
    assert HARMLESS.items() <= dict(answer.headers).items()
    assert answer.headers["Content-Security-Policy"] == ONLY_STYLES
    assert answer.headers["Content-Disposition"].startswith("inline; filename*=utf-8''")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert made.colours(answer.content) == ("red", "blue")
    assert made.SCRIPT not in answer.content
    appealed(told)
    assert client.get(own(told, file)).content == answer.content


@pytest.mark.parametrize(
    "content", [made.PDF_WITH_SCRIPT, made.PDF + made.SCRIPT, made.PDF + made.zipped(99)]
)
def test_a_pdf_is_only_ever_taken_away(
    told: Told, draft: AppealDraft, client: Client, content: bytes
) -> None:
    answer = client.get(own(told, keeping.add(draft, 'a"\r\nX-Evil: 1.html', content)))
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="a_ X-Evil_ 1.pdf"'
    assert "X-Evil" not in answer.headers
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert HARMLESS.items() <= dict(answer.headers).items()
    assert answer.content == content


def test_nobody_else_gets_it_with_a_link_of_her_own(draft: AppealDraft, client: Client) -> None:
    file = keeping.add(draft, "x.png", RED)
    other = make_told()
    for path in (own(other, file), reverse("appeal-file", args=["1.forged", file.pk])):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "This link does not work" in answer.text
    assert client.post(own(other, file)).status_code == 405
    assert client.get(reverse("appeal-file-review", args=[1, file.pk])).status_code == 302


def test_who_reviews_the_appeal_sees_its_files_and_each_look_is_an_event(
    told: Told, draft: AppealDraft, client: Client
) -> None:
    picture, pdf = keeping.add(draft, "x.png", RED), keeping.add(draft, "x.pdf", made.PDF)
    appeal = appealed(told)
    colleague = make_reader("en")
    claimed_by(colleague, appeal)
    client.force_login(colleague)
    shown = client.get(reverse("appeal-file-review", args=[appeal.case_id, picture.pk]))
    taken = client.get(reverse("appeal-file-review", args=[appeal.case_id, pdf.pk]))
    assert [each.headers["Content-Type"] for each in (shown, taken)] == [
        "image/png",
        "application/octet-stream",
    ]
    assert taken.headers["Content-Disposition"].startswith("attachment")
    assert HARMLESS.items() <= dict(shown.headers).items()
    assert shown.headers["Content-Security-Policy"] == ONLY_STYLES
    assert made.colours(shown.content) == ("red", "blue")
    seen = Event.objects.filter(kind="evidence.viewed", case_id=appeal.case_id, actor_id=colleague.pk)
    assert [each.data["file_id"] for each in seen.order_by("pk")] == [picture.pk, pdf.pk]


def test_who_took_part_never_sees_the_files(told: Told, draft: AppealDraft, client: Client) -> None:
    file = keeping.add(draft, "x.png", RED)
    appeal = appealed(told)
    assert Exclusion.objects.filter(case=appeal.case, moderator=told.decider).exists()
    client.force_login(told.decider)
    assert client.get(reverse("appeal-file-review", args=[appeal.case_id, file.pk])).status_code == 404
    assert not Event.objects.filter(kind="evidence.viewed", actor_id=told.decider.pk, case_id=appeal.case_id)


def test_a_case_opens_no_file_of_another_appeal(told: Told, draft: AppealDraft, client: Client) -> None:
    file = keeping.add(draft, "x.png", RED)
    second = make_told()
    appealed(told)
    other = appealed(second)
    colleague = make_reader("en")
    client.force_login(colleague)
    assert client.get(reverse("appeal-file-review", args=[other.case_id, file.pk])).status_code == 404
    assert client.get(reverse("appeal-file-review", args=[told.decision.case_id, file.pk])).status_code == 404


def test_the_review_after_one_taken_back_has_the_new_files_only(told: Told, draft: AppealDraft) -> None:
    old = keeping.add(draft, "old.pdf", distinct(1))
    first = appealed(told)
    withdrawing.withdraw(first, audit.APPELLANT)
    keeping.add(draft_of(told), "new.pdf", distinct(2))
    second = appealed(told)
    assert [each.name for each in keeping.files_for_review(second)] == ["new.pdf"]
    assert old in keeping.files_of(opening.affected(told.decision))


def test_what_was_purged_is_not_there_any_more(told: Told, draft: AppealDraft, client: Client) -> None:
    file = keeping.add(draft, "x.png", RED)
    AppealFile.objects.update(content=None, purged_at=timezone.now())
    assert client.get(own(told, file)).status_code == 404
