"""Run Airflow's four parts on this machine until Ctrl-C: what `airflow standalone` does, bound to 127.0.0.1 only.

Standalone itself opens its log servers to the network and leaves its parts behind when it is ended, so the parts are
started here, each as the leader of a process group that is ended with it. The database is SQLite, log-in is required.
"""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

HOST = "127.0.0.1"
START_SECONDS = 180  # 20 to 50 s are usual on two cores
STOP_SECONDS = 8  # after this a part that was asked to stop is ended
PARTS: Mapping[str, Sequence[str]] = {
    "api-server": ["api-server", "--workers", "1"],
    "scheduler": ["scheduler", "--skip-serve-logs"],  # all logs lie on this machine: no server is needed
    "dag-processor": ["dag-processor"],
    "triggerer": ["triggerer", "--skip-serve-logs"],
}


def main() -> int:
    """Start everything, say where it is, wait, and stop everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=8080)
    port = parser.parse_args().port
    if not _is_free(port):
        print(f"port {port} is in use; choose another: make up PORT={port + 1}", file=sys.stderr)
        return 1
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    home = Path(os.environ["AIRFLOW_HOME"])
    airflow = str(Path(sys.executable).parent / "airflow")
    environment = os.environ | local_settings(port)
    processes: dict[str, subprocess.Popen[bytes]] = {}
    try:
        print("Preparing Airflow's database")
        processes["db migrate"] = _start([airflow, "db", "migrate"], environment, home / "logs" / "migrate.log")
        if processes.pop("db migrate").wait() != 0:
            print(f"that failed; the log is {home}/logs/migrate.log", file=sys.stderr)
            return 1
        print("Starting Airflow")
        for name, arguments in PARTS.items():
            processes[name] = _start([airflow, *arguments], environment, home / "logs" / f"{name}.log")
        if not _becomes_ready(port, processes):
            return _complain(processes, home)
        print(f"Airflow:   http://{HOST}:{port}   (Ctrl-C stops it)")
        print(f"Sign in:   admin, with the password in {home}/simple_auth_manager_passwords.json.generated")
        while not _ended(processes):
            time.sleep(1)
        return _complain(processes, home)
    except KeyboardInterrupt:
        print("\nStopping Airflow")
        return 0
    finally:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not leave anything behind
        stop(list(processes.values()))


def local_settings(port: int) -> dict[str, str]:
    """Return the settings that keep Airflow on 127.0.0.1 and let its tasks find the API on *port*."""
    url = f"http://{HOST}:{port}"
    return {
        "AIRFLOW__API__HOST": HOST,
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__API__SECRET_KEY": secrets.token_urlsafe(32),
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(64),
    }


def stop(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """End each process with its whole group: first asked, then told."""
    for number, patience in ((signal.SIGINT, STOP_SECONDS), (signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, 5)):
        for process in processes:
            _signal_group(process, number)
        deadline = time.monotonic() + patience
        while any(_group_lives(process) for process in processes) and time.monotonic() < deadline:
            time.sleep(0.1)


def _start(command: Sequence[str], environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        return subprocess.Popen(
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _becomes_ready(port: int, processes: Mapping[str, subprocess.Popen[bytes]]) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and not _ended(processes):
        if _answers(f"http://{HOST}:{port}/auth/login"):
            return True
        time.sleep(0.5)
    return False


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _ended(processes: Mapping[str, subprocess.Popen[bytes]]) -> list[str]:
    return [name for name, process in processes.items() if process.poll() is not None]


def _complain(processes: Mapping[str, subprocess.Popen[bytes]], home: Path) -> int:
    names = ", ".join(_ended(processes)) or f"no part in {START_SECONDS} s"
    print(f"Airflow is not running: {names} ended or did not answer; the logs are in {home}/logs", file=sys.stderr)
    return 1


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    process.poll()
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        return


def _group_lives(process: subprocess.Popen[bytes]) -> bool:
    process.poll()  # collects the leader, which would count as alive otherwise
    try:
        os.killpg(process.pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
