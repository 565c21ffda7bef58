"""Routing: from the facts of a case to the lane where it waits, with the reasons in words.

``priority.prioritise`` and ``destination.destination`` are pure: the same facts and rules always give the same answer,
which is what the console explains and what a change of rules can be tried on.
"""
