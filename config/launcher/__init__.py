"""The launcher: starts Fairlead's processes, and the servers they need where none are given.

install.py    makes .venv (run by the system's Python, before anything is installed)
postgres.py   PostgreSQL from a wheel or from the system
redis.py      a Redis-compatible server from a wheel or from the system
keeper.py     the small program that stands between the launcher and each process it started
processes.py  starts, watches, restarts and stops keepers
state.py      the directory that a run keeps its data, secrets and logs in
demo.py       everything at once, for `make demo`
__main__.py   the command line
"""


class LauncherError(Exception):
    """Something that the person at the terminal can put right; its text says how."""
