"""What Airflow itself loads: the trigger that watches the state database for approvals."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent
from sqlalchemy.exc import SQLAlchemyError

from personalization.errors import PostludeError
from personalization.settings import load_shop
from personalization.store.state import approved_runs_waiting, open_state, state_url

_log = logging.getLogger(__name__)


class ApprovalTrigger(BaseEventTrigger):
    """Fires once for each approval that still has something to send; only a nudge, the export looks for itself.

    poll_seconds is the pause between two looks. After a restart an approval may fire again, which changes nothing.
    """

    def __init__(self, poll_seconds: float = 10) -> None:
        super().__init__()
        self.poll_seconds = poll_seconds

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class path and arguments by which the triggerer makes this trigger again."""
        return f"{type(self).__module__}.{type(self).__qualname__}", {"poll_seconds": self.poll_seconds}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield an event for each approval not seen before."""
        seen: set[int] = set()
        while True:
            for approval in await asyncio.to_thread(_waiting):
                if approval not in seen:
                    seen.add(approval)
                    yield TriggerEvent({"approval": approval})
            await asyncio.sleep(self.poll_seconds)


def _waiting() -> tuple[int, ...]:
    """Return the ids of approvals with something left to send, from the shop that the environment names.

    None while the settings or the state database cannot be read, such as before the first night: a trigger that raised
    would never look again.
    """
    home = Path(os.environ.get("POSTLUDE_HOME", "."))
    try:
        shop = load_shop(Path(os.environ.get("POSTLUDE_SHOP", home / "shop.toml")))
        runs = Path(os.environ.get("POSTLUDE_RUNS", home / "runs"))
        return approved_runs_waiting(open_state(state_url(shop.state_url, runs)))
    except (PostludeError, SQLAlchemyError, OSError) as error:
        _log.warning("Approvals cannot be looked for: %s", type(error).__name__)
        return ()
