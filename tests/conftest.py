"""Fixtures that many tests share. The servers are started in servers.py, before Django is set up."""
