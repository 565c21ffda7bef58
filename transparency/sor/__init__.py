"""A statement of reasons as the payload of the Commission's DSA Transparency Database (Art. 24(5)).

mapping.py   what Fairlead's words are in the database's
words.py     the sentences of the payload: standard wording in English, without personal data
facts.py     what a payload is made from, read from a Statement
payload.py   the payload itself, valid under ``statementStrict`` of transparency/schemas/sor.schema.json
"""

from transparency.sor.facts import Facts, Restriction
from transparency.sor.payload import compose, payload

__all__ = ["Facts", "Restriction", "compose", "payload"]
