"""Policies that every DAG keeps, read in real Airflow."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DAGS = ROOT / "dags"
READ = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
sys.path.insert(0, sys.argv[1])  # as Airflow's own processes do
bag = DagBag(dag_folder=sys.argv[1])
dags = {
    dag.dag_id: {
        "doc": dag.doc_md or "",
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
        "timeout": dag.dagrun_timeout is not None,
        "tags": sorted(dag.tags),
        "schedule": type(dag.timetable).__name__,
        "tasks": {
            task.task_id: {
                "retries": task.retries,
                "alerts": bool(task.on_failure_callback),
                "rule": str(task.trigger_rule.value),
            }
            for task in dag.tasks
        },
    }
    for dag in bag.dags.values()
}
print("READ" + json.dumps({"errors": bag.import_errors, "dags": dags}))
"""


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What Airflow makes of dags/, without a database and without any of the shop's files."""
    nowhere = tmp_path_factory.mktemp("nowhere")
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(nowhere),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "POSTLUDE_HOME": str(nowhere),
        "POSTLUDE_SHOP": str(nowhere / "no-shop.toml"),
    }
    done = subprocess.run(
        [sys.executable, "-c", READ, str(DAGS)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    line = next(line for line in done.stdout.splitlines() if line.startswith("READ"))
    return json.loads(line.removeprefix("READ"))


def test_the_dags_load_without_a_shop(read: dict) -> None:
    """Nothing is read when a DAG file is parsed: it loads where no settings, data or database exist."""
    assert read["errors"] == {}
    assert set(read["dags"]) == {"postlude_nightly", "postlude_export", "postlude_train"}


def test_every_dag_says_what_to_do_when_it_fails(read: dict) -> None:
    """The DAG's page names what red means and how to go on; a run has an end and never overlaps itself."""
    for dag in read["dags"].values():
        assert "red" in dag["doc"]
        assert dag["max_active_runs"] == 1
        assert dag["timeout"]
        assert not dag["catchup"]
        assert dag["tags"] == ["postlude"]


def test_tasks_are_few_and_alert(read: dict) -> None:
    """Each task alerts when it fails for good, but the one whose red means held, which alerts by itself."""
    for dag in read["dags"].values():
        assert len(dag["tasks"]) <= 9
        for name, task in dag["tasks"].items():
            assert task["alerts"] == (name != "held_or_published"), name
    assert read["dags"]["postlude_nightly"]["tasks"]["held_or_published"]["retries"] == 0


def test_a_failed_task_makes_its_run_red(read: dict) -> None:
    """Airflow judges a run by its last tasks, so none of them may run whatever became of those before it."""
    rules = {task["rule"] for dag in read["dags"].values() for task in dag["tasks"].values()}

    assert rules == {"all_success"}


def test_what_may_pass_is_tried_again(read: dict) -> None:
    """Every task that does work has at least two more tries."""
    tasks = [item for dag in read["dags"].values() for item in dag["tasks"].items()]

    assert [name for name, task in tasks if task["retries"] < 2] == ["held_or_published"]


@pytest.mark.parametrize("name", ["nightly.py", "export.py", "train.py"])
def test_a_dag_file_is_short(name: str) -> None:
    """A DAG file is under 80 lines: it wires steps and holds no logic."""
    assert len((DAGS / name).read_text(encoding="utf-8").splitlines()) < 80


@pytest.mark.parametrize("name", sorted(path.name for path in DAGS.glob("*.py")))
def test_a_dag_file_opens_nothing_when_parsed(name: str) -> None:
    """At the top level of a DAG file nothing is called but what builds the DAG."""
    allowed = {"Asset", "AssetWatcher", "ApprovalTrigger", "AssetOrTimeSchedule", "CronTriggerTimetable", "Param"}
    allowed |= {"dag", "datetime", "timedelta", "postlude_nightly", "postlude_export", "postlude_train"}
    tree = ast.parse((DAGS / name).read_text(encoding="utf-8"))
    parsed = [
        part
        for statement in tree.body
        for part in (statement.decorator_list if isinstance(statement, ast.FunctionDef) else [statement])
    ]
    calls = {
        getattr(node.func, "id", getattr(node.func, "attr", ""))
        for part in parsed
        for node in ast.walk(part)
        if isinstance(node, ast.Call)
    }

    assert calls <= allowed
