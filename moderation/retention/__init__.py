"""Retention: how long data is kept, what is purged when, and what a person may ask of her own data.

rules.py       for how many days each kind of data is kept
judging.py     until when each snapshot must stay, and why
content.py     redacting the content of snapshots, and all that hangs on it, in one short transaction
leftovers.py   deleting webhooks, idempotency keys, simulations and drafts that are old enough
purging.py     the daily run over all of it, in small batches
due.py         what would go now
erasure.py    a person's data, at her request
names.py      the platform's ids that nothing needs any more
stays.py       what stays nevertheless, and the law that says so
sentences.py  what she reads where a text was erased
export.py     a copy of what the desk holds about a person, as data and to read
"""
