"""The languages of the public pages: which there are, what is right in each, and how each came to be.

table.py      the languages themselves, under their own names (settings.LANGUAGES)
"""
