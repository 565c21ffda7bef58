"""Referrals to law enforcement: made by a decision, approved by a second person, packed, sent and answered."""
