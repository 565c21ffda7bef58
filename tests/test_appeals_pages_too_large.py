"""What is larger than anything the desk takes in: the beginning is kept, nothing is sent, and the answer is a page."""

from __future__ import annotations

import httpx
import pytest

from appeals.models import Appeal, AppealDraft
from config import body_limit
from tests.appealing import WHY, make_told
from tests.evidence_files import PDF, photo

MOST = 300_000


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    from config.asgi import application

    limit = application.application_mapping["http"]
    assert isinstance(limit, body_limit.BodyLimit)
    monkeypatch.setattr(limit, "most", MOST)


@pytest.mark.usefixtures("_small")
def test_of_a_form_that_is_too_large_words_and_the_files_that_came_are_kept(desk: str) -> None:
    told = make_told("de")
    files = [("photo.jpg", photo()), ("film.mp4", PDF + b"x" * (MOST * 4)), ("later.pdf", PDF)]
    answer = httpx.post(
        desk + told.path,
        data={"text": WHY, "background": "b"},
        files=[("files", (name, content)) for name, content in files],
    )
    assert answer.status_code == 413
    assert "Diese Datei ist zu groß." in answer.text
    assert f">\n{WHY}</textarea>" in answer.text
    draft = AppealDraft.objects.get()
    assert (draft.text, draft.background) == (WHY, "b")
    assert [each.name for each in draft.files.all()] == ["photo.jpg"]
    assert not Appeal.objects.exists()
    # What was kept before of a field that did not come any more stays.
    film = ("film.mp4", b"x" * MOST)
    again = httpx.post(desk + told.path, data={"text": "Only this."}, files=[("files", film)])
    assert again.status_code == 413
    draft.refresh_from_db()
    assert (draft.text, draft.background) == ("Only this.", "b")


def test_a_text_that_is_too_large_is_answered_by_a_page_in_her_language(desk: str) -> None:
    told = make_told("de")
    answer = httpx.post(desk + told.path, data={"text": "x" * 2_700_000})
    assert answer.status_code == 413
    assert "Das war zu lang zum Senden" in answer.text
    assert not Appeal.objects.exists()
