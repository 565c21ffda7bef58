"""What Fairlead's words are in the words of the DSA Transparency Database, as tables.

The meanings are those of Art. 17(1) DSA and of the Commission's explanation of the attributes (docs/statements.md).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import langcodes

from moderation import languages
from moderation.models import Flag

# Visibility, Art. 17(1)(a): (action, how) → code. ``how`` is empty for actions that have only one way.
VISIBILITY: Final = {
    ("remove", ""): "DECISION_VISIBILITY_CONTENT_REMOVED",
    ("restrict", "demote"): "DECISION_VISIBILITY_CONTENT_DEMOTED",
    ("restrict", "age_gate"): "DECISION_VISIBILITY_CONTENT_AGE_RESTRICTED",
    # It stays where it is and is kept from some: that is disabling access, not removing.
    ("restrict", "geo_block"): "DECISION_VISIBILITY_CONTENT_DISABLED",
    ("restrict", "label"): "DECISION_VISIBILITY_CONTENT_LABELLED",
    ("restrict", "disable_interaction"): "DECISION_VISIBILITY_CONTENT_INTERACTION_RESTRICTED",
    ("restrict", "limit_visibility"): "DECISION_VISIBILITY_OTHER",
}
# What is removed only in some countries is still there: access to it is disabled.
REMOVED: Final = "DECISION_VISIBILITY_CONTENT_REMOVED"
DISABLED: Final = "DECISION_VISIBILITY_CONTENT_DISABLED"
OTHER_VISIBILITY: Final = "DECISION_VISIBILITY_OTHER"

# Money, Art. 17(1)(b): action → (until a time, for good).
MONETARY: Final = {"demonetise": ("DECISION_MONETARY_SUSPENSION", "DECISION_MONETARY_TERMINATION")}

# The account, Art. 17(1)(d), the gravest first. One that is locked "for good" is still there and can be unlocked.
ACCOUNT: Final = {
    "terminate_account": "DECISION_ACCOUNT_TERMINATED",
    "lock_account": "DECISION_ACCOUNT_SUSPENDED",
}

# Art. 17(1) counts restrictions. A warning takes nothing away, so the database is told nothing of it.
NO_RESTRICTION: Final = frozenset({"warn"})

# Who raised it, the first that applies: a trusted flagger's notice is an Art. 16 notice with a code of its own, and an
# authority that sent no order (Art. 9) is another notification. Without any of these nobody asked: own initiative.
SOURCES: Final = {
    Flag.Source.TRUSTED_FLAGGER: "SOURCE_TRUSTED_FLAGGER",
    Flag.Source.USER_NOTICE: "SOURCE_ARTICLE_16",
    Flag.Source.AUTHORITY: "SOURCE_TYPE_OTHER_NOTIFICATION",
}
OWN_INITIATIVE: Final = "SOURCE_VOLUNTARY"

# The first part of a media type (IANA) → content type.
MEDIA: Final = {
    "image": "CONTENT_TYPE_IMAGE",
    "video": "CONTENT_TYPE_VIDEO",
    "audio": "CONTENT_TYPE_AUDIO",
    "text": "CONTENT_TYPE_TEXT",
}
# Whole media types of programs.
APPS: Final = frozenset(
    {"application/vnd.android.package-archive", "application/x-apple-diskimage", "application/x-msi"}
)

SCHEMA: Final = json.loads(
    (Path(__file__).parents[1] / "schemas" / "sor.schema.json").read_text(encoding="utf-8")
)
_TAKEN: Final = SCHEMA["$defs"]["statement"]["properties"]
# The European Union, and Iceland, Liechtenstein and Norway. Greece is GR here.
TERRITORIES: Final = frozenset(_TAKEN["territorial_scope"]["anyOf"][0]["items"]["enum"])
# Two letters (ISO 639-1).
LANGUAGES: Final = frozenset(_TAKEN["content_language"]["anyOf"][0]["enum"])
# Languages that the database knows under a wider code (ISO 639-3 macrolanguages), beyond what ``langcodes`` replaces.
_WIDER: Final = {
    "ZH": ("yue", "nan", "wuu", "hak", "gan", "hsn", "cdo", "cjy", "cpx", "mnp", "czh", "czo", "lzh"),
    "AR": ("arz", "ary", "arq", "apc", "acm", "afb", "acq", "aeb", "ayl", "apd", "ayn", "acw", "ars"),
    "KU": ("ckb", "sdh"),
    "PS": ("pbt", "pbu", "pst"),
    "UZ": ("uzs",),
    "TL": ("fil",),
}
WIDER: Final = {language.upper(): code for code, each in _WIDER.items() for language in each}


def content_language(tag: str) -> str | None:
    """The database's code of a BCP 47 tag: ``zh-Hant-TW`` → ``ZH``, ``fil`` → ``TL``, ``yue`` → ``ZH``.

    None where it has none, and where nobody knows the language or there are several.
    """
    try:
        known = languages.normalise(tag)
    except languages.UnknownLanguage:
        return None
    if known in languages.SPECIAL:
        return None
    language = langcodes.Language.get(known)
    wider = language.prefer_macrolanguage()
    codes = [(each.language or "").upper() for each in (language, wider)]
    return next((found for code in codes if (found := WIDER.get(code, code)) in LANGUAGES), None)
