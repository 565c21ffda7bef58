"""Notices: what whoever sent one is told of the decision about it (DSA Art. 16(5)).

composing.py   the text, in her language
replying.py    when it is written and for whom, and what the platform passes on
"""

from moderation.notices.replying import MOST_AT_ONCE, Reply, answer_later, as_json, forget, post, write

__all__ = ["MOST_AT_ONCE", "Reply", "answer_later", "as_json", "forget", "post", "write"]
