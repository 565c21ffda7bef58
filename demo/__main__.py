"""``python -m demo`` runs Harbour; ``python -m demo send FILE.jsonl`` sends a file of items and shows the answers."""

from __future__ import annotations

import argparse
import logging
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

from werkzeug.serving import make_server

from demo import batches, opening
from demo.app import create_app
from demo.fairlead_client import Fairlead
from demo.settings import MissingSettings, Settings
from demo.store import Store

PATIENCE_SECONDS: Final = 120


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--host", help="the address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, help="the port to listen on (PLATFORM_PORT, or 8100)")
    commands = parser.add_subparsers(dest="command")
    send = commands.add_parser("send", help="send a file with one item a line")
    send.add_argument(
        "file", type=Path, help="lines in the API's shape of an item, or with external_id, kind, text"
    )
    send.add_argument(
        "--flag", metavar="POLICY", default="", help="also flag each of them, so that each becomes a case"
    )
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for noisy in ("httpx", "werkzeug"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    try:
        settings = Settings.from_environment()
        settings = replace(settings, host=chosen.host or settings.host, port=chosen.port or settings.port)
    except MissingSettings as missing:
        parser.error(str(missing))
    if chosen.command == "send":
        return send_file(settings, chosen.file, chosen.flag)
    return serve(settings)


def serve(settings: Settings) -> int:
    """Answer at once; the samples go to Fairlead meanwhile."""
    app = create_app(settings)
    _, store, fairlead = app.extensions["harbour"]
    opening.settle(store)
    opening.send_in_background(store, fairlead, settings.own_url)
    server = make_server(settings.host, settings.port, app, threaded=True)
    print(f"Harbour: {settings.own_url}", flush=True)  # noqa: T201 - what the person at the terminal wants to know
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        return 0
    return 0


def send_file(settings: Settings, file: Path, policy: str) -> int:
    """Send, wait until Fairlead has looked at everything, and print a line for each item."""
    store = Store(settings.state_dir)
    fairlead = Fairlead(settings.fairlead_url, settings.api_key)
    try:
        with file.open("rb") as lines:
            items = batches.items_of(lines, settings.own_url)
    except (OSError, batches.NotNdjson) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    batch = batches.open_batch(store, file.name, items)
    batches.send(store, fairlead, batch, items, policy)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while batches.look_up(store, fairlead, batch) and time.monotonic() < deadline:
        time.sleep(1)
    lines_sent = batches.lines_of(store, batch)
    for line in lines_sent:
        print(f"{line.number:>6}  {line.item:<24} {line.language:<8} {line.lane or line.trouble}")  # noqa: T201
    print(f"{len(lines_sent)} lines; also at {settings.own_url}/batches/{batch}")  # noqa: T201
    return 0 if all(line.accepted for line in lines_sent) else 1


if __name__ == "__main__":
    sys.exit(main())
