"""### Postlude, the weekly training

Fits the ranker on the nights of the past quarter and judges it on the newest fortnight against the explainable score.
What it finds lies in `models/` beside `shop.toml`; the nights after it use the model only where it was surely better.

**When `train` is red**, nothing is lost: nights go on with the model before, and after 35 days with the explainable
score. Read the last line of the log and clear the task.
Which shop: `POSTLUDE_SHOP`, `POSTLUDE_DATA` and `POSTLUDE_RUNS` in the environment of Airflow's workers.
"""

from datetime import datetime, timedelta

from airflow.sdk import dag, task

from postlude_steps import alert_training_failed, run_training


@dag(
    dag_id="postlude_train",
    schedule="0 5 * * 1",  # after Sunday's night is done
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=6),
    default_args={"retries": 2, "retry_delay": timedelta(minutes=5), "on_failure_callback": alert_training_failed},
    doc_md=__doc__,
    tags=["postlude"],
)
def postlude_train() -> None:
    """Train once a week, in a task of its own."""

    @task
    def train() -> str:
        return run_training()

    train()


postlude_train()
