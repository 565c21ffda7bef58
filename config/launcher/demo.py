"""Everything at once, for `make demo`: servers, web, worker, timers, and the sample platform beside them."""

import base64
import http
import http.client
import os
import secrets
import subprocess
from urllib.parse import quote

from config.launcher import LauncherError, commands
from config.launcher.processes import Program
from config.launcher.session import Session, run_session
from config.launcher.state import CHECKOUT, State, free_port, new_token
from config.launcher.supervisor import say

READY_SECONDS = 180.0
# What the sample platform has no business to know: it is a separate program.
OURS = (
    "DATABASE_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "EMAIL_URL",
    "FAIRLEAD_DEMO_API_KEY",
    "FAIRLEAD_DEMO_WEBHOOK_SECRET",
)
LOOPBACK = ("127.0.0.1", "localhost", "::1")
WILDCARDS = ("0.0.0.0", "::")  # noqa: S104


def run_demo(host: str, port: int, platform_port: int) -> None:
    """Run everything until interrupted. The ports are wishes: where one is taken, the next free one serves."""
    run_session(lambda session: demo(session, host, port, platform_port))


def demo(session: Session, host: str, port: int, platform_port: int) -> None:
    """Prepare the database, start everything, say where it is, and keep it running."""
    supervisor, state = session.supervisor, session.state
    web_port = choose_port(host, port, "Fairlead")
    desk = f"http://{reachable(host)}:{web_port}"
    platform_port = choose_port("127.0.0.1", platform_port, "The sample platform", not_this=web_port)
    platform = f"http://127.0.0.1:{platform_port}"
    static = state.directory / "static"
    static.mkdir(exist_ok=True)
    letters = state.directory / "letters"
    environment = {
        "FAIRLEAD_URL": desk,
        "LOG_LEVEL": "WARNING",
        # Where the sample platform listens: everything else that is private is refused.
        "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8,::1/128",
        "STATIC_ROOT": str(static),
        # Nobody's mailbox: each letter to somebody who appeals becomes a file there.
        "EMAIL_URL": f"filemail:///{quote(str(letters))}",
        "ALLOWED_HOSTS": "*" if host in WILDCARDS else f"localhost,127.0.0.1,[::1],{host}",
        **session.environment,
        "FAIRLEAD_DEMO_API_KEY": state.secret("demo-api-key", lambda: f"fl_{new_token()}"),
        "FAIRLEAD_DEMO_WEBHOOK_SECRET": state.secret("demo-webhook-secret", new_webhook_secret),
        "FAIRLEAD_DEMO_PLATFORM_URL": platform,
    }

    def program(name: str, argv: list[str], **settings: str) -> Program:
        return Program(name, argv, environment | settings, CHECKOUT)

    say("Preparing the database …")
    supervisor.run_to_end(program("prepare", commands.prepare()))
    say("Starting web, worker, timers and the sample platform …")
    supervisor.start(
        program("web", commands.web(host, web_port, quiet=True), **commands.WEB_SETTINGS), tier=1
    )
    supervisor.start(program("worker", commands.worker(quiet=True)), tier=1)
    supervisor.start(program("cron", commands.cron()), tier=1)
    supervisor.start(platform_program(environment, platform_port, desk, state), tier=1)
    people = sign_ins(environment)  # meanwhile
    supervisor.wait_until(lambda: healthy(host, web_port), "Fairlead", READY_SECONDS)
    supervisor.wait_until(lambda: healthy("127.0.0.1", platform_port), "The sample platform", READY_SECONDS)

    say(f"\nFairlead             {environment['FAIRLEAD_URL']}")
    say(f"The sample platform  {platform}")
    say(f"E-mails to people    {letters}\n")
    say(people)
    if host not in LOOPBACK:
        say("These passwords are known to everybody: let nobody else reach this address.\n")
    say("Ready. Ctrl-C stops everything; the data stays for the next start.")
    state.tell(f"process {os.getpid()}, {desk}")
    supervisor.run()


def run_services() -> None:
    """Run only the servers, until interrupted, and print the environment that leads to them."""
    run_session(services)


def services(session: Session) -> None:
    """Say where the servers are, and keep them running."""
    for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY"):
        say(f"export {name}='{session.environment[name]}'")
    say("Ready. Ctrl-C stops both; the data stays for the next start.")
    session.state.tell(f"process {os.getpid()}, servers only")
    session.supervisor.run()


def platform_program(environment: dict[str, str], port: int, desk: str, state: State) -> Program:
    """The sample platform, with what an integrator would be given, and nothing more."""
    theirs = {name: value for name, value in environment.items() if name not in OURS}
    theirs |= {
        "FAIRLEAD_URL": desk,
        "FAIRLEAD_API_KEY": environment["FAIRLEAD_DEMO_API_KEY"],
        "FAIRLEAD_WEBHOOK_SECRET": environment["FAIRLEAD_DEMO_WEBHOOK_SECRET"],
        "PLATFORM_PORT": str(port),
        "PLATFORM_STATE_DIR": str(state.directory / "platform"),
    }
    return Program("platform", commands.platform(), theirs, CHECKOUT)


def sign_ins(environment: dict[str, str]) -> str:
    """The names and passwords of the sample people, ready to print."""
    answer = subprocess.run(
        commands.manage("sample_data", "--show-sign-ins"),
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
    )
    if answer.returncode != 0:
        raise LauncherError(f"The sample sign-ins cannot be shown:\n{answer.stderr}")
    return answer.stdout


def choose_port(host: str, wanted: int, whose: str, not_this: int = 0) -> int:
    """The wanted port, or the next free one, saying so."""
    chosen = free_port(host, wanted)
    if chosen == not_this:
        chosen = free_port(host, chosen + 1)
    if chosen != wanted:
        say(f"Port {wanted} is taken. {whose} takes {chosen}.")
    return chosen


def reachable(host: str) -> str:
    """The host as this machine's own browser reaches it."""
    return "127.0.0.1" if host in WILDCARDS else host


def healthy(host: str, port: int) -> bool:
    """Whether a server answers its health check."""
    connection = http.client.HTTPConnection(reachable(host), port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def new_webhook_secret() -> str:
    """A secret in the form of Standard Webhooks: 32 random bytes in base64."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
