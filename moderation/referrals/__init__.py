"""Referrals to law enforcement: made by a decision, worked on, packed, sent and answered.

access.py         who may see them: the one way to a referral, a hold, a kept file or a package
making.py         what a decision, its approval and its rejection make of one
working.py        the case file, what was sent, and what came back
custody.py        who did what with the evidence, from the audit trail
report.py         the case file as data and as a page that is read without us
package.py        the signed zip that an authority is given
authorities.py    the list of authorities
"""
