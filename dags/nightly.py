"""### Postlude, the nightly line

Takes in the systems' exports, checks them, gates on readiness, scores, builds audiences and content, and publishes a
run folder for review. It sends nothing: messages leave by `postlude_export`, and only what a person approved.

**When `held_or_published` is red**, nothing is broken: every marketing program is held, and the task's log says by
which check. Open the run's `report.html`, mend what the check names, and clear the DAG run when new data is there.
**When another task is red**, read the last line of its log: it names the file, the row or the setting, and the fix.
Clear the task; every step starts from files and gives the same bytes. The previous night's run folder is untouched.
Which shop: `POSTLUDE_SHOP`, `POSTLUDE_DATA` and `POSTLUDE_RUNS` in the environment of Airflow's workers.
"""

from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import Param, dag, task

from postlude_steps import alert_failed, chain_steps, fail_when_all_held, plan_from_context, run_step


@dag(
    dag_id="postlude_nightly",
    schedule="0 2 * * *",  # in Airflow's default time zone: set AIRFLOW__CORE__DEFAULT_TIMEZONE to the shop's
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=6),
    default_args={"retries": 2, "retry_delay": timedelta(minutes=2), "on_failure_callback": alert_failed},
    params={
        "date": Param(None, type=["null", "string"], format="date", description="The night; default: yesterday"),
        "now": Param(None, type=["null", "string"], format="date-time", description="The time; default: the clock"),
    },
    doc_md=__doc__,
    tags=["postlude"],
)
def postlude_nightly() -> None:
    """Wire the steps; each is one function of ``personalization.pipeline``."""

    @task
    def plan(**context: Any) -> dict[str, str]:
        return plan_from_context(context)

    @task
    def import_sources(night: dict[str, str]) -> None:
        run_step("import_sources", night)

    @task
    def snapshot(night: dict[str, str]) -> None:
        run_step("snapshot", night)

    @task
    def check_readiness(night: dict[str, str]) -> None:
        run_step("check_readiness", night)

    @task
    def score(night: dict[str, str]) -> None:
        run_step("score", night)

    @task
    def build_audiences(night: dict[str, str]) -> None:
        run_step("build_audiences", night)

    @task
    def render_content(night: dict[str, str]) -> None:
        run_step("render_content", night)

    @task
    def publish(night: dict[str, str]) -> dict[str, Any]:
        return run_step("publish", night)

    @task(retries=0, on_failure_callback=None)
    def held_or_published(outcome: dict[str, Any]) -> None:
        fail_when_all_held(outcome)

    steps = import_sources, snapshot, check_readiness, score, build_audiences, render_content, publish
    held_or_published(chain_steps(*steps, night=plan()))


postlude_nightly()
