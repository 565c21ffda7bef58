"""Queueing: which lanes a moderator may take, the claim that gives her a case, and the lease that keeps it hers."""
