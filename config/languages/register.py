"""The register of languages, kept in step with the catalogues and shown in docs/languages.md.

The digest in each line is that of its texts: a catalogue that was changed without it is noticed, so that nothing is
said of texts that are not there any more.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from typing import Final

from babel.messages import Catalog
from django.conf import settings
from django.utils.translation import to_locale

from appeals.language_register import Entry, path, read
from config import catalogues
from moderation import languages

MADE: Final = "machine translation from the English by a large language model, read over once more against it"
SOURCE: Final = "the texts are written in it"
CHECKED: Final = "automatically (`manage.py catalogues`)"
GUIDE: Final = settings.BASE_DIR / "docs" / "languages.md"
BEGIN: Final = "<!-- written by manage.py catalogues --record -->"
END: Final = "<!-- end of what is written -->"


def record(today: str) -> list[Entry]:
    """Write the register, and the table in the guide, for the catalogues as they are. ``today``: ISO 8601."""
    entries = as_it_is(today)
    rows = [asdict(entry) for entry in entries]
    path().write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    GUIDE.write_text(in_guide(GUIDE.read_text(encoding="utf-8"), entries), encoding="utf-8")
    return entries


def as_it_is(today: str) -> list[Entry]:
    """A line for each language: as it is recorded, or begun today, with what its catalogue holds now."""
    known = {entry.code: entry for entry in read()} if path().exists() else {}
    wanted = catalogues.texts(catalogues.PERSON_FACING)
    entries = []
    for code, endonym in settings.LANGUAGES:
        begun = known.get(code) or _begun(code, endonym, today)
        texts, digest = measure(code, wanted)
        entries.append(replace(begun, texts=texts, digest=digest))
    return entries


def _begun(code: str, endonym: str, today: str) -> Entry:
    source = code == settings.LANGUAGE_CODE
    tag = languages.normalise(code)
    return Entry(
        code=code,
        tag=tag,
        endonym=endonym,
        english=languages.english_name(tag),
        made=SOURCE if source else MADE,
        made_on=today,
        checked="" if source else CHECKED,
        read_again="",
        native="",
        texts=0,
        digest="",
    )


def measure(code: str, wanted: Catalog) -> tuple[int, str]:
    """How many of the wanted texts a language has, and the digest of their wording."""
    catalogue = wanted if code == settings.LANGUAGE_CODE else catalogues.read(to_locale(code))
    pairs = []
    for text in wanted:
        message = catalogue.get(text.id, text.context) if text.id else None
        if message:
            wording = message.id if catalogue is wanted else message.string
            pairs.append(json.dumps([text.id, text.context, wording], ensure_ascii=False))
    return len(pairs), hashlib.sha256("\n".join(sorted(pairs)).encode()).hexdigest()[:16]


def as_table(entries: list[Entry]) -> str:
    """The register for reading, in Markdown."""
    lines = [
        "| language | tag | its own name | texts | made | checked | read a second time | by a native reader |",
        "|---|---|---|--:|---|---|---|---|",
    ]
    lines += [
        f"| {each.english} | `{each.tag}` | {each.endonym} | {each.texts} | {each.made}, {each.made_on} "
        f"| {each.checked or '–'} | {each.read_again or '–'} | {_by_natives(each)} |"
        for each in entries
    ]
    return "\n".join(lines)


def _by_natives(entry: Entry) -> str:
    return entry.native or ("–" if entry.code == settings.LANGUAGE_CODE else "nobody yet")


def in_guide(guide: str, entries: list[Entry]) -> str:
    """The guide with the table of these entries in its place."""
    before, _, rest = guide.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{as_table(entries)}\n\n{END}{rest.partition(END)[2]}"
