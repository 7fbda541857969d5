"""A world that Loop exports and that is imported again is the same world, as far as Loop carries it."""

from pathlib import Path

import pytest

from personalization.simulation.exports import loop as exporter
from personalization.simulation.simulate import Wish, simulate_world
from personalization.sources.systems import loop
from tests.lib.exports_of_shops import bring_in
from tests.lib.orders_of_worlds import import_orders, rows_alike


@pytest.fixture(scope="module", params=[7, 31])
def folders(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    root = tmp_path_factory.mktemp(f"seed-{request.param}")
    simulate_world(Wish(customers=400, seed=request.param, days=240, out=root / "world", systems=()))
    exported = root / "exported"
    exported.mkdir()
    exporter.write(root / "world", exported)
    import_orders(root / "world", root / "imported", scratch=root)
    report = bring_in(root / "imported", "loop", *sorted(exported.iterdir()))
    assert all(one.imported.quarantined == 0 for one in report.files)
    return root / "world", root / "imported"


@pytest.mark.parametrize("table", sorted(loop.SYSTEM.carries))
def test_what_loop_carries_comes_back(folders: tuple[Path, Path], table: str) -> None:
    """Every return comes back with its state, its times and its order, and every line with its reason and its worth."""
    world, imported = folders
    columns = loop.SYSTEM.carries[table]
    expected, found = rows_alike(world, imported, table, columns=columns, select="SELECT * FROM world")

    assert len(expected) > 50
    assert found == expected
