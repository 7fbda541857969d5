"""Run one DAG of dags/ to its end in this process, without a scheduler, and print only how it went.

Called through tools/airflow_env.sh, which says where Airflow's home and the DAGs are. Everything the tasks print goes
to a file. Exit codes: 0 when the run succeeded, 3 when it ended because every program is held, 1 for anything else.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

DONE = 0
FAILED = 1
ALL_HELD = 3
HELD_TASK = "held_or_published"  # fails on purpose when every program is held


def main() -> int:
    """Run the DAG that the command line names and return the exit code."""
    arguments = _read_arguments()
    home = Path(os.environ["AIRFLOW_HOME"])
    log = home / "logs" / f"{arguments.dag_id}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    with _output_to(log):
        states = run_dag(arguments.dag_id, logical_date=arguments.logical_date, conf=arguments.conf)
    code = exit_code(states)
    _print_outcome(arguments.dag_id, states, code=code, seconds=time.monotonic() - started, log=log)
    return code


def run_dag(dag_id: str, *, logical_date: datetime | None, conf: dict[str, object]) -> dict[str, str]:
    """Return the final state of each task; empty when the DAG could not be loaded or no task was due.

    Without *logical_date* it is the present moment; *conf* holds the run's params, such as the date of the night.
    """
    # Airflow takes seconds to import, and its log lines belong into the file.
    from airflow.dag_processing.dagbag import DagBag

    folder = os.environ["AIRFLOW__CORE__DAGS_FOLDER"]
    sys.path.insert(0, folder)  # as Airflow's own processes do, so that DAG files share a module
    bag = DagBag(dag_folder=folder)
    for path, problem in sorted(bag.import_errors.items()):
        print(f"{path}: {problem}")
    dag = bag.dags.get(dag_id)
    if dag is None:
        print(f"no DAG {dag_id} in {os.environ['AIRFLOW__CORE__DAGS_FOLDER']}; there are {sorted(bag.dags)}")
        return {}
    run = dag.test(run_conf=conf) if logical_date is None else dag.test(logical_date=logical_date, run_conf=conf)
    states = {task.task_id: str(task.state) for task in run.get_task_instances()}
    if not states:
        print(f"no task of {dag_id} was due: the logical date lies before its start_date")
    return states


def exit_code(states: dict[str, str]) -> int:
    """Return 0, 3 or 1 from the final states of a run's tasks."""
    failed = {task_id for task_id, state in states.items() if state not in {"success", "skipped"}}
    if states and not failed:
        return DONE
    return ALL_HELD if failed == {HELD_TASK} and states[HELD_TASK] == "failed" else FAILED


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dag_id")
    parser.add_argument("--logical-date", type=_read_instant, help="as 2026-11-23T02:00; without a zone it is UTC")
    parser.add_argument("--conf", type=json.loads, default={}, help="the run's params, as JSON")
    return parser.parse_args()


def _read_instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


@contextmanager
def _output_to(log: Path) -> Iterator[None]:
    """Send everything printed, by child processes too, to *log*; give the terminal back afterwards."""
    sys.stdout.flush()
    sys.stderr.flush()
    saved = os.dup(1), os.dup(2)
    with log.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        try:
            yield
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for number, kept in zip((1, 2), saved, strict=True):
                os.dup2(kept, number)
                os.close(kept)


def _print_outcome(dag_id: str, states: dict[str, str], *, code: int, seconds: float, log: Path) -> None:
    if code == DONE:
        print(f"{dag_id}: {len(states)} tasks done in {seconds:.0f} s")
        return
    if code == ALL_HELD:
        print(f"{dag_id}: every program is held tonight; the report says why")
        return
    print(f"{dag_id} failed: {_failures(states)}; the log is {log}", file=sys.stderr)
    print("\n".join(log.read_text(errors="replace").splitlines()[-15:]), file=sys.stderr)


def _failures(states: dict[str, str]) -> str:
    failed = [task_id for task_id, state in states.items() if state == "failed"]
    return ", ".join(failed) or "no run was made"


if __name__ == "__main__":
    sys.exit(main())
