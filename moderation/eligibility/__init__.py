"""Eligibility: who may take what, and from when on. Pure, but for ``loading``, which reads the configuration."""
