"""Detectors: functions from a snapshot to flags, run in workers, each one isolated from the others."""
