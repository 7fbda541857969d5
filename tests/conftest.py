"""Fixtures that several folders of tests share: the demo shop, prepared and run once for the whole session."""

import fcntl
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from personalization import pipeline, preparation

ROOT = Path(__file__).parents[1]
# As many workers as cores run the tests: threads of the trees that wait for each other would take six times as long.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """The demo shop's settings, data folder, and the run folder of its night. Read only: copy before changing."""

    shop: Path
    data: Path
    runs: Path

    @property
    def run(self) -> Path:
        return self.runs / "2011-11-20"


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Demo:
    """The demo shop with its night run without Airflow; prepared once, however many workers there are."""
    base = tmp_path_factory.getbasetemp()
    shared = (base if worker_id == "master" else base.parent) / "demo-shop"
    shared.mkdir(exist_ok=True)
    made = Demo(shop=ROOT / "shop.toml", data=shared / "data", runs=shared / "runs")
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "done").exists():
            preparation.prepare_demo_shop(shop_file=made.shop, out=made.data)
            pipeline.run_night(plan_of(made))
            (shared / "done").touch()
    return made


def plan_of(demo: Demo, *, runs: Path | None = None, data: Path | None = None) -> pipeline.Plan:
    return pipeline.plan_night(
        shop_file=demo.shop, data=data or demo.data, runs=runs or demo.runs, run_date=None, now=None
    )


@pytest.fixture
def own_demo(demo: Demo, tmp_path: Path) -> Demo:
    """The demo shop with its night published once more, where a test may change it."""
    own = Demo(shop=demo.shop, data=demo.data, runs=tmp_path / "runs")
    plan = plan_of(own)
    shutil.copytree(demo.run, plan.night.built)
    pipeline.publish(plan)
    return own


@pytest.fixture
def own_shop(demo: Demo, tmp_path: Path) -> Path:
    """A copy of the demo's settings, segments and templates that a test may break; returns its shop.toml."""
    for name in ("segments", "templates"):
        shutil.copytree(ROOT / name, tmp_path / "shop" / name)
    return Path(shutil.copy(demo.shop, tmp_path / "shop" / "shop.toml"))
