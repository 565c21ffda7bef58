"""The launcher: starts Fairlead's processes, and the servers they need where none are given.

install.py            makes .venv (run by the system's Python, before anything is installed)
__main__.py           the command line
demo.py               everything at once, for `make demo`; only the servers, for `make services`
session.py            a run: the state directory held, the servers up, all stopped at its end
state.py              the directory that a run keeps its data, secrets and logs in
reset.py              forgets them
prepare.py            tables and sample data
commands.py           the command lines of web, worker, timers and sample platform
supervisor.py         several programs in one terminal: watched, started again, stopped in order
processes.py          one program under its keeper, and its log
keeper.py             stands between the launcher and each program, so that nothing outlives it
postgres.py           PostgreSQL over a data directory of ours
postgres_programs.py  where its programs come from, and as whom they run
redis.py              a Redis-compatible server
"""


class LauncherError(Exception):
    """Something that the person at the terminal can put right; its text says how."""
