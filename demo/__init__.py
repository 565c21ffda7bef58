"""Harbour: a small social service that stands for the platform being moderated, and is the integrator's example.

A program of its own. It knows Fairlead by two things only: the public API, which it calls, and the webhooks that
it receives. Read it in this order:

settings.py         what it is told by its environment
store.py            its own tables (SQLite)
wire.py             its posts and accounts in the shape that the API asks for
fairlead_client.py  the calls: one flag, one item, batches, looking up
opening.py          what is sent on the first start, once
webhooks.py         verify, remember, obey
standing.py         what is in force on a post or an account now, and so what people see
batches.py          many items at once: a file, a thousand
pages.py, forms.py  the screens
app.py              puts it together
"""
