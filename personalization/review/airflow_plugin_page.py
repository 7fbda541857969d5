"""The review page inside Airflow: in the navigation and on every run's page, for whoever is signed in there.

Airflow loads plugins in each of its processes, tasks included; the page itself is made when it is first asked for.
"""

import asyncio
import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from fastapi import FastAPI

PREFIX = "/postlude-review"
DECIDES_OVER = "postlude_export"  # who may change this DAG is an approver; who may see it, a viewer


async def review_page(scope: Any, receive: Any, send: Any) -> None:
    """Answer a request (ASGI); the first one waits a few seconds for the page to be made."""
    page = await asyncio.to_thread(_page)
    await page(scope, receive, send)


class ReviewPlugin(AirflowPlugin):
    """What Airflow adds to its own pages."""

    name = "postlude_review"
    fastapi_apps = [  # noqa: RUF012 - as Airflow declares them
        {"app": review_page, "url_prefix": PREFIX, "name": "Postlude review"}
    ]
    external_views = [  # noqa: RUF012
        {
            "name": "Review",
            "href": f"{PREFIX}/",
            "destination": "nav",
            "url_route": "postlude_review",
            "nav_top_level": True,
        },
        {"name": "Review", "href": f"{PREFIX}/", "destination": "dag_run", "url_route": "postlude_review_run"},
    ]


@cache
def _page() -> "FastAPI":
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.models.resource_details import DagDetails
    from airflow.api_fastapi.core_api.security import GetUserDep
    from fastapi import HTTPException

    from personalization.review.app import create_app
    from personalization.review.desk import Person
    from personalization.reviewing import ShopDesk

    def identify(user: GetUserDep) -> Person:
        """Ask Airflow, by its own permissions, so that every auth manager will do."""
        manager, export = get_auth_manager(), DagDetails(id=DECIDES_OVER)
        if not manager.is_authorized_dag(method="GET", details=export, user=user):
            raise HTTPException(403, f"Your role in Airflow may not see the DAG {DECIDES_OVER}, so neither this page.")
        may_change = manager.is_authorized_dag(method="PUT", details=export, user=user)
        return Person(name=user.get_name(), is_approver=may_change, session=str(user.get_id()))

    home = Path(os.environ.get("POSTLUDE_HOME", "."))
    desk = ShopDesk(
        shop_file=Path(os.environ.get("POSTLUDE_SHOP", home / "shop.toml")),
        runs_folder=Path(os.environ.get("POSTLUDE_RUNS", home / "runs")),
    )
    return create_app(desk, identify=identify)
