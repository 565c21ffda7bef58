"""The launcher's command line: `python -m config.launcher --help`."""

import argparse
import os
import sys

from config.launcher import LauncherError, commands
from config.launcher.demo import run_demo, run_services
from config.launcher.reset import reset

NEEDED = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY")


def parser() -> argparse.ArgumentParser:
    """What may be asked of the launcher."""
    top = argparse.ArgumentParser(prog="python -m config.launcher", description="Starts Fairlead.")
    kinds = top.add_subparsers(dest="kind", required=True)
    demo = kinds.add_parser("demo", help="everything with sample data, until Ctrl-C")
    demo.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    demo.add_argument("--port", type=int, default=8000, help="Fairlead's port, if it is free")
    demo.add_argument("--platform-port", type=int, default=8100, help="the sample platform's, if it is free")
    kinds.add_parser("services", help="only PostgreSQL and Redis, until Ctrl-C")
    kinds.add_parser("reset", help="forget the data, secrets and logs of demo and services")
    web = kinds.add_parser("web", help="only the web process, from the environment")
    web.add_argument("--host", default="127.0.0.1")
    web.add_argument("--port", type=int, default=8000)
    kinds.add_parser("worker", help="only a worker, from the environment")
    kinds.add_parser("cron", help="only the timers, from the environment; run one")
    return top


def main() -> None:
    """Do what the command line asks. Raises LauncherError."""
    asked = parser().parse_args()
    if asked.kind == "demo":
        run_demo(asked.host, asked.port, asked.platform_port)
    elif asked.kind == "services":
        run_services()
    elif asked.kind == "reset":
        reset()
    else:
        if missing := [name for name in NEEDED if not os.environ.get(name)]:
            raise LauncherError(f"Set {', '.join(missing)} first: one process alone brings no server along.")
        if asked.kind == "web":
            commands.become(commands.web(asked.host, asked.port), **commands.WEB_SETTINGS)
        commands.become(commands.worker() if asked.kind == "worker" else commands.cron())


if __name__ == "__main__":
    if sys.platform != "linux":
        sys.exit("The launcher needs Linux.")
    try:
        main()
    except LauncherError as error:
        sys.exit(f"\n{error}")
    except KeyboardInterrupt:
        sys.exit(130)
