"""What the DAG files share: where the shop lies, and how a step's failure is told to Airflow.

Nothing here runs when a DAG file is parsed, and ``personalization`` is imported only inside a running task.
"""

import os
from collections.abc import Callable, Mapping
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from airflow.sdk.exceptions import AirflowFailException


def shop_paths() -> dict[str, str]:
    """Return where the shop's settings, data and runs lie, from the environment of the worker."""
    home = Path(os.environ.get("POSTLUDE_HOME", Path(__file__).resolve().parent.parent))
    return {
        "shop": os.environ.get("POSTLUDE_SHOP", str(home / "shop.toml")),
        "data": os.environ.get("POSTLUDE_DATA", str(home / "demo" / "data")),
        "runs": os.environ.get("POSTLUDE_RUNS", str(home / "runs")),
    }


def plan_from_context(context: Mapping[str, Any]) -> dict[str, str]:
    """Return the night as plain text, so that every later task works on the same one: paths, date and time only."""
    from personalization import pipeline

    run, params, paths = context["dag_run"], context["params"], shop_paths()
    is_scheduled = str(run.run_type) == "scheduled"
    plan = _tried(
        lambda: pipeline.plan_night(
            shop_file=Path(paths["shop"]),
            data=Path(paths["data"]),
            runs=Path(paths["runs"]),
            run_date=date.fromisoformat(params["date"]) if params.get("date") else None,
            now=datetime.fromisoformat(params["now"])
            if params.get("now")
            else _scheduled_for(context, is_scheduled=is_scheduled),
            started_by=getattr(run, "triggering_user_name", None),
        )
    )
    return {
        **paths,
        "date": plan.night.run_date.isoformat(),
        "now": plan.night.now.isoformat(),
        "origin": "scheduled" if is_scheduled else "manual",
        "started_by": plan.started_by,
    }


def _scheduled_for(context: Mapping[str, Any], *, is_scheduled: bool) -> datetime | None:
    """Return the time a scheduled run is for, so that a late start or a backfill still means the same night."""
    return context.get("data_interval_end") if is_scheduled else None


def run_step(name: str, night: Mapping[str, str]) -> Any:
    """Run one step of the pipeline; a failure that another try cannot mend is not tried again."""
    from personalization import pipeline

    def step() -> Any:
        plan = pipeline.plan_night(
            shop_file=Path(night["shop"]),
            data=Path(night["data"]),
            runs=Path(night["runs"]),
            run_date=date.fromisoformat(night["date"]),
            now=datetime.fromisoformat(night["now"]),
            origin=night["origin"],
            started_by=night["started_by"],
        )
        return pipeline.run_step(name, plan)

    return _tried(step)


def run_export() -> Any:
    """Send every approved run's due messages to the shop's destination; return the counts."""
    from personalization import morning

    paths = shop_paths()
    return _tried(
        lambda: morning.export_due(shop_file=Path(paths["shop"]), data=Path(paths["data"]), runs=Path(paths["runs"]))
    )


def run_training() -> str:
    """Train and judge the ranker as of yesterday; return what was found, in a sentence."""
    from personalization import looking, pipeline

    paths = shop_paths()

    def step() -> str:
        plan = pipeline.plan_night(
            shop_file=Path(paths["shop"]), data=Path(paths["data"]), runs=Path(paths["runs"]), run_date=None, now=None
        )
        return str(looking.train(plan, models=plan.shop.models)["text"])

    return str(_tried(step))


def run_watch() -> None:
    """Tell the shop when last night's run is late or missing."""
    from personalization import morning

    paths = shop_paths()
    _tried(lambda: morning.watch_nights(shop_file=Path(paths["shop"]), runs=Path(paths["runs"])))


def _tried(step: Callable[[], Any]) -> Any:
    """Run a step; only a failure that may pass by itself is left for Airflow to try again."""
    from personalization.errors import PostludeError

    try:
        return step()
    except PostludeError as error:
        if error.is_transient:
            raise
        raise AirflowFailException(str(error)) from None


def chain_steps(*steps: Callable[[Any], Any], night: Any) -> Any:
    """Call each task on the night, one after the other, and return the last one's result."""
    results = [step(night) for step in steps]
    for before, after in pairwise(results):
        before >> after
    return results[-1]


def fail_when_all_held(outcome: Mapping[str, Any]) -> None:
    """Make a held night visible as held: red, by its own name, with the reason; it is no failure of the machinery."""
    if outcome["is_all_held"]:
        raise AirflowFailException(f"HELD, nothing is broken: {outcome['why']}")


def alert_failed(context: Mapping[str, Any]) -> None:
    """Tell the shop that a task of a night failed for good."""
    _alert(context, kind="failed")


def alert_export_failed(context: Mapping[str, Any]) -> None:
    """Tell the shop that the export failed for good; where the export itself has told so already, nothing is sent."""
    _alert(context, kind="export_failed")


def alert_training_failed(context: Mapping[str, Any]) -> None:
    """Tell the shop that the weekly training failed for good."""
    _alert(context, kind="training_failed")


def _alert(context: Mapping[str, Any], *, kind: Literal["failed", "export_failed", "training_failed"]) -> None:
    from personalization import morning

    paths, task = shop_paths(), context["task_instance"]
    night = task.xcom_pull(task_ids="plan")
    morning.alert_failure(
        shop_file=Path(paths["shop"]),
        runs=Path(paths["runs"]),
        task=str(task.task_id),
        reason=_reason(context.get("exception")),
        kind=kind,
        night=date.fromisoformat(night["date"]) if night else None,
    )


def _reason(error: object) -> str:
    """Return what an alert may say of a failure: only our own errors are sure to name no customer."""
    from personalization.errors import PostludeError

    if isinstance(error, (AirflowFailException, PostludeError)):
        return str(error)
    return f"{type(error).__name__}; the task's log says more"
