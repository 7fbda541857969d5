"""A world that EasyPost exports and that is imported again is the same world, as far as EasyPost carries it."""

from pathlib import Path

import pytest

from personalization.simulation.exports import easypost as exporter
from personalization.simulation.simulate import Wish, simulate_world
from personalization.sources.systems import easypost
from tests.lib.exports_of_shops import bring_in
from tests.lib.orders_of_worlds import rows_alike

# EasyPost follows what has a number and gives it an id of its own. A scan has none and, here, no detail or place that
# the world knew.
_AS_EXPORTED = "SELECT * REPLACE ('trk_' || lpad(shipment_id, 32, '0') AS shipment_id) FROM world"
_FOLLOWED = {"shipments": f"{_AS_EXPORTED} WHERE tracking_no IS NOT NULL", "tracking_events": _AS_EXPORTED}
_NOT_IN_THE_WORLD = ("event_id", "substatus", "location")


@pytest.fixture(scope="module", params=[5, 23])
def folders(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    root = tmp_path_factory.mktemp(f"seed-{request.param}")
    simulate_world(Wish(customers=120, seed=request.param, days=120, out=root / "world", systems=()))
    exported = root / "exported"
    exported.mkdir()
    exporter.write(root / "world", exported)
    report = bring_in(root / "imported", "easypost", *sorted(exported.iterdir()))
    assert all(one.imported.quarantined == 0 for one in report.files)
    return root / "world", root / "imported"


@pytest.mark.parametrize("table", sorted(easypost.SYSTEM.carries))
def test_what_easypost_carries_comes_back(folders: tuple[Path, Path], table: str) -> None:
    """Every parcel with a number comes back, with every scan."""
    world, imported = folders
    columns = tuple(name for name in easypost.SYSTEM.carries[table] if name not in _NOT_IN_THE_WORLD)
    expected, found = rows_alike(world, imported, table, columns=columns, select=_FOLLOWED[table])

    assert len(expected) > 50
    assert found == expected
