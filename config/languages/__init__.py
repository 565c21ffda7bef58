"""The languages of the public pages: which there are, what is right in each, and how each came to be.

table.py      the languages themselves, under their own names (settings.LANGUAGES)
plurals.py    by which number a text takes which of its forms
checking.py   what is wrong with a catalogue
register.py   how each language was made and checked (locale/register.json), kept in step with the catalogues
"""
