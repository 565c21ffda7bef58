"""Corrections: whoever reads a language says what is wrong in it; admins take it over or not; a catalogue gets it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from babel.messages.pofile import read_po
from django.test import Client
from django.utils import timezone, translation
from django.utils.translation import gettext
from pytest_django import DjangoAssertNumQueries

from accounts.models import Role
from appeals import attempts, corrections, language_register
from appeals.models import CodeAttempt, Correction
from moderation.models import Event
from tests.factories import make_user

pytestmark = pytest.mark.django_db
PAGE = "/languages/correct/"
WORDS = {"text": "Absenden", "suggestion": "Abschicken", "remark": "So sagt man es.", "send": "1"}


def send(client: Client, language: str = "de", status: int = 303, **changes: str) -> str:
    answer = client.post(PAGE, WORDS | {"language": language} | changes)
    assert answer.status_code == status, answer.content.decode()
    return answer.content.decode()


def admin() -> Client:
    client = Client()
    client.force_login(make_user(role=Role.ADMIN, en=5))
    return client


def taken(**fields: str) -> Correction:
    sent = corrections.send(**({"language": "de", "text": "x", "suggestion": "y", "remark": ""} | fields))
    return corrections.answer(sent.pk, Correction.Status.TAKEN, make_user(role=Role.ADMIN, en=5))


def test_a_reader_sends_a_correction_without_signing_in_and_is_thanked(client: Client) -> None:
    shown = client.get(PAGE + "?language=de&text=Absenden").content.decode()
    assert '<html lang="de" dir="ltr"' in shown
    assert re.search(r"<textarea[^>]*>\nAbsenden</textarea>", shown)
    answer = client.post(PAGE, WORDS | {"language": "de"})
    assert answer.status_code == 303
    thanks = client.get(answer["Location"]).content.decode()
    assert "Danke" in thanks
    assert "<textarea" not in thanks
    sent = Correction.objects.get()
    assert (sent.language, sent.text, sent.suggestion) == ("de", "Absenden", "Abschicken")
    assert (sent.remark, sent.status) == ("So sagt man es.", "open")
    send(client)
    assert Correction.objects.count() == 1  # the same again


def test_the_page_says_whether_a_machine_translated_the_texts(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shown(code: str) -> str:
        return client.get(f"{PAGE}?language={code}").content.decode()

    with translation.override("de"):
        machine = gettext(
            "A machine translated these texts from English. "
            "Nobody who grew up with this language has checked them yet."
        )
        reader = gettext("Somebody who reads this language well has checked these texts.")
    assert "de" not in language_register.checked_by_natives()
    assert machine in shown("de")
    assert reader not in shown("de")
    monkeypatch.setattr("appeals.correct_text_page.checked_by_natives", lambda: {"de"})
    assert machine not in shown("de")
    assert reader in shown("de")
    # In English they are written.
    assert "translated these texts" not in shown("en")


def test_what_is_missing_is_said_and_what_was_typed_stays(client: Client) -> None:
    shown = send(client, status=422, text="", suggestion="  ", remark="Noch etwas")
    assert 'id="text-error"' in shown
    assert 'id="suggestion-error"' in shown
    assert "Noch etwas" in shown
    assert not Correction.objects.exists()
    assert "is too long" in send(client, "en", 422, suggestion="x" * 100_000)


def test_changing_the_language_sends_nothing_and_keeps_what_was_typed(client: Client) -> None:
    typed = {each: WORDS[each] for each in ("text", "suggestion", "remark")}
    answer = client.post(PAGE, typed | {"language": "ar", "change_language": "1", "text": ""})
    assert answer.status_code == 200
    shown = answer.content.decode()
    assert '<html lang="ar" dir="rtl"' in shown
    assert "Abschicken" in shown
    assert "field-error" not in shown
    assert not Correction.objects.exists()


def test_an_address_sends_so_many_a_day_and_then_keeps_its_words(client: Client) -> None:
    for number in range(attempts.CORRECTIONS_PER_ADDRESS):
        send(client, suggestion=f"Vorschlag {number}")
    shown = send(client, status=429, suggestion="Einer zu viel")
    assert "Einer zu viel" in shown
    assert 'role="alert"' in shown
    assert Correction.objects.count() == attempts.CORRECTIONS_PER_ADDRESS
    # Another address, and this one tomorrow. Codes are counted apart.
    other = Client(REMOTE_ADDR="203.0.113.9")
    send(other)
    assert client.post("/appeal/", {"code": "K7M4P-2XW9C", "account": "x"}).status_code == 422
    CodeAttempt.objects.update(since=timezone.now() - attempts.WINDOW - timedelta(seconds=1))
    send(client, suggestion="Am nächsten Tag")


def test_what_counts_for_a_day_is_forgotten_after_a_day_and_not_after_a_quarter_of_an_hour(
    client: Client,
) -> None:
    send(client)
    kept = CodeAttempt.objects.get()
    lasts = kept.since + attempts.WINDOW - timezone.now()
    assert timedelta(hours=23) < lasts <= timedelta(days=1)


def test_an_admin_takes_one_over_and_refuses_another_and_it_is_an_event(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    first = corrections.send("de", "a", "b", "")
    second = corrections.send("ar", "<script>alert(1)</script>", "\u202eturned", "")
    boss = admin()
    shown = boss.get("/appeals/corrections/").content.decode()
    assert "&lt;script&gt;" in shown
    assert "<script>alert" not in shown
    assert 'lang="ar" dir="auto"' in shown
    assert boss.post(f"/appeals/corrections/{first.pk}/", {"answer": "taken"}).status_code == 302
    assert boss.post(f"/appeals/corrections/{second.pk}/", {"answer": "refused"}).status_code == 302
    assert boss.post(f"/appeals/corrections/{second.pk}/", {"answer": "open"}).status_code == 404
    again = boss.post(f"/appeals/corrections/{second.pk}/", {"answer": "taken"}, follow=True)
    assert "Somebody else has answered this one already" in again.content.decode()
    assert [*Correction.objects.order_by("pk").values_list("status", flat=True)] == ["taken", "refused"]
    assert [
        *Event.objects.filter(kind__startswith="correction").order_by("id").values_list("kind", "data")
    ] == [
        ("correction.taken", {"language": "de", "correction_id": first.pk}),
        ("correction.refused", {"language": "ar", "correction_id": second.pk}),
    ]
    for number in range(20):
        corrections.send("th", f"text {number}", "better", "")
    with django_assert_num_queries(1):
        assert [(code, len(found)) for code, found in corrections.waiting(15)] == [("th", 15)]


def test_only_admins_see_them() -> None:
    client = Client()
    client.force_login(make_user(en=5))
    assert client.get("/appeals/corrections/").status_code == 403
    assert client.get("/appeals/corrections/de.po").status_code == 403


def test_what_was_taken_over_is_a_piece_of_the_catalogue() -> None:
    taken(text="  \u2068Absenden ", suggestion="Abschicken", remark="So sagt\nman es.")
    taken(
        text="Sie können das bis zum 22. November 2026 tun.",
        suggestion="Bis zum 22. November 2026 können Sie das tun.",
    )
    taken(text="Steht nirgends", suggestion='Auch nicht\nmsgid "x"\nmsgstr "y"')
    taken(text="Code", suggestion="Absenden")  # already said, so nothing is to be done
    taken(text="Absenden", suggestion="Wegschicken")  # said otherwise by somebody else
    answer = admin().get("/appeals/corrections/de.po")
    assert answer["Content-Disposition"] == 'attachment; filename="corrections-de.po"'
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    written = answer.content.decode()
    fragment = {
        message.id: message for message in read_po(written.encode().splitlines(keepends=True)) if message.id
    }
    assert fragment.keys() == {"Send", "You can do this until %(date)s."}
    assert fragment["Send"].string == "Abschicken"
    assert not fragment["Send"].fuzzy
    assert "remark: So sagt man es." in fragment["Send"].user_comments
    # What was put into it is still there: somebody has to look.
    assert fragment["You can do this until %(date)s."].fuzzy
    for line in ("# text: Steht nirgends", '# better: msgid "x"', "# better: Wegschicken"):
        assert line in written.splitlines()
    assert admin().get("/appeals/corrections/xx.po").status_code == 404


def test_every_public_page_leads_to_it(client: Client) -> None:
    for path in ("/appeal/?language=sw", "/appeal/nobody-has-this-link/?language=sw", PAGE + "?language=sw"):
        assert f'href="{PAGE}?language=sw"' in client.get(path).content.decode(), path
