"""Foresight: what a change of configuration would do, worked out before it is saved.

A change is tried on the desk as a value (``change``), on the cases of the last days (``dry_run``) and, in a worker, on
the waiting times that would follow (``running``, ``simulation``).
"""
