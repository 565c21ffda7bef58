"""The statement of reasons: what the affected person is told (DSA Art. 17), in her language, readable at level B1.

sentences.py      its fixed sentences, which are translated (locale/)
policy_texts.py   the rule in the desk's own public words, with the placeholders in them filled
grounds.py        what a statement is made from, whom it is for, and in which language
composing.py      the text itself
writing.py        the preview, and the statement that is kept

What people wrote (the reasons, the rule's text) stands as it was written, isolated in direction. It never says who
flagged anything.
"""

from moderation.statements.composing import (
    StatementText,
    catalogue_for,
    compose,
    day,
    example_of_rule,
    moment_of,
    not_in_hers,
    outside,
    redress_lines,
)
from moderation.statements.grounds import (
    Grounds,
    known_language,
    language_for,
    recipient_of,
    sources_of,
)
from moderation.statements.policy_texts import name_of_rule
from moderation.statements.writing import (
    NOT_YET,
    as_json,
    preview,
    previews,
    redress_for,
    redresses_for,
    write,
)

__all__ = [
    "NOT_YET",
    "Grounds",
    "StatementText",
    "as_json",
    "catalogue_for",
    "compose",
    "day",
    "example_of_rule",
    "known_language",
    "language_for",
    "moment_of",
    "name_of_rule",
    "not_in_hers",
    "outside",
    "preview",
    "previews",
    "recipient_of",
    "redress_for",
    "redress_lines",
    "redresses_for",
    "sources_of",
    "write",
]
