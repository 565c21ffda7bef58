"""The audit trail beyond doubt: Events are sealed in batches, and whoever has a head can tell what was changed.

``leaves`` says what of an Event is sealed, ``merkle`` and ``heads`` how, ``sealer`` seals, ``verifying`` finds and
locates damage, ``exporting`` writes proofs that ``check_proof`` (alone, without Fairlead) checks. docs/audit.md.
"""
