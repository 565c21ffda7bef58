"""Ingest: what a platform sends becomes items, snapshots, flags and cases, each exactly once."""
