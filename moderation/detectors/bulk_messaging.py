"""Bulk messaging, seen on account metadata alone."""
