"""Real Airflow with a home of its own, in which tests run the project's DAGs to their end."""

import json
import queue
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiosmtpd.controller import Controller

from tests.lib.airflow_driver import ANSWER
from tests.lib.compose_stack import LOOPBACK, ROOT, bare_environment, free_port
from tools import up

BIN = Path(sys.executable).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a run of a DAG ended. states and tries are by task; log is what Airflow and its tasks wrote."""

    code: int
    said: str
    run_state: str
    states: Mapping[str, str]
    tries: Mapping[str, int]
    log: str
    seconds: float


@dataclass(slots=True, kw_only=True)
class Airflow:
    """One process of Airflow that runs a DAG after another."""

    home: Path
    environment: Mapping[str, str]
    process: subprocess.Popen[str]
    lines: "queue.Queue[str | None]"

    def run(
        self, dag_id: str, *arguments: str, dags: Path = ROOT / "dags", seconds: float = 120, **environment: str
    ) -> Ran:
        """Run a DAG with the given variables of the environment; fail when it has not ended in time."""
        order = {
            "dag_id": dag_id,
            "arguments": arguments,
            "environment": {**environment, "AIRFLOW__CORE__DAGS_FOLDER": str(dags)},
        }
        assert self.process.stdin is not None
        assert self.process.poll() is None, "Airflow has ended in an earlier test"
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        said: list[str] = []
        while True:
            try:
                line = self.lines.get(timeout=seconds)
            except queue.Empty:
                up.stop([self.process])
                raise AssertionError(f"{dag_id} did not end in {seconds:.0f} s:\n{self._log(dag_id)}") from None
            if line is None:
                raise AssertionError(f"Airflow ended while it ran {dag_id}:\n{''.join(said)}")
            if line.startswith(ANSWER):
                break
            said.append(line)
        answer = json.loads(line.removeprefix(ANSWER))
        run_state, tasks = newest_run(self.home, dag_id)
        return Ran(
            code=answer["code"],
            said="".join(said),
            run_state=run_state,
            states={name: state for name, (state, _) in tasks.items()},
            tries={name: tries for name, (_, tries) in tasks.items()},
            log=self._log(dag_id),
            seconds=answer["seconds"],
        )

    def _log(self, dag_id: str) -> str:
        path = self.home / "logs" / f"{dag_id}.log"
        return path.read_text(errors="replace") if path.exists() else ""


def newest_run(home: Path, dag_id: str) -> tuple[str, dict[str, tuple[str, int]]]:
    """Return the state of a DAG's newest run, and each task's state and number of tries, as Airflow's database says."""
    with closing(sqlite3.connect(f"file:{home}/airflow.db?mode=ro", uri=True, timeout=10)) as database:
        newest = "SELECT run_id, state FROM dag_run WHERE dag_id = ? ORDER BY id DESC LIMIT 1"
        found = database.execute(newest, (dag_id,)).fetchone()
        if found is None:
            return "none", {}
        tasks = "SELECT task_id, state, try_number FROM task_instance WHERE dag_id = ? AND run_id = ?"
        rows = database.execute(tasks, (dag_id, found[0])).fetchall()
    return found[1], {task_id: (state, tries) for task_id, state, tries in rows}


def airflow_environment(home: Path) -> dict[str, str]:
    """Return the settings of an Airflow at *home*."""
    return {
        **bare_environment(home),
        "PYTHONPATH": str(ROOT),
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "2",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
    }


@contextmanager
def running_airflow(home: Path) -> Iterator[Airflow]:
    """Migrate a database at *home* and keep a process that runs DAGs; both end with the block."""
    environment = airflow_environment(home)
    command = [BIN / "airflow", "db", "migrate"]
    subprocess.run(command, env=environment, cwd=home, check=True, capture_output=True, timeout=120)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.lib.airflow_driver"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    lines: queue.Queue[str | None] = queue.Queue()
    reader = threading.Thread(target=_read_lines, args=(process, lines))
    reader.start()
    try:
        yield Airflow(home=home, environment=environment, process=process, lines=lines)
    finally:
        up.stop([process])
        reader.join(timeout=10)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def _read_lines(process: "subprocess.Popen[str]", lines: "queue.Queue[str | None]") -> None:
    assert process.stdout is not None
    for line in process.stdout:
        lines.put(line)
    lines.put(None)


@dataclass  # no slots: what aiosmtpd asks of its handler fails with them on the first releases of Python 3.11
class Mailbox:
    """A mail server on this machine that keeps the subject and text of what it gets."""

    mails: list[str] = field(default_factory=list)

    async def handle_DATA(self, _server: object, _session: object, envelope: object) -> str:  # noqa: N802 - aiosmtpd's
        self.mails.append(envelope.content.decode())
        return "250 kept"


@contextmanager
def running_mailbox() -> Iterator[tuple[Mailbox, int]]:
    """Yield a mailbox and the loopback port it listens on."""
    box, port = Mailbox(), free_port()
    server = Controller(box, hostname=LOOPBACK, port=port)
    server.start()
    try:
        yield box, port
    finally:
        server.stop()
