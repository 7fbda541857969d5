"""The trigger that starts the export: it fires once for an approval, and nothing that may pass stops it."""

import asyncio
from pathlib import Path

import pytest

from personalization.review.airflow_plugin import ApprovalTrigger
from tests.lib import published_runs as small


async def events(trigger: ApprovalTrigger, *, folder: Path) -> list[object]:
    """What the trigger fires from before the shop exists until after a run was approved."""
    fired: list[object] = []
    first = asyncio.Event()

    async def watch() -> None:
        async for event in trigger.run():
            fired.append(event.payload)
            first.set()

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0.2)
    small.shop_in(folder)
    await asyncio.sleep(0.2)
    engine = small.state_in(folder)
    await asyncio.sleep(0.2)
    small.publish_and_approve(engine, folder, [small.message(1)])
    await asyncio.wait_for(first.wait(), timeout=10)
    await asyncio.sleep(0.3)
    is_watching = not watching.done()
    watching.cancel()
    assert is_watching
    return fired


def test_it_waits_for_the_first_approval_and_fires_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither missing settings nor a missing or empty state database ends it; each approval is told once."""
    monkeypatch.setenv("POSTLUDE_SHOP", str(tmp_path / "shop.toml"))
    monkeypatch.setenv("POSTLUDE_RUNS", str(tmp_path))
    monkeypatch.delenv("POSTLUDE_STATE_URL", raising=False)
    fired = asyncio.run(events(ApprovalTrigger(poll_seconds=0.05), folder=tmp_path))

    assert fired == [{"approval": 1}]


def test_airflow_can_make_it_again() -> None:
    """The triggerer builds it anew from its class path and arguments."""
    path, arguments = ApprovalTrigger(poll_seconds=7).serialize()

    assert path == "personalization.review.airflow_plugin.ApprovalTrigger"
    assert ApprovalTrigger(**arguments).poll_seconds == 7
