"""E-mails to people who appeal: written with what they tell of, and sent by a worker afterwards."""

from appeals.letters.writing import Kind, write

__all__ = ["Kind", "write"]
