"""Every page of somebody who appeals in every language: turned the right way, filled in, nothing left in English."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from babel.messages import Catalog
from django.test import Client
from django.utils.translation import to_locale
from pytest_django import Settings

from appeals.models import CodeAttempt
from config import catalogues
from moderation import languages
from tests.public_pages import every

UNFILLED = re.compile(r"%\(\w+\)[sd]|\{\{|\}\}|\{%")
# Pages of which all is there, too, where something is wrong.
SEEN_WITH_AN_ERROR = {"enter", "enter: mistyped", "correct a text", "form", "status: question"}
PLACEHOLDER = re.compile(r"%\\\(\w+\\\)[sd]")


class Reading(HTMLParser):
    """What is read on a page in its own language: each piece of text that nothing marks as another's."""

    def __init__(self) -> None:
        super().__init__()
        self.html: dict[str, str | None] = {}
        self.pieces: list[str] = []
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "html":
            self.html = given
        foreign = "lang" in given and tag != "html"
        self.pieces += [text for name in ("aria-label", "title", "alt") if (text := given.get(name))]
        if tag not in ("meta", "link", "input", "br", "img"):
            self._open.append((tag, foreign or tag in ("script", "style", "textarea")))

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            if self._open.pop()[0] == tag:
                break

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if text and not any(foreign for _tag, foreign in self._open):
            self.pieces.append(text)


class English:
    """The English texts that a language says otherwise: what reads like one of them was left behind."""

    def __init__(self, catalogue: Catalog, wanted: Catalog) -> None:
        said = set()
        for message in filter(None, (catalogue.get(text.id, text.context) for text in wanted if text.id)):
            ids = [message.id] if isinstance(message.id, str) else list(message.id)
            strings = [message.string] if isinstance(message.string, str) else list(message.string or ())
            said |= {text for text in ids if len(text) > 3 and text not in strings}
        self._whole = {text for text in said if "%(" not in text}
        filled = sorted(said - self._whole)
        self._filled = re.compile("|".join(PLACEHOLDER.sub(".+", re.escape(text)) for text in filled))

    def has(self, piece: str) -> bool:
        return piece in self._whole or (piece.isascii() and self._filled.fullmatch(piece) is not None)


@pytest.mark.django_db
def test_every_page_is_in_its_language_and_direction_and_leaves_nothing_in_english(
    settings: Settings,
) -> None:
    settings.EMAIL_URL = "smtp://127.0.0.1:1"
    visits = [visit for visit in every("mt") if visit.name not in SEEN_WITH_AN_ERROR]
    assert len(visits) > 22
    wanted = catalogues.texts(catalogues.PERSON_FACING)
    faults = []
    for code, _name in settings.LANGUAGES:
        english = (
            English(catalogues.read(to_locale(code)), wanted) if code != settings.LANGUAGE_CODE else None
        )
        turned = (code, languages.direction(languages.normalise(code)))
        client = Client()
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = code
        CodeAttempt.objects.all().delete()
        for visit in visits:
            answer = client.get(visit.path) if visit.sent is None else client.post(visit.path, visit.sent)
            text = answer.content.decode()
            page = Reading()
            if answer["Content-Type"].startswith("text/html"):
                page.feed(text)
            else:
                page.html = dict(zip(("lang", "dir"), turned, strict=True))
                page.pieces = text.splitlines()
            wrong = [
                *([answer.status_code] if answer.status_code != visit.status else []),
                *UNFILLED.findall(text),
                *([page.html] if (page.html.get("lang"), page.html.get("dir")) != turned else []),
                *(piece for piece in page.pieces if english and english.has(piece)),
            ]
            if wrong:
                faults.append((code, visit.name, wrong))
    assert not faults, "\n".join(map(str, faults))


def test_what_is_left_in_english_is_seen() -> None:
    english = English(catalogues.read("de"), catalogues.texts(catalogues.PERSON_FACING))
    page = Reading()
    page.feed(
        '<html lang="de"><p>Absenden</p><p>Send</p><p lang="en">Send</p><p>You can do this until 1. May.</p>'
        '<br><textarea>Send</textarea><i aria-label="Code"></i></html>'
    )
    assert [piece for piece in page.pieces if english.has(piece)] == ["Send", "You can do this until 1. May."]


@pytest.mark.parametrize(
    ("kept", "code"), [("pt", "pt-br"), ("zh-tw", "zh-hant"), ("no", "nb"), ("xx", "en"), ("", "en")]
)
def test_a_language_that_was_kept_under_another_code_is_the_nearest_one(
    client: Client, kept: str, code: str
) -> None:
    client.cookies["django_language"] = kept
    page = Reading()
    page.feed(client.get("/appeal/").content.decode())
    assert page.html["lang"] == code


@pytest.mark.django_db
def test_a_page_that_is_not_there_says_so_in_her_language(client: Client) -> None:
    answer = client.get("/nothing/here/", headers={"Accept-Language": "ga,en;q=0.5"})
    assert answer.status_code == 404
    assert '<html lang="ga" dir="ltr"' in answer.content.decode()
