"""Keyword and emoji lists."""
