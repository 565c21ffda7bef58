"""Legal holds: placed on items, with our own copies of their media, until they are lifted by two people or end.

placing.py       the hold itself, and what belongs to a referral
around.py        the messages around an item
owing.py         which copies of media are owed
preserving.py    fetching and keeping them
fetching.py      one file over HTTP, within limits
lifting.py       how a hold ends, and how it is extended
looking.py       who looked at which file
"""
