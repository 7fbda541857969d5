"""### Postlude, the export

Sends what a person approved and what is due, once. It starts when an approval is recorded (the asset below is watched
in the state database) and every 15 minutes; the event only makes it sooner. Each run selects "approved and not sent"
anew, so a run that was killed, skipped or doubled changes nothing.

Before anything leaves, the digest, the readiness, the suppression list and each person's consent and open problems are
checked again on the newest data. What does not hold is withheld with its reason, and asked again until its window ends.

**When `send_due` is red**, its log names what refused. `sending` messages are settled by the next run.
**To stop everything at once**: `postlude exports pause --reason "…"`; `postlude exports resume` goes on.
"""

from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import Asset, AssetOrTimeSchedule, AssetWatcher, CronTriggerTimetable, dag, task

from personalization.review.airflow_plugin import ApprovalTrigger
from postlude_steps import alert_export_failed, run_export, run_watch

audiences_approved = Asset(
    "audiences_approved", watchers=[AssetWatcher(name="approvals", trigger=ApprovalTrigger(poll_seconds=10))]
)


@dag(
    dag_id="postlude_export",
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("*/15 * * * *", timezone="UTC"), assets=[audiences_approved]
    ),
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,  # one sender a destination
    dagrun_timeout=timedelta(hours=2),
    default_args={"retries": 3, "retry_delay": timedelta(minutes=1), "on_failure_callback": alert_export_failed},
    doc_md=__doc__,
    tags=["postlude"],
)
def postlude_export() -> None:
    """Send what is approved and due, and look whether a night is late or missing.

    Neither waits for the other: a run is as red as the last of a chain, and a refused export must show.
    """

    @task
    def send_due() -> dict[str, Any]:
        return run_export()

    @task
    def watch_nights() -> None:
        run_watch()

    send_due()
    watch_nights()


postlude_export()
