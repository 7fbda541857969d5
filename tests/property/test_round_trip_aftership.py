"""A world that AfterShip exports and that is imported again is the same world, as far as AfterShip carries it."""

from pathlib import Path

import pytest

from personalization.simulation.exports import aftership as exporter
from personalization.simulation.simulate import Wish, simulate_world
from personalization.sources.systems import aftership
from tests.lib.exports_of_shops import bring_in
from tests.lib.orders_of_worlds import import_orders, rows_alike

# AfterShip follows what has a number. A checkpoint has no id and, here, no sub-status or place that the world knew.
_FOLLOWED = {
    "shipments": "SELECT * FROM world WHERE tracking_no IS NOT NULL",
    "tracking_events": "SELECT * FROM world",
}
_NOT_IN_THE_WORLD = ("event_id", "substatus", "location")


@pytest.fixture(scope="module", params=[3, 17])
def folders(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    root = tmp_path_factory.mktemp(f"seed-{request.param}")
    simulate_world(Wish(customers=120, seed=request.param, days=120, out=root / "world", systems=()))
    exported = root / "exported"
    exported.mkdir()
    exporter.write(root / "world", exported)
    import_orders(root / "world", root / "imported", scratch=root)
    report = bring_in(root / "imported", "aftership", *sorted(exported.iterdir()))
    assert all(one.imported.quarantined == 0 for one in report.files)
    return root / "world", root / "imported"


@pytest.mark.parametrize("table", sorted(aftership.SYSTEM.carries))
def test_what_aftership_carries_comes_back(folders: tuple[Path, Path], table: str) -> None:
    """Every parcel with a number comes back, with every checkpoint and the time at which it was known."""
    world, imported = folders
    columns = tuple(name for name in aftership.SYSTEM.carries[table] if name not in _NOT_IN_THE_WORLD)
    expected, found = rows_alike(world, imported, table, columns=columns, select=_FOLLOWED[table])

    assert len(expected) > 50
    assert found == expected
