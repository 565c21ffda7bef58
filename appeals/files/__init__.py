"""Files that people add to an appeal, on their way in (checking, remaking, keeping) and out (serving).

Nothing that somebody sends is ever shown as she sent it. A picture is decoded and written anew from its pixels, so
that no hidden data and nothing active comes through; a PDF is kept as it came and can only be taken away.
"""
