"""Staffing: who works here, what each person reads and is cleared for, and when she works; all ways to change it."""
