"""The worker's class."""
